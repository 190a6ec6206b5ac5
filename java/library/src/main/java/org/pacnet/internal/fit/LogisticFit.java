package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.DecompositionSolver;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.LogisticCorrection;

/**
 * Multinomial logistic regression that is pulled to what a source says: coefficients are normal with mean zero, with a variance for the
 * constants, one for the factors of the source's logits and one for those of the inputs. The variances are not known: a grid of them is
 * cross-validated, and each counts as likely as it made the rows that it had not seen.
 */
final class LogisticFit {

  private static final int FOLDS = 10;
  private static final int FOLDS_OF_MANY = 5;
  private static final int MANY = 100;
  private static final double[] STRENGTHS = {0.03, 0.1, 0.3, 1, 3};
  private static final double[] SLOPES = {0.1, 1};
  private static final double CONSTANT = 0.3;
  private static final double SCALE = 0.1;
  // An opinion that is less likely than that is not asked.
  private static final double LEAST_WEIGHT = 1e-3;
  // For the source, whose rows are many: penalties, on standardised columns and for each row.
  private static final double[] SOURCE_VARIANCES = {0.01, 0.1, 1, 10};
  private static final int MOST_STEPS = 300;
  private static final double SMALL = 1e-6;
  private static final double ROUGHLY = 1e-4; // of steps, where only the likelihood is asked for

  private LogisticFit() {}

  /** Variances of the three kinds of coefficients. */
  private record Prior(double constant, double scale, double slope) {}

