package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hipparchus.linear.DecompositionSolver;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;

/** Learns a {@link LinearCorrection}. */
final class LinearFit {

  // Strengths of ridge's penalty that are tried, on standardised columns: from what lets an exact line be one in single precision.
  private static final double[] STRENGTHS = strengths();

  private static double[] strengths() {
    double[] all = new double[45];
    for (int i = 0; i < all.length; i++) {
      all[i] = Math.pow(10, -8 + i / 4.0);
    }
    return all;
  }

  private LinearFit() {}

  /**
   * How unsure ridge regression is of its coefficients: normal, of covariance σ²·(XᵀX + λ)⁻¹, as far as the rows tell them, σ² its error on rows
   * left out.
   *
   * @param mean of the inputs, [inputs]
   * @param roots [directions, inputs]: the covariance is the sum of their squares
   * @param constant the variance of what it says at the mean
   */
  record Uncertainty(double[] mean, double[][] roots, double constant) {

    /** The covariance of what it says of rows, over the square of a unit: [rows, rows]. */
    double[][] along(Rows rows, double unit) {
      double[][] each = projected(rows);
      double[][] all = new double[each.length][each.length];
      for (int i = 0; i < all.length; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = constant;
          for (int k = 0; k < roots.length; k++) {
            sum += each[i][k] * each[j][k];
          }
          all[i][j] = sum / (unit * unit);
          all[j][i] = all[i][j];
        }
      }
      return all;
    }

    /** The covariance with rows times their weights is linear in the inputs: adds its slopes, and says its constant. */
    double into(Rows rows, double[] weights, double unit, double[] slopes) {
      double[][] each = projected(rows);
      double own = 0;
      for (int i = 0; i < weights.length; i++) {
        own += constant * weights[i] / (unit * unit);
      }
      for (int k = 0; k < roots.length; k++) {
        double along = 0;
        for (int i = 0; i < weights.length; i++) {
          along += each[i][k] * weights[i] / (unit * unit);
        }
        for (int j = 0; j < mean.length; j++) {
          slopes[j] += along * roots[k][j];
          own -= along * roots[k][j] * mean[j];
        }
      }
      return own;
    }

