package org.pacnet.internal.correction;

import org.pacnet.error.ModelFormatException;

/**
 * What a {@link GaussianProcess}'s kernel says, in plain Java; {@code native/src/gp} is the twin.
 *
 * @param lengths of the inputs
 * @param signal variance
 * @param noise variance
 * @param strengths of constant, scale and slope; empty where the process stands on no source
 * @param shared variance that rows of one group share; 0 where there are no groups
 */
public record Kernel(double[] lengths, double signal, double noise, double[] strengths, double shared) {

  // As the core has it: keeps rounding from making the covariance indefinite.
  private static final double JITTER = 1e-10;

  /** That of a process. */
  public static Kernel of(GaussianProcess process) {
    int inputs = process.inputs();
    float[] logs = process.kernel();
    double[] lengths = new double[inputs];
    for (int k = 0; k < inputs; k++) {
      lengths[k] = Math.exp(logs[k]);
    }
    boolean groups = process.facts().groups().length > 0;
    double[] strengths = new double[GaussianProcess.others(process.outputs() > 0, RowFacts.NONE) - 2];
    for (int k = 0; k < strengths.length; k++) {
      strengths[k] = Math.exp(logs[inputs + 2 + k]);
    }
    double shared = groups ? Math.exp(logs[logs.length - 1]) : 0;
    return new Kernel(lengths, Math.exp(logs[inputs]), Math.exp(logs[inputs + 1]), strengths, shared);
  }

  /**
   * Covariance of row r of some with row i of others, without noise and of other groups.
   *
   * @param at the first rows, [rows, inputs]
   * @param outputs what the source says of them, [rows, outputs]; empty where there is none
   * @param x the second rows
   * @param o what the source says of those
   */
  public double covariance(float[] at, float[] outputs, int r, float[] x, float[] o, int i) {
    int inputs = lengths.length;
    double squares = 0;
    for (int k = 0; k < inputs; k++) {
      double apart = ((double) at[r * inputs + k] - x[i * inputs + k]) / lengths[k];
      squares += apart * apart;
    }
    double value = signal * Math.exp(-0.5 * squares);
    if (strengths.length > 0) {
      int width = o.length / (x.length / inputs);
      double scale = 0;
      for (int k = 0; k < width; k++) {
        scale += (double) outputs[r * width + k] * o[i * width + k];
      }
      double slope = 0;
      for (int k = 0; k < inputs; k++) {
        slope += (double) at[r * inputs + k] * x[i * inputs + k];
      }
      value += strengths[0] + strengths[1] * scale + strengths[2] * slope / inputs;
    }
    return value;
  }

  /** The lower factor L of the process's own rows' covariance K = L·Lᵀ with noise (Cholesky), row by row. */
  public double[][] factor(GaussianProcess process) {
    int n = process.rows();
    double[][] lower = new double[n][];
    for (int i = 0; i < n; i++) {
      lower[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        lower[i][j] =
            covariance(process.x(), process.o(), i, process.x(), process.o(), j)
                + (process.facts().together(i, j) ? shared : 0)
                + (i == j ? noise / process.facts().weight(i) + JITTER * signal : 0);
      }
    }
    if (!Cholesky.factor(lower)) {
      throw new ModelFormatException("the rows' covariance is not positive definite with this kernel");
    }
    return lower;
  }
}
