package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.GaussianProcess;
import org.pacnet.internal.correction.LinearCorrection;

/** Learns a {@link CoKrigingCorrection}. */
final class CoKrigingFit {

  // What is less likely than that is not asked.
  private static final double LEAST_WEIGHT = 1e-3;
  // What is so many units from what labels and network say is not corrected: it leaves no digit of them.
  private static final double FAR = 1e4;
  // Of the noise's logarithm, as pacnet.h has them for a process with a source.
  private static final double NOISE = -2.5;
  private static final double DEVIATION = 1.5;
  private static final double LOG_BOUND = 11.5;
  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;
  // Standardised columns are about 1 wide; the prior counts on it, also for who didn't standardise.
  private static final double NARROW = 0.1;
  private static final double WIDE = 10;

  private CoKrigingFit() {}

  static CoKrigingCorrection fit(Labelled target, @Nullable LinearCorrection linear, int threads) {
    Rows rows = target.rows();
    FloatBuffer labels = target.labels();
    int width = rows.width();
    float[] units = units(rows, labels);
    float[] shift = new float[rows.inputs()];
    float[] scale = new float[rows.inputs()];
    standardise(rows, shift, scale);
    float[] x = CoKrigingCorrection.scaled(rows, shift, scale);
    int parts = linear == null ? 2 : CoKrigingCorrection.PARTS;
    float[] weights = new float[width * CoKrigingCorrection.PARTS];
    List<GaussianProcess> processes = new ArrayList<>();
    for (int c = 0; c < width; c++) {
      double[] logs = new double[parts];
      GaussianProcess[] own = new GaussianProcess[parts];
      for (int part = 0; part < parts; part++) {
        float[] o = CoKrigingCorrection.opinion(part / 2, rows, linear, units);
        float[] y = residuals(rows, labels, o, units, c);
        if (part == CoKrigingCorrection.AS_IT_IS) {
          logs[part] = asItIs(y, target);
        } else if (tooFar(o)) {
          logs[part] = Double.NEGATIVE_INFINITY;
        } else {
          Corrections.Likely likely = Corrections.learn(rows.inputs(), x, o, y, target.facts(), threads);
          own[part] = likely.process();
          logs[part] = likely.logPosterior();
        }
      }
      double[] shares = shares(logs);
      for (int part = 0; part < parts; part++) {
        weights[c * CoKrigingCorrection.PARTS + part] = (float) shares[part];
        if (shares[part] > 0 && own[part] != null) {
          processes.add(own[part]);
        }
      }
    }
    return new CoKrigingCorrection(
        units,
        shift,
        scale,
        CoKrigingCorrection.asksLinear(weights) ? linear : null,
        weights,
        x,
        List.copyOf(processes));
  }

