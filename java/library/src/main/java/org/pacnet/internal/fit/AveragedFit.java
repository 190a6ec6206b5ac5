package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.AveragedCorrection;
import org.pacnet.internal.correction.Cholesky;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;

/**
 * Learns an {@link AveragedCorrection}: y = o + a Gaussian process on what an opinion o of the source leaves, its kernel a constant, o·o′, x·x′, one
 * squared-exponential term or none, of all columns or of one, and noise. Of a few rows no kernel is known for certain, and the likeliest one promises
 * too much: so all of a grid count, each as likely as it makes the rows. That many strengths are zero lets what needs no correcting be.
 */
final class AveragedFit {

  /** More would take longer than what is gained: by then the rows tell a kernel. */
  static final int MOST_ROWS = 200;

  // Of the squares of the label's unit, with what each counts beforehand (docs/adr/0013-safe-default.md).
  private static final double[] CONSTANTS = {0, 0.03, 0.3, 3};
  private static final double[] CONSTANT_SHARES = {0.3, 0.7 / 3, 0.7 / 3, 0.7 / 3};
  private static final double[] SCALES = {0, 0.1, 1};
  private static final double[] SCALE_SHARES = {0.5, 0.25, 0.25};
  private static final double[] SLOPES = {0, 0.01, 0.1, 1};
  private static final double[] SLOPE_SHARES = {0.4, 0.2, 0.2, 0.2};
  private static final double[] SIGNALS = {0.02, 0.3};
  private static final double[] LENGTHS = {0.7, 2};
  private static final double[] COLUMN_SIGNALS = {0.1, 1};
  private static final double COLUMN_LENGTH = 1;
  private static final double COLUMNS_SHARE = 0.4;
  private static final double NO_TERM_SHARE = 0.3;
  // That an opinion needs no correcting at all counts so much more than these shares say, which are of each strength by itself.
  private static final double AS_IT_IS = 0.1;
  private static final int MOST_COLUMNS = 30;
  // Of the noise, times what the opinion is off by on the source; logarithms to base 10. Their density is log-normal.
  private static final double[] NOISES = {-3, -2, -1.25, -0.75, -0.25, 0.25, 0.75, 1.5};
  private static final double NOISE_MEAN = 0.3;
  private static final double NOISE_DEVIATION = 2;
  private static final double LEAST_NOISE = 1e-9;
  // What rows of one group share.
  private static final double[] SHARED = {0.03, 0.3};
  private static final double NEGLIGIBLE = 1e-9;

  /**
   * What is known of an opinion.
   *
   * @param noise its mean squared error on rows of the source that it has not seen
   * @param line how unsure it is of its coefficients; null for a network
   */
  record Opinion(double noise, LinearFit.@Nullable Uncertainty line) {}

  private record Term(double signal, int kernel, double share) {}

  private final Labelled target;
  private final int n;
  private final int inputs;
  private final float[] shift;
  private final float[] scale;
  private final float[] x;
  private final int[] columns;
  private final double[] lengths;
  private final double[][][] near;
  private final double[][] slope;
  private final double[][] lower;
  private final List<Term> terms = new ArrayList<>();