  /**
   * A target's, from its rows. Of rows that belong together none is asked of coefficients that have seen another, and together they count
   * once as evidence.
   */
  static LogisticCorrection fit(Labelled target, @Nullable LinearCorrection linear) {
    Rows rows = target.rows();
    int n = rows.rows();
    float[] importance = target.importance();
    int[] classes = classes(target.labels(), n);
    List<Prior> priors = new ArrayList<>();
    for (double strength : STRENGTHS) {
      for (double slope : SLOPES) {
        priors.add(new Prior(CONSTANT * strength, SCALE * strength, slope * strength));
      }
    }
    int[] all = IntStream.range(0, n).toArray();
    int[] units = target.units();
    int[] fold = folds(classes, units);
    float[] evidence = evidence(units, importance);
    int opinions = linear == null ? 1 : LogisticCorrection.OPINIONS;
    double[][] logs = new double[opinions][priors.size()];
    double highest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < opinions; k++) {
      Rows said = LinearCorrection.opinion(k, rows, linear);
      for (int p = 0; p < priors.size(); p++) {
        logs[k][p] = unseen(said, classes, fold, importance, evidence, priors.get(p));
        highest = Math.max(highest, logs[k][p]);
      }
    }
    float[] weights = new float[LogisticCorrection.OPINIONS];
    double total = 0;
    for (double[] own : logs) {
      for (int p = 0; p < own.length; p++) {
        own[p] = Math.exp(own[p] - highest);
        total += own[p];
      }
    }
    List<LinearCorrection> corrections = new ArrayList<>();
    for (int k = 0; k < opinions; k++) {
      double share = Arrays.stream(logs[k]).sum() / total;
      if (share < LEAST_WEIGHT) {
        continue;
      }
      weights[k] = (float) share;
      Rows said = LinearCorrection.opinion(k, rows, linear);
      double[] mean = new double[rows.width() * (1 + rows.width() + rows.inputs())];
      for (int p = 0; p < priors.size(); p++) {
        double part = logs[k][p] / total / share;
        if (part >= SMALL) {
          double[] own = coefficients(said, classes, all, importance, priors.get(p), SMALL);
          for (int i = 0; i < mean.length; i++) {
            mean[i] += part * own[i];
          }
        }
      }
      corrections.add(new LinearCorrection(floats(mean)));
    }
    float sum = weights[0] + weights[1];
    weights[0] /= sum;
    weights[1] /= sum;
    return new LogisticCorrection(weights[1] > 0 ? linear : null, weights, List.copyOf(corrections));
  }

  /** A source's own, beside its network: the variance is the one by which a fifth of the rows is likeliest from the others. */
  static LinearCorrection source(Labelled silent) {
    return penalised(silent.rows(), classes(silent.labels(), silent.rows().rows()), silent.importance());
  }

  /** Of both tables together, whatever the source says. */
  static LinearCorrection pooled(Labelled target, Corrections.@Nullable Pool source) {
    Pooled both = Pooled.of(target, source);
    int width = target.rows().width();
    int[] classes = classes(FloatBuffer.wrap(both.y()), both.rows());
    return LinearFit.alone(penalised(both.silent(width), classes, both.weights()), width, both.columns());
  }

  // With the variance by which a fifth of the rows is likeliest from the others.
  private static LinearCorrection penalised(Rows silent, int[] classes, float[] weights) {
    int rows = silent.rows();
    int[] fifth = IntStream.range(0, rows).filter(r -> r % 5 == 4).toArray();
    int[] others = IntStream.range(0, rows).filter(r -> r % 5 != 4).toArray();
    Prior best = null;
    double highest = Double.NEGATIVE_INFINITY;
    for (double variance : SOURCE_VARIANCES) {
      Prior prior = new Prior(1e4, SMALL, variance * silent.inputs());
      double value =
          others.length == 0
              ? 0
              : likelihood(silent, classes, fifth, weights, coefficients(silent, classes, others, weights, prior, ROUGHLY));
      if (best == null || value > highest) {
        highest = value;
        best = prior;
      }
    }
    return new LinearCorrection(
        floats(coefficients(silent, classes, IntStream.range(0, rows).toArray(), weights, best, SMALL)));
  }

  private static float[] floats(double[] values) {
    float[] all = new float[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values[i];
    }
    return all;
  }

  private static int[] classes(FloatBuffer labels, int rows) {
    return IntStream.range(0, rows).map(r -> (int) labels.get(r)).toArray();
  }

  // Each class is dealt round; of a unit of several rows that of its first one.
  private static int[] folds(int[] classes, int[] units) {
    int count = 1 + Arrays.stream(units).max().orElseThrow();
    int[] first = new int[count];
    for (int r = units.length - 1; r >= 0; r--) {
      first[units[r]] = classes[r];
    }
    int[] order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingInt(unit -> first[unit]))
            .mapToInt(Integer::intValue)
            .toArray();
    int folds = Math.min(count > MANY ? FOLDS_OF_MANY : FOLDS, count);
    int[] fold = new int[count];
    for (int i = 0; i < count; i++) {
      fold[order[i]] = i % folds;
    }
    return Arrays.stream(units).map(unit -> fold[unit]).toArray();
  }

  private static float[] evidence(int[] units, float[] importance) {
    int[] size = new int[1 + Arrays.stream(units).max().orElseThrow()];
    for (int unit : units) {
      size[unit]++;
    }
    float[] evidence = new float[units.length];
    for (int r = 0; r < units.length; r++) {
      evidence[r] = importance[r] / size[units[r]];
    }
    return evidence;
  }

  // Sum of log p of all rows, each by coefficients that have not seen it.
  private static double unseen(
      Rows rows, int[] classes, int[] fold, float[] importance, float[] evidence, Prior prior) {
    double sum = 0;
    int count = 1 + Arrays.stream(fold).max().orElseThrow();
    for (int f = 0; f < count; f++) {
      int which = f;
      int[] inside = IntStream.range(0, fold.length).filter(r -> fold[r] == which).toArray();
      int[] outside = IntStream.range(0, fold.length).filter(r -> fold[r] != which).toArray();
      sum += likelihood(rows, classes, inside, evidence, coefficients(rows, classes, outside, importance, prior, ROUGHLY));
    }
    return sum;
  }

  private static double likelihood(Rows rows, int[] classes, int[] which, float[] weights, double[] coefficients) {
    int width = rows.width();
    int each = 1 + width + rows.inputs();
    float[] logits = new float[width];
    double[] p = new double[width];
    double sum = 0;
    for (int r : which) {
      for (int c = 0; c < width; c++) {
        double value = rows.outputs()[r * width + c] + coefficients[c * each];
        for (int j = 0; j < width; j++) {
          value += coefficients[c * each + 1 + j] * rows.outputs()[r * width + j];
        }
        for (int j = 0; j < rows.inputs(); j++) {
          value += coefficients[c * each + 1 + width + j] * rows.feature(r, j);
        }
        logits[c] = (float) value;
      }
      Softmax.into(logits, 0, width, p);
      sum += weights[r] * Math.log(Math.max(p[classes[r]], Float.MIN_NORMAL));
    }
    return sum;
  }

  /**
   * [width, 1 + width + inputs], the mode: steps against Böhning's bound of the Hessian (1992), ½·FᵀF + 1 for each class, whose factor is the
   * same for all steps, with Nesterov's momentum and O'Donoghue and Candès' restarts (2015).
   */
  private static double[] coefficients(
      Rows rows, int[] classes, int[] which, float[] weights, Prior prior, double within) {
    int width = rows.width();
    int columns = 1 + width + rows.inputs();
    double[] factor = new double[columns];
    for (int j = 0; j < columns; j++) {
      factor[j] =
          Math.sqrt(j == 0 ? prior.constant : j <= width ? prior.scale : prior.slope / rows.inputs());
    }
    double[][] f = new double[which.length][columns];
    for (int i = 0; i < which.length; i++) {
      f[i][0] = factor[0];
      for (int j = 0; j < width; j++) {
        f[i][1 + j] = factor[1 + j] * rows.outputs()[which[i] * width + j];
      }
      for (int j = 0; j < rows.inputs(); j++) {
        f[i][1 + width + j] = factor[1 + width + j] * rows.feature(which[i], j);
      }
    }
    double[][] w = new double[width][columns];
    if (which.length > 0) {
      double[][] weighted = new double[which.length][];
      for (int i = 0; i < which.length; i++) {
        double root = Math.sqrt(weights[which[i]]);
        weighted[i] = Arrays.stream(f[i]).map(value -> root * value).toArray();
      }
      RealMatrix design = MatrixUtils.createRealMatrix(weighted);
      RealMatrix bound =
          design.transposeMultiply(design).scalarMultiply(0.5).add(MatrixUtils.createRealIdentityMatrix(columns));
      DecompositionSolver solver = new CholeskyDecomposition(bound).getSolver();
      double[][] ahead = new double[width][columns];
      double momentum = 1;
      for (int step = 0; step < MOST_STEPS; step++) {
        double[][] gradient = gradient(rows, classes, which, weights, f, ahead);
        double along = 0;
        double largest = 0;
        double next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
        for (int c = 0; c < width; c++) {
          double[] move = solver.solve(MatrixUtils.createRealVector(gradient[c])).toArray();
          for (int j = 0; j < columns; j++) {
            double moved = ahead[c][j] - move[j];
            double change = moved - w[c][j];
            along += gradient[c][j] * change;
            largest = Math.max(largest, Math.abs(change));
            ahead[c][j] = moved + (momentum - 1) / next * change;
            w[c][j] = moved;
          }
        }
        momentum = next;
        if (along > 0) {
          momentum = 1;
          for (int c = 0; c < width; c++) {
            ahead[c] = w[c].clone();
          }
        }
        if (largest < within) {
          break;
        }
      }
    }
    double[] coefficients = new double[width * columns];
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < columns; j++) {
        coefficients[c * columns + j] = factor[j] * w[c][j];
      }
    }
    return coefficients;
  }

  // Of −log p and the prior.
  private static double[][] gradient(
      Rows rows, int[] classes, int[] which, float[] weights, double[][] f, double[][] w) {
    int width = rows.width();
    double[][] gradient = new double[width][];
    for (int c = 0; c < width; c++) {
      gradient[c] = w[c].clone();
    }
    float[] logits = new float[width];
    double[] p = new double[width];
    for (int i = 0; i < which.length; i++) {
      for (int c = 0; c < width; c++) {
        double value = rows.outputs()[which[i] * width + c];
        for (int j = 0; j < f[i].length; j++) {
          value += w[c][j] * f[i][j];
        }
        logits[c] = (float) value;
      }
      Softmax.into(logits, 0, width, p);
      p[classes[which[i]]] -= 1;
      for (int c = 0; c < width; c++) {
        for (int j = 0; j < f[i].length; j++) {
          gradient[c][j] += weights[which[i]] * p[c] * f[i][j];
        }
      }
    }
    return gradient;
  }
}
