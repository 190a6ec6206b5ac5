package org.pacnet;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Rollouts;
import org.pacnet.data.Schema;
import org.pacnet.statistics.Softmax;

/**
 * How far a model is off on data with known labels.
 *
 * @param rows compared
 * @param labels one a label column of a regression, in the label's own unit; empty for a
 *     classification
 * @param accuracy share of rows whose most probable class is the true one; null for a regression
 * @param crossEntropy mean of −log p(true class), in nats; null for a regression
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
    @Nullable List<List<Long>> confusion,
    @Nullable List<HorizonError> horizons) {

  public Metrics {
    labels = List.copyOf(labels);
  }

  private static final int HORIZONS = 10;

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

  /** Without the confusion matrix, which has too many numbers for a report. */
  Metrics brief() {
    return new Metrics(rows, labels, accuracy, crossEntropy, null, null);
  }

  /** {@code outputs}: the network's raw outputs for these rows. */
  static Metrics of(Schema schema, EncodedData data, float[] outputs) {
    return schema.classes().isEmpty()
        ? regression(schema, data, outputs)
        : classification(schema, data, outputs);
  }

  private static Metrics regression(Schema schema, EncodedData data, float[] outputs) {
    int width = schema.labels().size();
    int rows = outputs.length / width; // of pieces of trajectories several a row
    List<LabelError> errors = new ArrayList<>();
    for (int c = 0; c < width; c++) {
      Schema.Label label = schema.labels().get(c);
      double squared = 0;
      double absolute = 0;
      double sum = 0;
      FloatBuffer labels = data.labels();
      for (int r = 0; r < rows; r++) {
        double truth = labels.get(r * width + c);
        double difference = (outputs[r * width + c] - truth) * label.std();
        squared += difference * difference;
        absolute += Math.abs(difference);
        sum += truth;
      }
      double mean = sum / rows;
      double deviation = 0;
      for (int r = 0; r < rows; r++) {
        double difference = (labels.get(r * width + c) - mean) * label.std();
        deviation += difference * difference;
      }
      errors.add(
          new LabelError(
              label.name(),
              Math.sqrt(squared / rows),
              absolute / rows,
              deviation > 0 ? 1 - squared / deviation : null));
    }
    List<HorizonError> horizons =
        data instanceof Rollouts rollouts ? horizons(schema, rollouts, outputs) : null;
    return new Metrics(rows, errors, null, null, null, horizons);
  }

  private static List<HorizonError> horizons(Schema schema, Rollouts rows, float[] outputs) {
    int width = schema.labels().size();
    double longest = 0;
    for (int r = 0; r < rows.rows(); r++) {
      longest = Math.max(longest, rows.elapsed(r));
    }
    long[] counts = new long[HORIZONS];
    double[][] squares = new double[HORIZONS][width];
    FloatBuffer labels = rows.labels();
    for (int r = 0; r < rows.rows(); r++) {
      int bin = (int) Math.ceil(rows.elapsed(r) / longest * HORIZONS) - 1;
      bin = Math.max(0, Math.min(HORIZONS - 1, bin));
      counts[bin]++;
      for (int c = 0; c < width; c++) {
        double difference = (outputs[r * width + c] - labels.get(r * width + c)) * schema.labels().get(c).std();
        squares[bin][c] += difference * difference;
      }
    }
    List<HorizonError> errors = new ArrayList<>();
    for (int b = 0; b < HORIZONS; b++) {
      long count = counts[b];
      if (count > 0) {
        errors.add(
            new HorizonError(
                longest * (b + 1) / HORIZONS,
                count,
                Arrays.stream(squares[b]).mapToObj(s -> Math.sqrt(s / count)).toList()));
      }
    }
    return errors;
  }

  private static Metrics classification(Schema schema, EncodedData data, float[] outputs) {
    int rows = data.rows();
    int classes = schema.outputWidth();
    long right = 0;
    double entropy = 0;
    long[][] confusion = new long[classes][classes];
    FloatBuffer labels = data.labels();
    for (int r = 0; r < rows; r++) {
      int truth = (int) labels.get(r);
      double[] p = Softmax.of(outputs, r * classes, classes);
      int best = Softmax.mostProbable(p);
      right += best == truth ? 1 : 0;
      confusion[truth][best]++;
      entropy -= Math.log(Math.max(p[truth], Double.MIN_NORMAL));
    }
    List<List<Long>> matrix =
        Arrays.stream(confusion).map(row -> Arrays.stream(row).boxed().toList()).toList();
    return new Metrics(rows, List.of(), (double) right / rows, entropy / rows, matrix, null);
  }
}
