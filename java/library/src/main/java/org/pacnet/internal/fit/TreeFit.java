package org.pacnet.internal.fit;

import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.TreeCorrection;

/** Learns a {@link TreeCorrection}. */
final class TreeFit {

  private TreeFit() {}

  static TreeCorrection fit(Labelled target, Corrections.@Nullable Pool source, int threads, long seed) {
    Pooled pooled = Pooled.of(target, source);
    return fit(pooled, target.rows().width(), source == null ? 0 : source.classes(), threads, seed);
  }

  /**
   * The same of rows in one table.
   *
   * @param width number of outputs
   * @param classes 0 for a regression
   */
  static TreeCorrection fit(Pooled rows, int width, int classes, int threads, long seed) {
    byte[][] boosters = new byte[classes > 0 ? 1 : width][];
    for (int c = 0; c < boosters.length; c++) {
      boosters[c] = train(rows.x(), rows.columns(), rows.label(c), rows.weights(), classes, threads, seed);
    }
    return TreeCorrection.of(boosters, classes, rows.columns() - 1);
  }

  // Whoever does without trees, or only asks them, need not have the library.
  private static byte[] train(float[] x, int columns, float[] y, float[] weights, int classes, int threads, long seed) {
    try {
      return Boosting.train(x, columns, y, weights, classes, threads, seed);
    } catch (LinkageError e) {
      throw new DataException(
          "the method trees needs XGBoost: put ml.dmlc:xgboost4j_2.12 on the class path", e, "method");
    }
  }

  /** Whether the library is there. */
  static boolean possible() {
    try {
      Class.forName("ml.dmlc.xgboost4j.java.XGBoost");
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
