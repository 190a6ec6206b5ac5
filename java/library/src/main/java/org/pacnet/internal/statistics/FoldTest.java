package org.pacnet.internal.statistics;

import java.util.Arrays;
import org.hipparchus.distribution.continuous.TDistribution;

/**
 * A paired t-test of two ways to learn from what cross-validation says of them fold by fold, with the corrected variance of Nadeau
 * and Bengio ("Inference for the generalization error", Machine Learning 52, 2003): the models of two folds share most of their rows,
 * and rows of one fold share their model, so that neither folds nor rows are independent, and a test that takes them for it finds
 * differences that are none.
 *
 * @param mean of the differences
 * @param error the standard error of that mean: the square root of (1/folds + test rows/training rows) times the differences' variance
 * @param degrees of freedom, one less than there are folds
 */
public record FoldTest(double mean, double error, int degrees) {

  private static final double PROBABLE = 0.8;

  /**
   * Of each fold's mean losses by the one way and the other.
   *
   * @param testToTraining a fold's rows over those that its model learnt from
   */
  public static FoldTest of(double[] one, double[] other, double testToTraining) {
    int folds = one.length;
    double[] differences = new double[folds];
    Arrays.setAll(differences, fold -> one[fold] - other[fold]);
    double mean = Arrays.stream(differences).average().orElse(0);
    double deviation = Means.deviation(differences);
    return new FoldTest(mean, deviation * Math.sqrt(1.0 / folds + testToTraining), folds - 1);
  }

  /** The two-sided p-value; 1 where all differences are the same, and of fewer than two folds. */
  public double pValue() {
    return error > 0 && degrees > 0
        ? 2 * new TDistribution(degrees).cumulativeProbability(-Math.abs(mean) / error)
        : 1;
  }

  /** The mean's 95 % confidence interval. */
  public Means.Interval interval() {
    double half = degrees > 0 ? Means.quantile(degrees) * error : 0;
    return new Means.Interval(mean, mean - half, mean + half);
  }

  /** How large a difference must be to be found, at 5 %, four times in five; NaN of fewer than two folds. */
  public double detectable() {
    return degrees > 0
        ? (Means.quantile(degrees) + new TDistribution(degrees).inverseCumulativeProbability(PROBABLE)) * error
        : Double.NaN;
  }
}
