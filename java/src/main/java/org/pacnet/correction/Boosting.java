package org.pacnet.correction;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.pacnet.core.Machine;
import org.pacnet.core.UnpackedLibrary;
import org.pacnet.error.NativeException;

/** The one place that knows XGBoost, which may be missing. */
final class Boosting {

  private static final int ROUNDS = 300;

  private Boosting() {}

  private interface Use<T> {
    T of(DMatrix matrix) throws XGBoostError, IOException;
  }

  private static <T> T with(float[] x, int rows, int columns, Use<T> use) {
    try {
      DMatrix matrix = new DMatrix(x, rows, columns, Float.NaN);
      UnpackedLibrary.delete("libxgboost4j");
      try {
        return use.of(matrix);
      } finally {
        matrix.dispose();
      }
    } catch (XGBoostError | IOException e) {
      String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new NativeException("XGBoost: " + line, e);
    }
  }

  /**
   * Boosted trees as bytes.
   *
   * @param classes 0 for a regression
   */
  static byte[] train(float[] x, int columns, float[] y, int classes, int threads, long seed) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("objective", classes > 0 ? "multi:softmax" : "reg:squarederror");
    if (classes > 0) {
      settings.put("num_class", classes);
    }
    settings.put("eta", 0.1);
    settings.put("max_depth", 6);
    settings.put("nthread", threads);
    settings.put("seed", seed);
    settings.put("verbosity", 0);
    return with(
        x,
        y.length,
        columns,
        matrix -> {
          matrix.setLabel(y);
          Booster booster = XGBoost.train(matrix, settings, ROUNDS, Map.of(), null, null);
          try {
            return booster.toByteArray("ubj");
          } finally {
            booster.dispose();
          }
        });
  }

  /** What the trees say of rows, before any softmax. */
  static float[][] margins(byte[] trees, float[] x, int rows, int columns) {
    return with(
        x,
        rows,
        columns,
        matrix -> {
          Booster booster = XGBoost.loadModel(trees);
          try {
            // Without it XGBoost takes the host's processors, whatever a container may use.
            booster.setParam("nthread", Machine.processors());
            return booster.predict(matrix, true);
          } finally {
            booster.dispose();
          }
        });
  }
}
