package org.pacnet.report;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Evaluation;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.statistics.Means;

/**
 * One error divided by another on the same rows, with its 95 % interval: the delta method on the logarithm of the ratio, over the rows,
 * or over the trajectories where rows are states along them and so not independent.
 *
 * @param ratio of the errors
 * @param low of the interval
 * @param high likewise
 */
record ErrorRatio(double ratio, double low, double high) {

  // The t interval of fewer says nothing.
  private static final int FEWEST = 5;

  /** Null where there are too few rows to say, or one of the errors is zero. */
  static @Nullable ErrorRatio of(Evaluation after, Evaluation before) {
    return of(losses(after), losses(before), after.classes().isEmpty());
  }

  /**
   * The same of losses, [labels + 1, units]: behind the labels is how many rows each unit stands for.
   *
   * @param root whether an error is the root of a mean loss
   */
  static @Nullable ErrorRatio of(double[][] after, double[][] before, boolean root) {
    int n = after[0].length;
    double above = error(after, root);
    double below = error(before, root);
    if (n < FEWEST || !(above > 0) || !(below > 0)) {
      return null;
    }
    double[] influence = new double[n];
    addInfluence(after, root, 1, influence);
    addInfluence(before, root, -1, influence);
    double squares = 0;
    for (double one : influence) {
      squares += one * one;
    }
    double half = Means.quantile(n - 1) * Math.sqrt(squares * n / (n - 1));
    double ratio = above / below;
    return new ErrorRatio(ratio, ratio * Math.exp(-half), ratio * Math.exp(half));
  }

  private static double error(double[][] losses, boolean root) {
    int labels = losses.length - 1;
    double error = 0;
    for (int c = 0; c < labels; c++) {
      double mean = sum(losses[c]) / sum(losses[labels]);
      error += (root ? Math.sqrt(mean) : mean) / labels;
    }
    return error;
  }

  // What each unit's part in the logarithm of the error is, less what it would be on average.
  private static void addInfluence(double[][] losses, boolean root, double sign, double[] influence) {
    int labels = losses.length - 1;
    double[] counts = losses[labels];
    double rows = sum(counts);
    double error = error(losses, root);
    for (int c = 0; c < labels; c++) {
      double mean = sum(losses[c]) / rows;
      double slope = (root ? (mean > 0 ? 0.5 / Math.sqrt(mean) : 0) : 1) / labels / error;
      for (int i = 0; i < influence.length; i++) {
        influence[i] += sign * slope * (losses[c][i] - mean * counts[i]) / rows;
      }
    }
  }

  private static double[][] losses(Evaluation evaluation) {
    if (!evaluation.classes().isEmpty()) {
      return wrong(evaluation);
    }
    int labels = evaluation.labels().size();
    if (!evaluation.alongTrajectories()) {
      double[][] losses = new double[labels + 1][];
      for (int c = 0; c < labels; c++) {
        losses[c] = squares(evaluation.truth(c), evaluation.predicted(c));
      }
      losses[labels] = ones(evaluation.rows());
      return losses;
    }
    List<Evaluation.Trajectory> trajectories = evaluation.trajectories();
    double[][] losses = new double[labels + 1][trajectories.size()];
    for (int t = 0; t < trajectories.size(); t++) {
      Evaluation.Trajectory one = trajectories.get(t);
      for (int c = 0; c < labels; c++) {
        losses[c][t] = sum(squares(one.truth()[c], one.predicted()[c]));
      }
      losses[labels][t] = one.times().length - 1.0; // the first state is no prediction
    }
    return losses;
  }

  private static double[][] wrong(Evaluation evaluation) {
    double[][] losses = {new double[evaluation.rows()], ones(evaluation.rows())};
    int[] truth = evaluation.trueClasses();
    double[][] probabilities = evaluation.probabilities();
    for (int r = 0; r < truth.length; r++) {
      losses[0][r] = Softmax.mostProbable(probabilities[r]) == truth[r] ? 0 : 1;
    }
    return losses;
  }

  private static double[] ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static double[] squares(double[] truth, double[] predicted) {
    double[] squares = new double[truth.length];
    for (int i = 0; i < truth.length; i++) {
      squares[i] = (predicted[i] - truth[i]) * (predicted[i] - truth[i]);
    }
    return squares;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
