package org.pacnet.internal.select;

import java.util.Arrays;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;

/**
 * What features of rows say of their labels, by closed forms. All of them work on F·Fᵀ = U·diag(s)·Uᵀ, F being centred, or on the columns where
 * there are fewer of these.
 */
final class FeatureScores {

  private static final int STEPS = 200;
  private static final double CONVERGED = 1e-6;
  // Of ridge's penalty, of the largest of s.
  private static final int STRENGTHS = 41;

  private final int rows;
  private final double[][] u; // each of length rows
  private final double[] s;

  /**
   * @param features [rows][columns]
   */
  FeatureScores(double[][] features) {
    rows = features.length;
    int columns = features[0].length;
    double[][] centred = new double[rows][columns];
    for (int c = 0; c < columns; c++) {
      int column = c;
      double mean = Arrays.stream(features).mapToDouble(row -> row[column]).average().orElseThrow();
      for (int r = 0; r < rows; r++) {
        centred[r][c] = features[r][c] - mean;
      }
    }
    RealMatrix f = MatrixUtils.createRealMatrix(centred);
    boolean byRows = rows <= columns;
    EigenDecompositionSymmetric eigen = new EigenDecompositionSymmetric(byRows ? f.multiplyTransposed(f) : f.transposeMultiply(f));
    double[] values = eigen.getEigenvalues();
    int rank = 0;
    while (rank < values.length && values[rank] > 1e-10 * Math.max(values[0], 1e-300)) {
      rank++;
    }
    s = Arrays.copyOf(values, rank);
    u = new double[rank][];
    for (int k = 0; k < rank; k++) {
      double[] vector = eigen.getEigenvector(k).toArray();
      if (byRows) {
        u[k] = vector;
      } else {
        double length = Math.sqrt(s[k]);
        u[k] = Arrays.stream(f.operate(vector)).map(v -> v / length).toArray();
      }
    }
  }

  private double[] along(double[] centred) {
    return Arrays.stream(u).mapToDouble(vector -> dot(vector, centred)).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] centred(double[] y) {
    double mean = Arrays.stream(y).average().orElseThrow();
    return Arrays.stream(y).map(v -> v - mean).toArray();
  }

  /**
   * The highest log p(y | F, α, β) of y ~ N(0, FFᵀ/α + I/β) over α and β, by their fixed point (You, Liu, Wang and Long, "LogME: Practical
   * Assessment of Pre-trained Models for Transfer Learning", ICML 2021, Algorithm 1), a row; y and F being centred, of one row fewer: along the
   * constant nothing is left to be explained, and noise of none would have any density.
   */
  double logEvidence(double[] label) {
    double[] y = centred(label);
    double[] z = along(y);
    double whole = dot(y, y);
    double rest = Math.max(0, whole - dot(z, z));
    double least = 1e-12 * Math.max(whole, 1e-300);
    double alpha = 1;
    double beta = 1;
    for (int step = 0; step < STEPS; step++) {
      double ratio = alpha / beta;
      double used = 0;
      double weights = 0;
      double off = rest;
      for (int k = 0; k < s.length; k++) {
        used += s[k] / (s[k] + ratio);
        weights += s[k] * z[k] * z[k] / ((s[k] + ratio) * (s[k] + ratio));
        off += z[k] * z[k] * ratio * ratio / ((s[k] + ratio) * (s[k] + ratio));
      }
      alpha = used / Math.max(weights, 1e-300);
      beta = (rows - 1 - used) / Math.max(off, least);
      if (Math.abs(alpha / beta - ratio) <= CONVERGED * ratio || !Double.isFinite(alpha)) {
        break;
      }
    }
    return logDensity(z, rest, alpha, beta) / (rows - 1);
  }

  /** log p(y | F, α, β), of y along the eigenvectors and what is left of it. */
  private double logDensity(double[] z, double rest, double alpha, double beta) {
    double sum = -(rows - 1) * Math.log(2 * Math.PI) + (rows - 1 - s.length) * Math.log(beta) - rest * beta;
    for (int k = 0; k < s.length; k++) {
      double variance = s[k] / alpha + 1 / beta;
      sum -= Math.log(variance) + z[k] * z[k] / variance;
    }
    return sum / 2;
  }

  /** What ridge regression of the other rows says of each, with the penalty of lowest squared error. */
  double[] leftOut(double[] y) {
    double mean = Arrays.stream(y).average().orElseThrow();
    double[] centred = centred(y);
    double[] z = along(centred);
    double[] best = new double[rows];
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < STRENGTHS; i++) {
      double strength = (s.length == 0 ? 1 : s[0]) * Math.pow(10, -8 + 0.25 * i);
      double[] said = new double[rows];
      double error = 0;
      for (int r = 0; r < rows; r++) {
        double fitted = 0;
        double leverage = 1.0 / rows;
        for (int k = 0; k < s.length; k++) {
          double kept = s[k] / (s[k] + strength);
          fitted += kept * u[k][r] * z[k];
          leverage += kept * u[k][r] * u[k][r];
        }
        double off = (centred[r] - fitted) / Math.max(1e-9, 1 - leverage);
        said[r] = mean + centred[r] - off;
        error += off * off;
      }
      if (error < lowest) {
        lowest = error;
        best = said;
      }
    }
    return best;
  }

  /**
   * The H-score tr(cov(f)⁻¹ cov(E[f | class])) (Bao et al., "An information-theoretic approach to transferability in task transfer learning", ICIP
   * 2019), cov(f) shrunk toward a multiple of the identity by Ledoit and Wolf's share (2004), as by Ibrahim, Ponomareva and Mazumder, "Newer is not always
   * better", ECML 2022.
   *
   * @param classes of each row, from 0
   */
  double hScore(int[] classes) {
    // Along the eigenvectors of cov(f), whose values are s / rows; scores of a row are u·√s.
    int rank = s.length;
    double trace = Arrays.stream(s).sum() / rows;
    double square = Arrays.stream(s).map(v -> v / rows * v / rows).sum();
    double centre = rank == 0 ? 0 : trace / rank;
    double apart = 0;
    double noise = 0;
    for (double value : s) {
      apart += Math.pow(value / rows - centre, 2);
    }
    for (int r = 0; r < rows; r++) {
      double norm = 0;
      for (int k = 0; k < rank; k++) {
        norm += u[k][r] * u[k][r] * s[k];
      }
      noise += norm * norm;
    }
    noise = (noise / rows - square) / rows;
    double share = apart > 0 ? Math.min(1, Math.max(0, noise / apart)) : 1;
    int count = Arrays.stream(classes).max().orElse(0) + 1;
    double[][] sums = new double[count][rank];
    int[] sizes = new int[count];
    for (int r = 0; r < rows; r++) {
      sizes[classes[r]]++;
      for (int k = 0; k < rank; k++) {
        sums[classes[r]][k] += u[k][r] * Math.sqrt(s[k]);
      }
    }
    double score = 0;
    for (int k = 0; k < rank; k++) {
      double between = 0;
      for (int c = 0; c < count; c++) {
        between += sizes[c] == 0 ? 0 : sums[c][k] * sums[c][k] / sizes[c] / rows;
      }
      score += (1 - share) * between / ((1 - share) * s[k] / rows + share * centre);
    }
    return score;
  }
}
