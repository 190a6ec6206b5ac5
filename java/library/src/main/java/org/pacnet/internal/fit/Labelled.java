package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.Correction.Rows;

/**
 * Rows to learn from.
 *
 * @param rows with what the source says of them
 * @param labels [rows, width], or [rows] class indices
 * @param groups which rows belong together; null where each stands for itself
 * @param weights how much each counts, positive with mean 1; null where all count the same
 */
public record Labelled(Rows rows, FloatBuffer labels, int @Nullable [] groups, float @Nullable [] weights) {

  /** Rows that are alike. */
  public static Labelled of(Rows rows, FloatBuffer labels) {
    return new Labelled(rows, labels, null, null);
  }

  /** What each counts, with mean 1. */
  float[] importance() {
    return weights == null ? Pooled.even(rows.rows()) : weights;
  }

  float weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  /** The weights for what keeps none where all are 1. */
  float[] kept() {
    return weights == null ? new float[0] : weights;
  }
}
