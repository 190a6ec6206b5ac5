package org.pacnet.internal.fit;

import java.util.LinkedHashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.pacnet.error.NativeException;
import org.pacnet.internal.base.UnpackedLibrary;

/** The one place that knows XGBoost, which may be missing: it trains trees, {@link BoostedTrees} asks them. */
public final class Boosting {

  private static final int ROUNDS = 300;

  private Boosting() {}

  /**
   * Boosted trees as bytes of UBJSON.
   *
   * @param x [rows, columns]
   * @param classes 0 for a regression
   */
  public static byte[] train(float[] x, int columns, float[] y, int classes, int threads, long seed) {
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
    try {
      DMatrix matrix = new DMatrix(x, y.length, columns, Float.NaN);
      UnpackedLibrary.delete("libxgboost4j");
      try {
        matrix.setLabel(y);
        Booster booster = XGBoost.train(matrix, settings, ROUNDS, Map.of(), null, null);
        try {
          return booster.toByteArray("ubj");
        } finally {
          booster.dispose();
        }
      } finally {
        matrix.dispose();
      }
    } catch (XGBoostError e) {
      String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new NativeException("XGBoost: " + line, e);
    }
  }
}
