package org.pacnet.internal.correction;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.pacnet.error.ModelFormatException;

/**
 * Means of Gaussian processes in plain Java, row by row; {@code native/src/gp} is the twin. What is solved once for a process is
 * kept. Deviations are not computed.
 */
public final class GaussianMeans implements Correction.Processes {

  // As the core has it: keeps rounding from making the covariance indefinite.
  private static final double JITTER = 1e-10;

  /** K⁻¹y, and the kernel's numbers. */
  private record Solved(double[] alpha, double[] lengths, double signal, double[] strengths) {}

  // A record of arrays is equal to itself alone: by which process it is, not by its numbers, which are many.
  private final Map<GaussianProcess, Solved> solved = new ConcurrentHashMap<>();

  @Override
  public void predict(GaussianProcess process, float[] at, float[] outputs, float[] mean, float[] deviation) {
    Solved known = solved.computeIfAbsent(process, GaussianMeans::solve);
    for (int r = 0; r < mean.length; r++) {
      double sum = 0;
      for (int i = 0; i < known.alpha.length; i++) {
        sum += known.alpha[i] * covariance(process, known, at, outputs, r, i);
      }
      mean[r] = (float) sum;
    }
  }

  // Of row r of some with row i of the process's own.
  private static double covariance(
      GaussianProcess process, Solved known, float[] at, float[] outputs, int r, int i) {
    int inputs = process.inputs();
    double squares = 0;
    for (int k = 0; k < inputs; k++) {
      double apart = ((double) at[r * inputs + k] - process.x()[i * inputs + k]) / known.lengths[k];
      squares += apart * apart;
    }
    double value = known.signal * Math.exp(-0.5 * squares);
    int width = process.outputs();
    if (width > 0) {
      double scale = 0;
      for (int k = 0; k < width; k++) {
        scale += (double) outputs[r * width + k] * process.o()[i * width + k];
      }
      double slope = 0;
      for (int k = 0; k < inputs; k++) {
        slope += (double) at[r * inputs + k] * process.x()[i * inputs + k];
      }
      value += known.strengths[0] + known.strengths[1] * scale + known.strengths[2] * slope / inputs;
    }
    return value;
  }

  private static Solved solve(GaussianProcess process) {
    int inputs = process.inputs();
    int n = process.rows();
    float[] logs = process.kernel();
    double[] lengths = new double[inputs];
    for (int k = 0; k < inputs; k++) {
      lengths[k] = Math.exp(logs[k]);
    }
    double signal = Math.exp(logs[inputs]);
    double diagonal = Math.exp(logs[inputs + 1]) + JITTER * signal;
    double[] strengths = new double[logs.length - inputs - 2];
    for (int k = 0; k < strengths.length; k++) {
      strengths[k] = Math.exp(logs[inputs + 2 + k]);
    }
    Solved kernel = new Solved(new double[0], lengths, signal, strengths);
    // The lower factor L of K = L·Lᵀ (Cholesky), row by row.
    double[][] lower = new double[n][];
    for (int i = 0; i < n; i++) {
      lower[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        double sum = covariance(process, kernel, process.x(), process.o(), i, j) + (i == j ? diagonal : 0);
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        if (i == j && !(sum > 0)) {
          throw new ModelFormatException("the rows' covariance is not positive definite with this kernel");
        }
        lower[i][j] = i == j ? Math.sqrt(sum) : sum / lower[j][j];
      }
    }
    double[] alpha = new double[n];
    float[] y = process.y();
    for (int i = 0; i < n; i++) {
      double sum = y[i];
      for (int k = 0; k < i; k++) {
        sum -= lower[i][k] * alpha[k];
      }
      alpha[i] = sum / lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      double sum = alpha[i];
      for (int k = i + 1; k < n; k++) {
        sum -= lower[k][i] * alpha[k];
      }
      alpha[i] = sum / lower[i][i];
    }
    return new Solved(alpha, lengths, signal, strengths);
  }
}
