package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** How much rows count in what is learnt. */
final class RowWeights {

  private RowWeights() {}

  /** What each row counts, with mean 1: its own weight, and where classes are balanced what makes them count the same; null where all do. */
  static float @Nullable [] of(EncodedData rows, TransferConfig settings) {
    float[] own = rows.weights();
    if (own == null && !settings.objective().balanced()) {
      return null;
    }
    int n = rows.rows();
    double[] weights = new double[n];
    for (int r = 0; r < n; r++) {
      weights[r] = own == null ? 1 : own[r];
    }
    if (settings.objective().balanced()) {
      balance(weights, rows.labels());
    }
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    float[] scaled = new float[n];
    for (int r = 0; r < n; r++) {
      // Of rows whose weights differ by more than a float can tell, one still counts something.
      scaled[r] = Math.max((float) (weights[r] * n / sum), Float.MIN_NORMAL);
    }
    return scaled;
  }

  private static void balance(double[] weights, FloatBuffer labels) {
    int classes = 0;
    for (int r = 0; r < weights.length; r++) {
      classes = Math.max(classes, 1 + (int) labels.get(r));
    }
    double[] count = new double[classes];
    for (int r = 0; r < weights.length; r++) {
      count[(int) labels.get(r)] += weights[r];
    }
    for (int r = 0; r < weights.length; r++) {
      weights[r] /= count[(int) labels.get(r)];
    }
  }

  /** Labels as the core wants them with weights: each row's, and behind them what it counts. */
  static FloatBuffer beside(FloatBuffer labels, float[] weights) {
    int each = labels.remaining() / weights.length;
    FloatBuffer both = Phases.direct(Math.multiplyExact(each + 1, weights.length));
    for (int r = 0; r < weights.length; r++) {
      both.put(labels.slice(r * each, each)).put(weights[r]);
    }
    return both.flip();
  }

  /** The same of rows that are pulled. */
  static RowFeed beside(RowFeed feed, float[] weights) {
    return new FeedOfOthers(feed) {
      private int[] order = new int[0];
      private int at;

      @Override
      public void begin(long epoch, int[] rows, int batch) {
        order = rows;
        at = 0;
        super.begin(epoch, rows, batch);
      }

      @Override
      public void next(int rows, FloatBuffer x, FloatBuffer y) {
        FloatBuffer labels = FloatBuffer.allocate(y.remaining() - rows);
        super.next(rows, x, labels);
        labels.flip();
        int each = labels.remaining() / rows;
        for (int r = 0; r < rows; r++) {
          y.put(labels.slice(r * each, each)).put(weights[order[at++]]);
        }
      }
    };
  }
}
