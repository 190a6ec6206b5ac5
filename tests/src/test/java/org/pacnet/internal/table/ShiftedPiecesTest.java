package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.internal.engine.RowFeed;

/** Pieces of trajectories that begin elsewhere in each epoch. */
class ShiftedPiecesTest {

  private static final int STEPS = 4;

  // The k-th row of trajectory r is at time 100 r + k, with state 1000 r + k².
  private static Data trajectories(int... rows) {
    int all = IntStream.of(rows).sum();
    String[] run = new String[all];
    double[] t = new double[all];
    double[] z = new double[all];
    int at = 0;
    for (int r = 0; r < rows.length; r++) {
      for (int k = 0; k < rows[r]; k++) {
        run[at] = "r" + r;
        t[at] = 100 * r + k;
        z[at++] = 1000 * r + k * k;
      }
    }
    return Data.columns(Map.of("run", run, "t", t, "z", z));
  }

  private static EncodedData pieces(Data data, boolean shifted) {
    TrajectoryOptions options = new TrajectoryOptions("run", "t", List.of("z"), List.of(), null, Set.of(), Missing.ERROR, List.of(), false, STEPS);
    Encoder.Learned source = TrajectoryEncoder.learn(data, options, ReadMonitor.NONE);
    return TrajectoryEncoder.training(data, source.schema(), Set.of(), false, shifted, ReadMonitor.NONE).rows();
  }

  // The rows at which the pieces of an epoch begin; each is whole and of one trajectory.
  private static int[] begins(EncodedData pieces, long seed, long epoch, int[] rows) {
    FloatBuffer x = FloatBuffer.allocate(pieces.rows() * (2 + STEPS));
    FloatBuffer y = FloatBuffer.allocate(pieces.rows() * STEPS);
    try (RowFeed feed = Objects.requireNonNull(pieces.training(seed))) {
      feed.begin(epoch, IntStream.range(0, pieces.rows()).toArray(), 2);
      for (int done = 0; done < pieces.rows(); done += 2) {
        feed.next(Math.min(2, pieces.rows() - done), x, y);
      }
    }
    int[] begins = new int[pieces.rows()];
    for (int piece = 0; piece < begins.length; piece++) {
      float time = x.get(piece * (2 + STEPS) + 1);
      int run = (int) (time / 100);
      int k = (int) (time - 100 * run);
      begins[piece] = k;
      assertEquals(1000 * run + k * k, x.get(piece * (2 + STEPS)));
      for (int step = 0; step < STEPS; step++) {
        assertEquals(1, x.get(piece * (2 + STEPS) + 2 + step));
        int next = k + step + 1;
        assertTrue(next < rows[run], "beyond the trajectory");
        assertEquals(1000 * run + next * next, y.get(piece * STEPS + step));
      }
    }
    return begins;
  }

  @Test
  void eachBeginsUpToHalfAPieceAway() {
    int[] rows = {14, 5};
    EncodedData pieces = pieces(trajectories(rows), true);
    int[] usual = {0, 4, 8, 9, 0};
    List<Set<Integer>> seen = IntStream.range(0, 5).mapToObj(i -> (Set<Integer>) new TreeSet<Integer>()).toList();
    assertEquals(5, pieces.rows());
    for (int epoch = 0; epoch <= 60; epoch++) {
      int[] begins = begins(pieces, 3, epoch, rows);
      for (int piece = 0; piece < begins.length; piece++) {
        if (epoch == 0) {
          assertEquals(usual[piece], begins[piece]);
        }
        seen.get(piece).add(begins[piece]);
      }
      assertEquals(IntStream.of(begins).boxed().toList(), IntStream.of(begins(pieces, 3, epoch, rows)).boxed().toList());
    }
    assertEquals(List.of(Set.of(0, 1, 2), Set.of(2, 3, 4, 5, 6), Set.of(6, 7, 8, 9), Set.of(7, 8, 9), Set.of(0)), seen);
  }

  // Its later pieces are what it is asked of where it is held out by time.
  @Test
  void ofASingleTrajectoryNoneBeginsLater() {
    int[] rows = {20};
    EncodedData pieces = pieces(trajectories(rows), true);
    for (int epoch = 1; epoch <= 40; epoch++) {
      int[] begins = begins(pieces, 5, epoch, rows);
      for (int piece = 0; piece < begins.length; piece++) {
        assertTrue(begins[piece] <= Math.min(4 * piece, 15) && begins[piece] >= Math.min(4 * piece, 15) - 2, piece + " " + begins[piece]);
      }
    }
  }

  @Test
  void otherwiseTheyStayWhereTheyAre() {
    assertNull(pieces(trajectories(14, 9), false).training(1));
  }
}
