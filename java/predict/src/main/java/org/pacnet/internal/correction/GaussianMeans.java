package org.pacnet.internal.correction;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Means of Gaussian processes in plain Java, row by row. What is solved once for a process is kept. Deviations are not computed.
 */
public final class GaussianMeans implements Correction.Processes {

  /** The mean m, K⁻¹(y − m), and the kernel. */
  public record Solved(double mean, double[] alpha, Kernel kernel) {}

  // A record of arrays is equal to itself alone: by which process it is, not by its numbers, which are many.
  private final Map<GaussianProcess, Solved> solved = new ConcurrentHashMap<>();

  @Override
  public void predict(GaussianProcess process, float[] at, float[] outputs, float[] mean, float[] deviation) {
    Solved known = solved.computeIfAbsent(process, GaussianMeans::solve);
    for (int r = 0; r < mean.length; r++) {
      double sum = known.mean;
      for (int i = 0; i < known.alpha.length; i++) {
        sum += known.alpha[i] * known.kernel.covariance(at, outputs, r, process.x(), process.o(), i);
      }
      mean[r] = (float) sum;
    }
  }

  /** Of a process. */
  public static Solved solve(GaussianProcess process) {
    Kernel kernel = Kernel.of(process);
    double[][] lower = kernel.factor(process);
    int n = process.rows();
    double mean = process.mean();
    double[] alpha = new double[n];
    for (int i = 0; i < n; i++) {
      alpha[i] = process.y()[i] - mean;
    }
    Cholesky.solve(lower, alpha);
    Cholesky.solveTransposed(lower, alpha);
    return new Solved(mean, alpha, kernel);
  }
}
