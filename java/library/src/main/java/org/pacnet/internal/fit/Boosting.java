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

  // Of few rows, small trees and few of them.
  private static final int FEW = 2000;
  private static final double SHARE = 0.8;

  private Boosting() {}

  /**
   * Boosted trees as bytes of UBJSON.
   *
   * @param x [rows, columns]
   * @param weights of the rows
   * @param classes 0 for a regression
   */
  public static byte[] train(float[] x, int columns, float[] y, float[] weights, int classes, int threads, long seed) {
    boolean few = y.length <= FEW;
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("objective", classes > 0 ? "multi:softmax" : "reg:squarederror");
    if (classes > 0) {
      settings.put("num_class", classes);
    }
    settings.put("eta", few ? 0.08 : 0.1);
    settings.put("max_depth", few ? 3 : 6);
    settings.put("subsample", few ? SHARE : 1);
    settings.put("max_bin", few ? 64 : 256);
    settings.put("nthread", threads);
    settings.put("seed", seed);
    settings.put("verbosity", 0);
    try {
      DMatrix matrix = new DMatrix(x, y.length, columns, Float.NaN);
      UnpackedLibrary.delete("libxgboost4j");
      try {
        matrix.setLabel(y);
        matrix.setWeight(weights);
        Booster booster = XGBoost.train(matrix, settings, few ? 100 : 300, Map.of(), null, null);
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