  /** What it would have learnt from some of the rows with the kernels and weights that it found on all of them. */
  static CoKrigingCorrection again(CoKrigingCorrection like, Labelled target) {
    Rows rows = target.rows();
    float[] x = CoKrigingCorrection.scaled(rows, like.shift(), like.scale());
    List<GaussianProcess> processes = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < like.weights().length; i++) {
      int part = i % CoKrigingCorrection.PARTS;
      if (CoKrigingCorrection.hasProcess(like.weights(), i)) {
        float[] o = CoKrigingCorrection.opinion(part / 2, rows, like.linear(), like.units());
        float[] y = residuals(rows, target.labels(), o, like.units(), i / CoKrigingCorrection.PARTS);
        processes.add(new GaussianProcess(rows.inputs(), x, o, y, target.facts(), like.processes().get(next++).kernel()));
      }
    }
    return new CoKrigingCorrection(like.units(), like.shift(), like.scale(), like.linear(), like.weights(), x, List.copyOf(processes));
  }

  private static boolean tooFar(float[] o) {
    for (float said : o) {
      if (!(Math.abs(said) <= FAR)) {
        return true;
      }
    }
    return false;
  }

  private static float[] residuals(Rows rows, FloatBuffer labels, float[] o, float[] units, int output) {
    int width = rows.width();
    float[] y = new float[rows.rows()];
    for (int r = 0; r < y.length; r++) {
      y[r] = labels.get(r * width + output) / units[output] - o[r * width + output];
    }
    return y;
  }

  // log p(y, variances) of an opinion that is off by noise alone, and by what groups share, whose variances have the prior that they have in a
  // process, at the likeliest.
  private static double asItIs(float[] y, Labelled target) {
    List<int[]> together = target.together();
    if (target.groups() == null) {
      return highest(log -> likelihood(y, target, together, log, Double.NEGATIVE_INFINITY) - prior(log));
    }
    return highest(shared -> highest(noise -> likelihood(y, target, together, noise, shared) - prior(noise)) - prior(shared));
  }

  private static double prior(double log) {
    double off = (log - NOISE) / DEVIATION;
    return off * off / 2;
  }

  // The largest value of a function of a logarithm that has one hill, by golden sections (Kiefer 1953).
  private static double highest(DoubleUnaryOperator of) {
    double low = -LOG_BOUND;
    double high = LOG_BOUND;
    double left = high - GOLDEN * (high - low);
    double right = low + GOLDEN * (high - low);
    double atLeft = of.applyAsDouble(left);
    double atRight = of.applyAsDouble(right);
    while (high - low > 1e-6) {
      if (atLeft > atRight) {
        high = right;
        right = left;
        atRight = atLeft;
        left = high - GOLDEN * (high - low);
        atLeft = of.applyAsDouble(left);
      } else {
        low = left;
        left = right;
        atLeft = atRight;
        right = low + GOLDEN * (high - low);
        atRight = of.applyAsDouble(right);
      }
    }
    return Math.max(atLeft, atRight);
  }

  // A group's covariance is a diagonal and one number everywhere, whose inverse and determinant have a closed form (Sherman and Morrison 1950).
  private static double likelihood(float[] y, Labelled target, List<int[]> together, double logNoise, double logShared) {
    double noise = Math.exp(logNoise);
    double shared = Math.exp(logShared);
    double value = 0;
    for (int[] group : together) {
      double weight = 0;
      double along = 0;
      for (int r : group) {
        double own = target.weight(r) / noise;
        weight += own;
        along += own * y[r];
        value -= (own * y[r] * y[r] - Math.log(own) + Math.log(2 * Math.PI)) / 2;
      }
      value += (shared * along * along / (1 + shared * weight) - Math.log1p(shared * weight)) / 2;
    }
    return value;
  }

  // As likely as they are, all being as likely before.
  private static double[] shares(double[] logs) {
    double highest = Arrays.stream(logs).max().orElseThrow();
    double[] shares = new double[logs.length];
    double sum = 0;
    for (int k = 0; k < logs.length; k++) {
      shares[k] = Math.exp(logs[k] - highest);
      shares[k] = shares[k] < LEAST_WEIGHT ? 0 : shares[k];
      sum += shares[k];
    }
    for (int k = 0; k < logs.length; k++) {
      shares[k] /= sum;
    }
    return shares;
  }

  // Labels and outputs together: where labels are standardised that is about 1, and taken for it.
  static float[] units(Rows rows, FloatBuffer labels) {
    float[] units = new float[rows.width()];
    for (int c = 0; c < units.length; c++) {
      double[] values = new double[2 * rows.rows()];
      for (int r = 0; r < rows.rows(); r++) {
        values[2 * r] = labels.get(r * rows.width() + c);
        values[2 * r + 1] = rows.outputs()[r * rows.width() + c];
      }
      units[c] = (float) deviation(values)[1];
    }
    return units;
  }

  static void standardise(Rows rows, float[] shift, float[] scale) {
    for (int i = 0; i < shift.length; i++) {
      double[] values = new double[rows.rows()];
      for (int r = 0; r < values.length; r++) {
        values[r] = rows.feature(r, i);
      }
      double[] found = deviation(values);
      shift[i] = (float) found[0];
      scale[i] = (float) found[1];
    }
  }

  // What to take away and to divide by: 0 and 1 for values that are about as standardised ones are.
  private static double[] deviation(double[] values) {
    double mean = 0;
    double largest = 0;
    for (double value : values) {
      mean += value / values.length;
      largest = Math.max(largest, Math.abs(value));
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean) / values.length;
    }
    double deviation = Math.sqrt(squares);
    if (largest <= WIDE && (deviation >= NARROW || largest <= 1)) {
      return new double[] {0, 1};
    }
    return new double[] {mean, deviation > 1e-6 * largest ? deviation : largest};
  }
}