    private double[][] projected(Rows rows) {
      double[][] each = new double[rows.rows()][roots.length];
      for (int i = 0; i < each.length; i++) {
        for (int k = 0; k < roots.length; k++) {
          for (int j = 0; j < mean.length; j++) {
            each[i][k] += (rows.feature(i, j) - mean[j]) * roots[k][j];
          }
        }
      }
      return each;
    }
  }

  /** Of ridge regression of a source's rows, of which nothing is said, for each output. */
  static Uncertainty[] uncertainty(Labelled silent) {
    Rows rows = silent.rows();
    int n = rows.rows();
    int inputs = rows.inputs();
    int before = rows.width();
    double[] mean = new double[before + inputs];
    double[] deviation = new double[before + inputs];
    double[] weights = shares(silent.importance());
    double[][] z = standardised(rows, weights, mean, deviation);
    Spectrum spectrum = Spectrum.of(z, n, before + inputs);
    Uncertainty[] all = new Uncertainty[before];
    for (int c = 0; c < before; c++) {
      double[] y = new double[n];
      double average = 0;
      for (int r = 0; r < n; r++) {
        y[r] = silent.labels().get(r * before + c);
        average += weights[r] * y[r];
      }
      double[] along = spectrum.along(y, average, weights);
      double strength = spectrum.strength(y, average, along, weights, silent.together());
      double variance = spectrum.leftOut(y, average, along, strength, weights, silent.together());
      double[][] roots = new double[spectrum.e.length][inputs];
      for (int k = 0; k < roots.length; k++) {
        double size = Math.sqrt(variance / (spectrum.e[k] + strength * n) / spectrum.e[k]);
        for (int j = 0; j < inputs; j++) {
          double sum = 0;
          for (int r = 0; r < n; r++) {
            sum += z[r][before + j] * spectrum.u[k][r];
          }
          roots[k][j] = deviation[before + j] > 0 ? sum * size / deviation[before + j] : 0;
        }
      }
      all[c] = new Uncertainty(Arrays.copyOfRange(mean, before, before + inputs), roots, variance / n);
    }
    return all;
  }

  /** Each output scaled and shifted, by least squares. */
  static LinearCorrection affine(Labelled target) {
    Rows rows = target.rows();
    FloatBuffer labels = target.labels();
    double[] shares = shares(target.importance());
    int each = 1 + rows.width() + rows.inputs();
    float[] all = new float[rows.width() * each];
    for (int c = 0; c < rows.width(); c++) {
      double meanO = 0;
      double meanY = 0;
      for (int r = 0; r < rows.rows(); r++) {
        meanO += shares[r] * rows.outputs()[r * rows.width() + c];
        meanY += shares[r] * labels.get(r * rows.width() + c);
      }
      double oo = 0;
      double oy = 0;
      for (int r = 0; r < rows.rows(); r++) {
        double o = rows.outputs()[r * rows.width() + c] - meanO;
        oo += shares[r] * o * o;
        oy += shares[r] * o * (labels.get(r * rows.width() + c) - meanY);
      }
      // Of one row, or where the source says the same of all, only the shift can be told.
      double scale = oo > 1e-12 ? oy / oo : 1;
      all[c * each] = (float) (meanY - scale * meanO);
      all[c * each + 1 + c] = (float) (scale - 1);
    }
    return new LinearCorrection(all);
  }

  /**
   * Ridge regression (Hoerl and Kennard 1970) of what the source leaves, on its outputs and the inputs; the penalty is the one of lowest
   * error on rows that are left out, one by one or those together that belong together, which has a closed form.
   */
  static LinearCorrection ridge(Labelled target) {
    return ridge(target.rows(), target.labels(), target.importance(), target.together());
  }

  /** The same on both tables together, whatever the source says. */
  static LinearCorrection pooled(Labelled target, Corrections.@Nullable Pool source) {
    Pooled both = Pooled.of(target, source);
    int width = target.rows().width();
    return alone(ridge(both.silent(width), FloatBuffer.wrap(both.y()), both.weights(), together(target, source)), width, both.columns());
  }

  // The source's rows each by itself.
  private static List<int[]> together(Labelled target, Corrections.@Nullable Pool source) {
    int before = source == null ? 0 : source.rows();
    List<int[]> all = new ArrayList<>();
    for (int r = 0; r < before; r++) {
      all.add(new int[] {r});
    }
    target.together().forEach(group -> all.add(Arrays.stream(group).map(r -> before + r).toArray()));
    return all;
  }

  /** Of a linear model whose last column says which rows are the target's, what it says of those without the source. */
  static LinearCorrection alone(LinearCorrection both, int width, int columns) {
    int from = 1 + width + columns;
    int each = from - 1;
    float[] all = new float[width * each];
    for (int c = 0; c < width; c++) {
      System.arraycopy(both.coefficients(), c * from, all, c * each, each);
      all[c * each] += both.coefficients()[(c + 1) * from - 1];
    }
    return silent(new LinearCorrection(all), width);
  }

  /** What it says of the inputs, whatever the source says. */
  static LinearCorrection silent(LinearCorrection line, int width) {
    float[] all = line.coefficients().clone();
    int each = all.length / width;
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < width; j++) {
        all[c * each + 1 + j] = c == j ? -1 : 0;
      }
    }
    return new LinearCorrection(all);
  }

  /**
   * What two say in the mean.
   *
   * @param ofSecond what the second counts, for each output from 0 to 1
   */
  static LinearCorrection mean(LinearCorrection first, LinearCorrection second, double[] ofSecond) {
    float[] all = new float[first.coefficients().length];
    int each = all.length / ofSecond.length;
    for (int i = 0; i < all.length; i++) {
      double of = ofSecond[i / each];
      all[i] = (float) ((1 - of) * first.coefficients()[i] + of * second.coefficients()[i]);
    }
    return new LinearCorrection(all);
  }

  private static LinearCorrection ridge(Rows rows, FloatBuffer labels, float[] importance, List<int[]> together) {
    int n = rows.rows();
    int columns = rows.width() + rows.inputs();
    double[] mean = new double[columns];
    double[] deviation = new double[columns];
    double[] weights = shares(importance);
    double[][] z = standardised(rows, weights, mean, deviation);
    Spectrum spectrum = Spectrum.of(z, n, columns);
    float[] all = new float[rows.width() * (1 + columns)];
    for (int c = 0; c < rows.width(); c++) {
      double[] left = new double[n];
      double average = 0;
      for (int r = 0; r < n; r++) {
        left[r] = labels.get(r * rows.width() + c) - rows.outputs()[r * rows.width() + c];
        average += weights[r] * left[r];
      }
      double[] factors = spectrum.solve(left, average, z, weights, together);
      double constant = average;
      for (int j = 0; j < columns; j++) {
        double own = deviation[j] > 0 ? factors[j] / deviation[j] : 0;
        all[c * (1 + columns) + 1 + j] = (float) own;
        constant -= own * mean[j];
      }
      all[c * (1 + columns)] = (float) constant;
    }
    return new LinearCorrection(all);
  }

  // Of sum 1.
  private static double[] shares(float[] importance) {
    double sum = 0;
    for (float value : importance) {
      sum += value;
    }
    double[] shares = new double[importance.length];
    for (int r = 0; r < shares.length; r++) {
      shares[r] = importance[r] / sum;
    }
    return shares;
  }

  // Each row times the root of its weight, of which the mean is 1.
  private static double[][] standardised(Rows rows, double[] weights, double[] mean, double[] deviation) {
    int n = rows.rows();
    double[][] z = new double[n][mean.length];
    for (int j = 0; j < mean.length; j++) {
      for (int r = 0; r < n; r++) {
        z[r][j] =
            j < rows.width()
                ? rows.outputs()[r * rows.width() + j]
                : rows.feature(r, j - rows.width());
        mean[j] += weights[r] * z[r][j];
      }
      double variance = 0;
      for (int r = 0; r < n; r++) {
        z[r][j] -= mean[j];
        variance += weights[r] * z[r][j] * z[r][j];
      }
      deviation[j] = variance > 1e-12 ? Math.sqrt(variance) : 0;
      for (int r = 0; r < n; r++) {
        z[r][j] = deviation[j] > 0 ? z[r][j] / deviation[j] * Math.sqrt(weights[r] * n) : 0;
      }
    }
    return z;
  }

  /** ZZᵀ = U·diag(e)·Uᵀ, by whichever of ZZᵀ and ZᵀZ is smaller; only e above zero. */
  private record Spectrum(double[][] u, double[] e) {

    static Spectrum of(double[][] z, int n, int columns) {
      boolean byRows = n <= columns;
      RealMatrix matrix = MatrixUtils.createRealMatrix(z);
      RealMatrix gram =
          byRows ? matrix.multiplyTransposed(matrix) : matrix.transposeMultiply(matrix);
      EigenDecompositionSymmetric eigen = new EigenDecompositionSymmetric(gram);
      double[] values = eigen.getEigenvalues();
      int rank = 0;
      while (rank < values.length && values[rank] > 1e-9 * Math.max(values[0], 1e-300)) {
        rank++;
      }
      double[][] u = new double[rank][n];
      for (int k = 0; k < rank; k++) {
        double[] vector = eigen.getEigenvector(k).toArray();
        u[k] = byRows ? vector : matrix.operate(vector);
        if (!byRows) {
          double length = Math.sqrt(values[k]);
          for (int r = 0; r < n; r++) {
            u[k][r] /= length;
          }
        }
      }
      double[] e = new double[rank];
      System.arraycopy(values, 0, e, 0, rank);
      return new Spectrum(u, e);
    }

    double[] solve(double[] y, double average, double[][] z, double[] shares, List<int[]> together) {
      int n = y.length;
      double[] along = along(y, average, shares);
      double best = strength(y, average, along, shares, together);
      double[] weights = new double[z[0].length];
      for (int k = 0; k < e.length; k++) {
        for (int r = 0; r < n; r++) {
          double part = u[k][r] * along[k] / (e[k] + best * n);
          for (int j = 0; j < weights.length; j++) {
            weights[j] += z[r][j] * part;
          }
        }
      }
      return weights;
    }

    double[] along(double[] y, double average, double[] shares) {
      int n = y.length;
      double[] along = new double[e.length];
      for (int k = 0; k < e.length; k++) {
        for (int r = 0; r < n; r++) {
          along[k] += u[k][r] * (y[r] - average) * Math.sqrt(shares[r] * n);
        }
      }
      return along;
    }

    double strength(double[] y, double average, double[] along, double[] shares, List<int[]> together) {
      double best = STRENGTHS[STRENGTHS.length - 1];
      double lowest = Double.POSITIVE_INFINITY;
      for (double strength : STRENGTHS) {
        double error = leftOut(y, average, along, strength, shares, together);
        if (error < lowest) {
          lowest = error;
          best = strength;
        }
      }
      return best;
    }

    // Rows that are left out together are off by (I − H)⁻¹ of what they are off by where they are in, H their part of the smoother.
    double leftOut(double[] y, double average, double[] along, double strength, double[] shares, List<int[]> together) {
      int n = y.length;
      double[] kept = new double[e.length];
      for (int k = 0; k < e.length; k++) {
        kept[k] = e[k] / (e[k] + strength * n);
      }
      double sum = 0;
      for (int[] group : together) {
        int size = group.length;
        double[] off = new double[size];
        for (int i = 0; i < size; i++) {
          double fitted = average;
          double root = Math.sqrt(shares[group[i]] * n);
          for (int k = 0; k < e.length; k++) {
            fitted += kept[k] * u[k][group[i]] * along[k] / root;
          }
          off[i] = y[group[i]] - fitted;
        }
        if (size == 1) {
          off[0] /= Math.max(1e-9, 1 - leverage(kept, shares, group[0], group[0]));
        } else if (size > 1 + e.length) {
          off = ofMany(off, kept, shares, group);
        } else {
          double[][] rest = new double[size][size];
          for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
              rest[i][j] = (i == j ? 1 : 0) - leverage(kept, shares, group[i], group[j]);
            }
          }
          DecompositionSolver solver = new LUDecomposition(MatrixUtils.createRealMatrix(rest)).getSolver();
          // Singular where they are all rows: nothing is left to tell the constant by.
          off = solver.isNonSingular() ? solver.solve(MatrixUtils.createRealVector(off)).toArray() : off;
        }
        for (int i = 0; i < size; i++) {
          sum += shares[group[i]] * off[i] * off[i];
        }
      }
      return sum;
    }

    // The same by a matrix of columns in the place of rows: H is D⁻¹·WWᵀ·D, D the roots of the shares, W they beside the roots of what is kept of U,
    // and (I − WWᵀ)⁻¹ is I + W·(I − WᵀW)⁻¹·Wᵀ (Woodbury 1950).
    private double[] ofMany(double[] off, double[] kept, double[] shares, int[] group) {
      double[][] w = new double[group.length][1 + kept.length];
      double[] scaled = new double[group.length];
      for (int i = 0; i < group.length; i++) {
        w[i][0] = Math.sqrt(shares[group[i]]);
        for (int k = 0; k < kept.length; k++) {
          w[i][1 + k] = Math.sqrt(kept[k]) * u[k][group[i]];
        }
        scaled[i] = w[i][0] * off[i];
      }
      RealMatrix all = MatrixUtils.createRealMatrix(w);
      RealMatrix rest = MatrixUtils.createRealIdentityMatrix(1 + kept.length).subtract(all.transposeMultiply(all));
      DecompositionSolver solver = new LUDecomposition(rest).getSolver();
      if (!solver.isNonSingular()) {
        return off;
      }
      double[] more = all.operate(solver.solve(MatrixUtils.createRealVector(all.preMultiply(scaled)))).toArray();
      double[] out = new double[off.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = (scaled[i] + more[i]) / w[i][0];
      }
      return out;
    }

    // How far the fit at row i goes with the label of row j.
    private double leverage(double[] kept, double[] shares, int i, int j) {
      double along = 0;
      for (int k = 0; k < kept.length; k++) {
        along += kept[k] * u[k][i] * u[k][j];
      }
      return shares[j] + along * Math.sqrt(shares[j] / shares[i]);
    }
  }
}
