package org.pacnet.experiment;

import java.util.random.RandomGenerator;

/**
 * Friedman #1 for transfer (Friedman 1991; Pardoe and Stone 2010): x ~ U[0,1]¹⁰ and
 *
 * <p>y = a₁·10·sin(π(b₁x₁+c₁)(b₂x₂+c₂)) + a₂·20·(b₃x₃+c₃−0.5)² + a₃·10·(b₄x₄+c₄) + a₄·5·(b₅x₅+c₅) +
 * N(0,1).
 *
 * <p>The target has a = b = 1 and c = 0; a source at distance d draws a, b ~ N(1, (0.1d)²) and c ~
 * N(0, (0.05d)²). x₆ to x₁₀ are of no use.
 */
public final class Friedman {

  /** Inputs of a row. */
  public static final int INPUTS = 10;

  private final double[] a = new double[4];
  private final double[] b = new double[5];
  private final double[] c = new double[5];

  private Friedman(double distance, RandomGenerator random) {
    for (int i = 0; i < a.length; i++) {
      a[i] = 1 + 0.1 * distance * random.nextGaussian();
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = 1 + 0.1 * distance * random.nextGaussian();
      c[i] = 0.05 * distance * random.nextGaussian();
    }
  }

  /** The target task. */
  public static Friedman target() {
    return new Friedman(0, RandomGenerator.of("L64X128MixRandom"));
  }

  /** A source task at this distance. */
  public static Friedman source(double distance, RandomGenerator random) {
    return new Friedman(distance, random);
  }

  /** The noise-free y of a row. */
  public double value(double[] x) {
    double product = (b[0] * x[0] + c[0]) * (b[1] * x[1] + c[1]);
    double square = b[2] * x[2] + c[2] - 0.5;
    return a[0] * 10 * Math.sin(Math.PI * product)
        + a[1] * 20 * square * square
        + a[2] * 10 * (b[3] * x[3] + c[3])
        + a[3] * 5 * (b[4] * x[4] + c[4]);
  }

  /** Rows of a sample: x is [rows][10]. */
  public record Sample(double[][] x, double[] y) {

    /** The mean of y. */
    public double mean() {
      double sum = 0;
      for (double v : y) {
        sum += v;
      }
      return sum / y.length;
    }

    /** The deviation of y, over n. */
    public double std() {
      double mean = mean();
      double sum = 0;
      for (double v : y) {
        sum += (v - mean) * (v - mean);
      }
      return Math.sqrt(sum / y.length);
    }
  }

  /** Draws rows, with N(0,1) on y if {@code noisy}. */
  public Sample sample(int rows, boolean noisy, RandomGenerator random) {
    double[][] x = new double[rows][INPUTS];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < INPUTS; i++) {
        x[r][i] = random.nextDouble();
      }
      y[r] = value(x[r]) + (noisy ? random.nextGaussian() : 0);
    }
    return new Sample(x, y);
  }
}
