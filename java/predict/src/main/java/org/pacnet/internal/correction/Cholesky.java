package org.pacnet.internal.correction;

/** K = L·Lᵀ of small matrices in plain Java, row by row: what a matrix library's objects are too much for. */
public final class Cholesky {

  private Cholesky() {}

  /** L in place of K's lower triangle; false if K is not positive definite. */
  public static boolean factor(double[][] lower) {
    for (int i = 0; i < lower.length; i++) {
      double[] row = lower[i];
      for (int j = 0; j <= i; j++) {
        double[] before = lower[j];
        double sum = row[j];
        for (int k = 0; k < j; k++) {
          sum -= row[k] * before[k];
        }
        if (i == j && !(sum > 0)) {
          return false;
        }
        row[j] = i == j ? Math.sqrt(sum) : sum / before[j];
      }
    }
    return true;
  }

  /** L⁻¹y, in place of y. */
  public static void solve(double[][] lower, double[] y) {
    for (int i = 0; i < lower.length; i++) {
      double sum = y[i];
      for (int k = 0; k < i; k++) {
        sum -= lower[i][k] * y[k];
      }
      y[i] = sum / lower[i][i];
    }
  }

  /** L⁻ᵀy, in place of y. */
  public static void solveTransposed(double[][] lower, double[] y) {
    for (int i = lower.length - 1; i >= 0; i--) {
      double sum = y[i];
      for (int k = i + 1; k < lower.length; k++) {
        sum -= lower[k][i] * y[k];
      }
      y[i] = sum / lower[i][i];
    }
  }
}
