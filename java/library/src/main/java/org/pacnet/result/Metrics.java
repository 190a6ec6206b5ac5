package org.pacnet.result;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a model is off on data with known labels.
 *
 * @param rows compared
 * @param labels one a label column of a regression, in the label's own unit; empty for a
 *     classification
 * @param accuracy share of rows whose most probable class is the true one; null for a regression
 * @param crossEntropy mean of −log p(true class), in nats; null for a regression
 * @param balancedAccuracy mean over the classes that occur of the share of their rows that are taken for them: what a rare class
 *     counts like a frequent one; null for a regression
 * @param f1 mean over the classes that occur, or that rows are taken for, of 2·precision·recall/(precision + recall) ("macro F1"); null
 *     for a regression
 * @param auc area under the ROC curve: how probable it is that a row of a class is given a higher probability of it than a row of
 *     another; the mean over the classes of more than two; null for a regression, and where one class alone occurs
 * @param confusion for each true class how many rows were taken for each class, in the schema's
 *     order; null for a regression, and in the reports of phases
 * @param horizons of trajectories that were followed from their first states, how the error grows; null
 *     for all else
 */
public record Metrics(
    long rows,
    List<LabelError> labels,
    @Nullable Double accuracy,
    @Nullable Double crossEntropy,
    @Nullable Double balancedAccuracy,
    @Nullable Double f1,
    @Nullable Double auc,
    @Nullable List<List<Long>> confusion,
    @Nullable List<HorizonError> horizons) {

  public Metrics {
    labels = List.copyOf(labels);
  }

  /**
   * The error of one label column.
   *
   * @param label column name
   * @param rmse root of the mean squared error
   * @param mae mean absolute error
   * @param r2 1 − squared error / squared deviation from the mean; null where the label is constant
   */
  public record LabelError(String label, double rmse, double mae, @Nullable Double r2) {}

  /**
   * The error so long after the first state.
   *
   * @param until the times are later than the entry's before, and not later than this, in the unit of
   *     the time
   * @param rows how many those are
   * @param rmse of each label
   */
  public record HorizonError(double until, long rows, List<Double> rmse) {

    public HorizonError {
      rmse = List.copyOf(rmse);
    }
  }

  /** One number to compare models by: 1 − accuracy, or the mean RMSE of the label columns. */
  public double error() {
    return accuracy != null
        ? 1 - accuracy
        : labels.stream().mapToDouble(LabelError::rmse).average().orElseThrow();
  }
}
