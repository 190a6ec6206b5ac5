package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.pacnet.data.Schema;

/**
 * More rows like those that are there, for asking a teacher (MUNGE; Buciluă, Caruana and Niculescu-Mizil, "Model Compression", KDD 2006): of a row and
 * the one that is nearest to it each column is the row's, or with probability ½ drawn around the neighbour's, normally with the distance of the two
 * for the deviation; of a category or a date it is the neighbour's.
 */
final class PseudoRows {

  private static final double SWAPPED = 0.5;
  // Neighbours are sought among so many: the time grows with the square.
  private static final int MOST_KNOWN = 2000;

  private PseudoRows() {}

  /**
   * Makes them.
   *
   * @param known encoded, [rows, width of all inputs]
   * @param rows 1 or more
   * @return [rows + count]: those that are there, and behind them the others
   */
  static FloatBuffer more(FloatBuffer known, int rows, List<Schema.Input> inputs, int count, long seed) {
    int width = known.remaining() / rows;
    int some = Math.min(rows, MOST_KNOWN);
    FloatBuffer among = Phases.evenly(known, rows, some);
    int[] nearest = nearest(among, some, width);
    SplittableRandom random = new SplittableRandom(seed);
    FloatBuffer all = Phases.direct(Math.multiplyExact(Math.addExact(rows, count), width)).put(known.duplicate());
    for (int k = 0; k < count; k++) {
      int own = k % some * width;
      int other = nearest[k % some] * width;
      int at = 0;
      for (Schema.Input input : inputs) {
        boolean swapped = random.nextDouble() < SWAPPED;
        for (int j = 0; j < input.width(); j++, at++) {
          float value = among.get(own + at);
          float near = among.get(other + at);
          boolean drawn = swapped && input.width() == 1;
          all.put(drawn ? (float) (near + Math.abs(near - value) * random.nextGaussian()) : swapped ? near : value);
        }
      }
    }
    return all.flip();
  }

  // Of each row; of a single one itself.
  private static int[] nearest(FloatBuffer rows, int count, int width) {
    float[] x = new float[count * width];
    rows.get(rows.position(), x);
    int[] nearest = new int[count];
    for (int a = 0; a < count; a++) {
      double least = Double.POSITIVE_INFINITY;
      nearest[a] = a;
      for (int b = 0; b < count; b++) {
        double distance = 0;
        for (int j = 0; j < width && distance < least; j++) {
          double off = x[a * width + j] - x[b * width + j];
          distance += off * off;
        }
        if (b != a && distance < least) {
          least = distance;
          nearest[a] = b;
        }
      }
    }
    return nearest;
  }
}