  private AveragedFit(Labelled target, double[] left) {
    this.target = target;
    Rows rows = target.rows();
    n = rows.rows();
    inputs = rows.inputs();
    shift = new float[inputs];
    scale = new float[inputs];
    CoKrigingFit.standardise(rows, shift, scale);
    x = CoKrigingCorrection.scaled(rows, shift, scale);
    int[] telling = telling(left);
    int all = LENGTHS.length;
    columns = IntStream.concat(IntStream.generate(() -> AveragedCorrection.ALL).limit(all), Arrays.stream(telling)).toArray();
    lengths = IntStream.range(0, columns.length).mapToDouble(k -> k < all ? LENGTHS[k] : COLUMN_LENGTH).toArray();
    near = new double[columns.length][n][n];
    slope = new double[n][n];
    lower = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < columns.length; k++) {
          near[k][i][j] = AveragedCorrection.kernel(x, i, x, j, inputs, columns[k], lengths[k]);
        }
        for (int c = 0; c < inputs; c++) {
          slope[i][j] += (double) x[i * inputs + c] * x[j * inputs + c] / inputs;
        }
      }
    }
    double ofColumns = telling.length == 0 ? 0 : COLUMNS_SHARE;
    terms.add(new Term(0, 0, (1 - ofColumns) * NO_TERM_SHARE));
    for (double signal : SIGNALS) {
      for (int k = 0; k < all; k++) {
        terms.add(new Term(signal, k, (1 - ofColumns) * (1 - NO_TERM_SHARE) / (SIGNALS.length * all)));
      }
    }
    for (double signal : COLUMN_SIGNALS) {
      for (int k = all; k < columns.length; k++) {
        terms.add(new Term(signal, k, ofColumns / (COLUMN_SIGNALS.length * telling.length)));
      }
    }
  }

  // Columns in which the rows differ; of many those that go most with what the source leaves.
  private int[] telling(double[] left) {
    double[] along = new double[inputs];
    double mean = Arrays.stream(left).average().orElseThrow();
    for (int j = 0; j < inputs; j++) {
      double squares = 0;
      double middle = 0;
      for (int i = 0; i < n; i++) {
        middle += x[i * inputs + j] / (double) n;
      }
      for (int i = 0; i < n; i++) {
        double off = x[i * inputs + j] - middle;
        squares += off * off;
        along[j] += off * (left[i] - mean);
      }
      along[j] = squares > 1e-12 * n ? Math.abs(along[j]) / Math.sqrt(squares) : -1;
    }
    return IntStream.range(0, inputs)
        .filter(j -> along[j] >= 0)
        .boxed()
        .sorted(Comparator.comparingDouble(j -> -along[j]))
        .limit(MOST_COLUMNS)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  /**
   * Learns from the target's rows.
   *
   * @param opinions for each output what is known of the network's opinion and, where there is one, the linear one
   */
  static AveragedCorrection fit(Labelled target, @Nullable LinearCorrection linear, Opinion[][] opinions) {
    Rows rows = target.rows();
    int width = rows.width();
    float[] units = CoKrigingFit.units(rows, target.labels());
    float[][] said = new float[linear == null ? 1 : 2][];
    for (int k = 0; k < said.length; k++) {
      said[k] = CoKrigingCorrection.opinion(k, rows, linear, units);
    }
    double[] left = new double[rows.rows()];
    for (int i = 0; i < left.length; i++) {
      for (int c = 0; c < width; c++) {
        left[i] += target.labels().get(i * width + c) / units[c] - said[0][i * width + c];
      }
    }
    AveragedFit fit = new AveragedFit(target, left);
    int count = fit.columns.length;
    int each = 3 + fit.inputs;
    float[] coefficients = new float[width * each];
    float[] weights = new float[width * count * fit.n];
    for (int c = 0; c < width; c++) {
      fit.output(c, units[c], said, opinions[c]).into(coefficients, c * each, weights, c * count * fit.n);
    }
    float[] lengths = new float[count];
    for (int k = 0; k < count; k++) {
      lengths[k] = (float) fit.lengths[k];
    }
    LinearCorrection asked = AveragedCorrection.asksLinear(coefficients, width) ? linear : null;
    return new AveragedCorrection(asked, coefficients, fit.shift, fit.scale, fit.x, fit.columns, lengths, weights);
  }

  private Sums output(int output, double unit, float[][] said, Opinion[] opinions) {
    int width = target.rows().width();
    FloatBuffer labels = target.labels();
    Sums sums = new Sums(unit, opinions);
    double[] shared = target.groups() == null ? new double[] {0} : SHARED;
    int[] units = target.units();
    for (int k = 0; k < said.length; k++) {
      double[] o = new double[n];
      double[] left = new double[n];
      for (int i = 0; i < n; i++) {
        o[i] = said[k][i * width + output];
        left[i] = labels.get(i * width + output) / unit - o[i];
      }
      double[][] line = opinions[k].line() == null ? null : opinions[k].line().along(target.rows(), unit);
      double noise = opinions[k].noise() / (unit * unit);
      for (double together : shared) {
        for (Term term : terms) {
          for (int s = 0; s < SLOPES.length; s++) {
            double[][] sum = new double[n][n];
            for (int i = 0; i < n; i++) {
              for (int j = 0; j <= i; j++) {
                double value = term.signal * near[term.kernel][i][j] + SLOPES[s] * slope[i][j];
                value += units[i] == units[j] ? together : 0;
                value += line == null ? 0 : line[i][j];
                sum[i][j] = value;
              }
            }
            double share = term.share * SLOPE_SHARES[s];
            for (double log : NOISES) {
              if (factored(sum, Math.pow(10, log) * noise)) {
                sums.add(k, term, SLOPES[s], o, left, share, density(log));
              }
            }
          }
        }
      }
    }
    return sums;
  }

  private static double density(double log) {
    double off = (log * Math.log(10) - NOISE_MEAN) / NOISE_DEVIATION;
    return -off * off / 2;
  }

  // The lower factor of the sum with noise on its diagonal. False where rounding makes it indefinite: as good as impossible.
  private boolean factored(double[][] sum, double noise) {
    for (int i = 0; i < n; i++) {
      System.arraycopy(sum[i], 0, lower[i], 0, i + 1);
      lower[i][i] += Math.max(noise, LEAST_NOISE) / target.weight(i);
    }
    return Cholesky.factor(lower);
  }

  // Of what is left, of ones and of the opinion.
  private double[][] halfSolved(double[] left, double[] o) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    double[][] half = {left.clone(), ones, o.clone()};
    for (double[] side : half) {
      Cholesky.solve(lower, side);
    }
    return half;
  }

  /** Sums over kernels, each times how likely it is, over the likeliest so far. */
  private final class Sums {

    private final double unit;
    private final Opinion[] opinions;
    private double highest = Double.NEGATIVE_INFINITY;
    private final double[] shares = new double[2];
    private final double[] factors = new double[2];
    private final double[] constants = new double[2];
    // Of the rows: times a strength, and as they are for each opinion's line.
    private final double[][] ofKernels = new double[columns.length][n];
    private final double[] ofSlopes = new double[n];
    private final double[][] ofOpinions = new double[2][n];

    private Sums(double unit, Opinion[] opinions) {
      this.unit = unit;
      this.opinions = opinions;
    }

    // A kernel but for its constant and its scale, each of which adds one direction (Woodbury's identity).
    void add(int opinion, Term term, double slopeStrength, double[] o, double[] left, double share, double density) {
      double[][] half = halfSolved(left, o);
      double logDeterminant = 0;
      double[][] products = new double[3][3];
      for (int i = 0; i < n; i++) {
        logDeterminant += 2 * Math.log(lower[i][i]);
        for (int a = 0; a < 3; a++) {
          for (int b = 0; b < 3; b++) {
            products[a][b] += half[a][i] * half[b][i];
          }
        }
      }
      double likely = 0;
      double alongOnes = 0;
      double alongOpinion = 0;
      for (int a = 0; a < CONSTANTS.length; a++) {
        for (int q = 0; q < SCALES.length; q++) {
          double rootA = Math.sqrt(CONSTANTS[a]);
          double rootQ = Math.sqrt(SCALES[q]);
          double aa = 1 + CONSTANTS[a] * products[1][1];
          double aq = rootA * rootQ * products[1][2];
          double qq = 1 + SCALES[q] * products[2][2];
          double determinant = aa * qq - aq * aq;
          double alongA = rootA * products[0][1];
          double alongQ = rootQ * products[0][2];
          double constant = rootA * (alongA * qq - alongQ * aq) / determinant;
          double factor = rootQ * (alongQ * aa - alongA * aq) / determinant;
          double squares = products[0][0] - constant * products[0][1] - factor * products[0][2];
          boolean none = term.signal + slopeStrength + CONSTANTS[a] + SCALES[q] == 0;
          double before = share * CONSTANT_SHARES[a] * SCALE_SHARES[q] + (none ? AS_IT_IS : 0);
          double log = Math.log(before) + density - (squares + logDeterminant + Math.log(determinant)) / 2;
          if (!Double.isFinite(log)) {
            continue;
          }
          if (log > highest) {
            double by = Math.exp(highest - log);
            scale(by);
            likely *= by;
            alongOnes *= by;
            alongOpinion *= by;
            highest = log;
          }
          double own = Math.exp(log - highest);
          likely += own;
          alongOnes += own * constant;
          alongOpinion += own * factor;
        }
      }
      shares[opinion] += likely;
      if (likely < NEGLIGIBLE) {
        return;
      }
      constants[opinion] += alongOnes;
      factors[opinion] += alongOpinion;
      double[] weights = new double[n];
      for (int i = 0; i < n; i++) {
        weights[i] = likely * half[0][i] - alongOnes * half[1][i] - alongOpinion * half[2][i];
      }
      Cholesky.solveTransposed(lower, weights);
      for (int i = 0; i < n; i++) {
        ofKernels[term.kernel][i] += term.signal * weights[i];
        ofSlopes[i] += slopeStrength * weights[i];
        ofOpinions[opinion][i] += weights[i];
      }
    }

    private void scale(double by) {
      for (double[] values : List.of(shares, factors, constants, ofSlopes, ofOpinions[0], ofOpinions[1])) {
        scale(values, by);
      }
      Arrays.stream(ofKernels).forEach(values -> scale(values, by));
    }

    private void scale(double[] values, double by) {
      for (int i = 0; i < values.length; i++) {
        values[i] *= by;
      }
    }

    void into(float[] coefficients, int at, float[] weights, int from) {
      double sum = shares[0] + shares[1];
      double constant = constants[0] + constants[1];
      double[] slopes = new double[inputs];
      for (int k = 0; k < opinions.length; k++) {
        LinearFit.Uncertainty line = opinions[k].line();
        constant += line == null ? 0 : line.into(target.rows(), ofOpinions[k], unit, slopes);
      }
      for (int j = 0; j < inputs; j++) {
        double along = 0;
        for (int i = 0; i < n; i++) {
          along += x[i * inputs + j] * ofSlopes[i] / inputs;
        }
        slopes[j] += along / scale[j];
        constant -= along * shift[j] / scale[j];
        coefficients[at + 3 + j] = (float) (unit * slopes[j] / sum);
      }
      coefficients[at] = (float) (unit * constant / sum);
      for (int k = 0; k < 2; k++) {
        coefficients[at + 1 + k] = (float) ((shares[k] + factors[k]) / sum);
      }
      for (int k = 0; k < columns.length; k++) {
        for (int i = 0; i < n; i++) {
          weights[from + k * n + i] = (float) (unit * ofKernels[k][i] / sum);
        }
      }
    }
  }
}
