package org.pacnet.internal.base;

import org.jspecify.annotations.Nullable;

/** Losses of the same rows by two ways to learn. */
public final class PairedLosses {

  private PairedLosses() {}

  /**
   * Whether losses are lower than others of the same rows, by more than so many standard errors of their mean difference.
   *
   * @param weights what each row counts; null: all the same
   */
  public static boolean clearlyLess(double[] losses, double[] than, float @Nullable [] weights, double errors) {
    int n = losses.length;
    double all = 0;
    double mean = 0;
    for (int r = 0; r < n; r++) {
      double weight = weights == null ? 1 : weights[r];
      all += weight;
      mean += weight * (than[r] - losses[r]);
    }
    mean /= all;
    double squares = 0;
    for (int r = 0; r < n; r++) {
      double off = (weights == null ? 1 : weights[r]) * (than[r] - losses[r] - mean);
      squares += off * off;
    }
    return mean > errors * Math.sqrt(squares * n / Math.max(1, n - 1)) / all;
  }
}
