package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction.Rows;

/**
 * Rows of the source and of the target in one table, with a column more that says which a row is of: 0 or 1. Together the target's rows weigh as much
 * as the source's, or more where they are more, or what the settings say; and each as much more or less as it counts among its own.
 *
 * @param rows how many
 * @param columns with the one that says which
 * @param x [rows, columns]
 * @param y [rows, labels]
 * @param weights [rows]
 */
record Pooled(int rows, int columns, float[] x, float[] y, float[] weights) {

  static Pooled of(Labelled own, Corrections.@Nullable Pool source) {
    if (source == null) {
      throw new DataException("the method learns from the source's rows too: name them", "source");
    }
    Rows target = own.rows().ofSource();
    FloatBuffer labels = own.labels();
    int inputs = target.inputs();
    int columns = inputs + 1;
    int all = source.rows() + target.rows();
    int each = labels.limit() / target.rows();
    float[] x = new float[all * columns];
    float[] y = new float[all * each];
    float[] weights = new float[all];
    float heavy = source.heavy(target.rows());
    for (int r = 0; r < all; r++) {
      int at = r - source.rows();
      for (int i = 0; i < inputs; i++) {
        x[r * columns + i] = at < 0 ? source.features().get(r * inputs + i) : target.feature(at, i);
      }
      x[r * columns + inputs] = at < 0 ? 0 : 1;
      for (int c = 0; c < each; c++) {
        y[r * each + c] = at < 0 ? source.labels().get(r * each + c) : labels.get(at * each + c);
      }
      weights[r] = at < 0 ? source.weight(r) : heavy * own.weight(at);
    }
    return new Pooled(all, columns, x, y, weights);
  }

  /** The source's rows alone. */
  static Pooled alone(Rows source, float[] labels, float[] weights) {
    int inputs = source.inputs();
    int columns = inputs + 1;
    float[] x = new float[source.rows() * columns];
    for (int r = 0; r < source.rows(); r++) {
      for (int i = 0; i < inputs; i++) {
        x[r * columns + i] = source.feature(r, i);
      }
    }
    return new Pooled(source.rows(), columns, x, labels, weights);
  }

  /** So many weights of 1. */
  static float[] even(int rows) {
    float[] weights = new float[rows];
    Arrays.fill(weights, 1);
    return weights;
  }

  /** The same rows, of which nothing is said. */
  Rows silent(int width) {
    return new Rows(FloatBuffer.wrap(x), rows, columns, new float[rows * width], width);
  }

  /** One label of each row. */
  float[] label(int which) {
    int each = y.length / rows;
    float[] own = new float[rows];
    for (int r = 0; r < rows; r++) {
      own[r] = y[r * each + which];
    }
    return own;
  }
}
