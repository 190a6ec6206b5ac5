package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pacnet.data.Provenance;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.learn.Folds;
import org.pacnet.internal.learn.Subset;
import org.pacnet.internal.table.EncodedData;

/** Parts of a target's rows, and subsets of encoded data. */
class FoldsTest {

  // Labels 0, 0, ..., 1, 1, ..., 2: in the order of a sorted file, which must not matter.
  private static EncodedData sorted(int each) {
    float[] labels = new float[3 * each];
    float[] features = new float[6 * each];
    for (int r = 0; r < labels.length; r++) {
      labels[r] = Math.floorDiv(r, each);
      features[2 * r] = r;
      features[2 * r + 1] = -r;
    }
    return new InArrays(features, labels);
  }

  private record InArrays(float[] x, float[] y) implements EncodedData {
    @Override
    public int rows() {
      return y.length;
    }

    @Override
    public FloatBuffer features() {
      return FloatBuffer.wrap(x);
    }

    @Override
    public RowFeed feed(long seed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FloatBuffer labels() {
      return FloatBuffer.wrap(y);
    }

    @Override
    public BitSet dropped() {
      return new BitSet();
    }

    @Override
    public Provenance provenance() {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void everyFoldHasItsShareOfEveryClass() {
    Folds folds = Folds.of(sorted(10), 5, 7);
    assertEquals(5, folds.count());
    for (int f = 0; f < 5; f++) {
      int[] counts = new int[3];
      for (int row : folds.inside(f)) {
        counts[row / 10]++;
      }
      assertArrayEquals(new int[] {2, 2, 2}, counts);
      assertEquals(24, folds.outside(f).length);
    }
    int[] all = IntStream.range(0, 5).flatMap(f -> IntStream.of(folds.inside(f))).sorted().toArray();
    assertArrayEquals(IntStream.range(0, 30).toArray(), all);
  }

  @Test
  void aSeedDecidesAndFewRowsMakeFewFolds() {
    Folds one = Folds.of(sorted(10), 5, 1);
    Folds same = Folds.of(sorted(10), 5, 1);
    Folds other = Folds.of(sorted(10), 5, 2);
    assertArrayEquals(one.inside(0), same.inside(0));
    assertTrue(IntStream.range(0, 5).anyMatch(f -> !Arrays.equals(one.inside(f), other.inside(f))));
    assertEquals(3, Folds.of(sorted(1), 5, 1).count());
    Folds whole = Folds.of(sorted(2), 1, 1);
    assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, whole.outside(0));
  }

  @Test
  void aSubsetHasTheRowsThatWereChosen() {
    Subset some = new Subset(sorted(2), new int[] {5, 0, 5});
    assertEquals(3, some.rows());
    float[] labels = new float[3];
    some.labels().get(labels);
    assertArrayEquals(new float[] {2, 0, 2}, labels);
    float[] features = new float[6];
    Objects.requireNonNull(some.features()).get(features);
    assertArrayEquals(new float[] {5, -5, 0, 0, 5, -5}, features);
  }
}
