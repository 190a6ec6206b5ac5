package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.TreeCorrection;

/** Learns a {@link TreeCorrection}. */
final class TreeFit {

  private TreeFit() {}

  static TreeCorrection fit(
      Rows rows, FloatBuffer labels, Corrections.@Nullable Pool source, int threads, long seed) {
    if (source == null) {
      throw new DataException("the method trees learns from the source's rows too: name them", "source");
    }
    int classes = source.classes();
    int all = source.rows() + rows.rows();
    int inputs = rows.inputs();
    float[] x = new float[all * (inputs + 1)];
    for (int r = 0; r < all; r++) {
      boolean own = r >= source.rows();
      for (int i = 0; i < inputs; i++) {
        x[r * (inputs + 1) + i] =
            own
                ? rows.feature(r - source.rows(), i)
                : source.features().get(r * inputs + i);
      }
      x[r * (inputs + 1) + inputs] = own ? 1 : 0;
    }
    int columns = classes > 0 ? 1 : rows.width();
    byte[][] boosters = new byte[columns][];
    for (int c = 0; c < columns; c++) {
      float[] y = new float[all];
      for (int r = 0; r < all; r++) {
        y[r] =
            r < source.rows()
                ? source.labels().get(r * columns + c)
                : labels.get((r - source.rows()) * columns + c);
      }
      boosters[c] = train(x, inputs + 1, y, classes, threads, seed);
    }
    return TreeCorrection.of(boosters, classes, inputs);
  }

  // Whoever does without trees, or only asks them, need not have the library.
  private static byte[] train(float[] x, int columns, float[] y, int classes, int threads, long seed) {
    try {
      return Boosting.train(x, columns, y, classes, threads, seed);
    } catch (LinkageError e) {
      throw new DataException(
          "the method trees needs XGBoost: put ml.dmlc:xgboost4j_2.12 on the class path", e, "method");
    }
  }
}
