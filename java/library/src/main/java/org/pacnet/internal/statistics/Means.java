package org.pacnet.internal.statistics;

import java.util.Arrays;
import org.hipparchus.distribution.continuous.TDistribution;

/** How sure the mean of some numbers is. */
public final class Means {

  private Means() {}

  /** Their standard deviation, over n − 1; 0 of one number. */
  public static double deviation(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (values.length - 1));
  }

  /** Half the width of Student's 95 % confidence interval of the mean; 0 of one number. */
  public static double halfInterval(double[] values) {
    return values.length < 2 ? 0 : quantile(values.length - 1) * deviation(values) / Math.sqrt(values.length);
  }

  /** A mean and the ends of its 95 % confidence interval. */
  public record Interval(double mean, double low, double high) {}

  /** Student's interval of the mean of some numbers. */
  public static Interval interval(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double half = halfInterval(values);
    return new Interval(mean, mean - half, mean + half);
  }

  /** What Student's t is below with a probability of 97.5 %. */
  public static double quantile(int degreesOfFreedom) {
    return new TDistribution(degreesOfFreedom).inverseCumulativeProbability(0.975);
  }
}
