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

  // By which process it is, not by its numbers, which are many.
  private record Key(GaussianCorrection process, int output) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object other) {
      return other instanceof Key key && key.process == process && key.output == output;
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(process) + output;
    }
  }

  /** K⁻¹y, and the kernel's numbers. */
  private record Solved(double[] alpha, double[] lengths, double signal) {}

  private final Map<Key, Solved> solved = new ConcurrentHashMap<>();

  @Override
  public void predict(
      GaussianCorrection process, int output, float[] at, float[] mean, float[] deviation) {
    Solved known = solved.computeIfAbsent(new Key(process, output), key -> solve(process, output));
    int inputs = process.inputs();
    for (int r = 0; r < mean.length; r++) {
      double sum = 0;
      for (int i = 0; i < known.alpha.length; i++) {
        sum += known.alpha[i] * covariance(known, at, r * inputs, process.x(), i * inputs);
      }
      mean[r] = (float) sum;
    }
  }

  private static double covariance(Solved known, float[] a, int atA, float[] b, int atB) {
    double squares = 0;
    for (int k = 0; k < known.lengths.length; k++) {
      double apart = ((double) a[atA + k] - b[atB + k]) / known.lengths[k];
      squares += apart * apart;
    }
    return known.signal * Math.exp(-0.5 * squares);
  }

  private static Solved solve(GaussianCorrection process, int output) {
    int inputs = process.inputs();
    int n = process.rows();
    float[] logs = process.kernel(output);
    double[] lengths = new double[inputs];
    for (int k = 0; k < inputs; k++) {
      lengths[k] = Math.exp(logs[k]);
    }
    double signal = Math.exp(logs[inputs]);
    double diagonal = Math.exp(logs[inputs + 1]) + JITTER * signal;
    Solved kernel = new Solved(new double[0], lengths, signal);
    // The lower factor L of K = L·Lᵀ (Cholesky), row by row.
    double[][] lower = new double[n][];
    for (int i = 0; i < n; i++) {
      lower[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        double sum = covariance(kernel, process.x(), i * inputs, process.x(), j * inputs) + (i == j ? diagonal : 0);
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
    float[] y = process.output(output);
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
    return new Solved(alpha, lengths, signal);
  }
}
