package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Schema;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Rollouts;
import org.pacnet.result.Metrics;

/** Compares what a model says of rows with their labels. */
public final class Measure {

  private static final int HORIZONS = 10;
  private static final double LEAST_PROBABILITY = 1e-12;

  private Measure() {}

  /** The same without the confusion matrix, which has too many numbers for a report, and the horizons. */
  public static Metrics brief(Schema schema, EncodedData data, float[] outputs) {
    Metrics whole = of(schema, data, outputs);
    return new Metrics(
        whole.rows(),
        whole.labels(),
        whole.accuracy(),
        whole.crossEntropy(),
        whole.balancedAccuracy(),
        whole.f1(),
        whole.auc(),
        null,
        null);
  }

  /**
   * How far a model is off.
   *
   * @param outputs the network's raw outputs for these rows
   */
  public static Metrics of(Schema schema, EncodedData data, float[] outputs) {
    return schema.classes().isEmpty()
        ? regression(schema, data, outputs)
        : classification(schema, data, outputs);
  }

  /** The loss of a row: of a regression the squared error in standardised units, the mean over labels; of a classification −log p. */
  public static double loss(Schema schema, EncodedData data, float[] outputs, int row) {
    int width = schema.outputWidth();
    FloatBuffer labels = data.labels();
    if (schema.classification()) {
      double p = Softmax.of(outputs, row * width, width)[(int) labels.get(row)];
      return -Math.log(Math.max(p, LEAST_PROBABILITY));
    }
    double sum = 0;
    for (int c = 0; c < width; c++) {
      double difference = outputs[row * width + c] - labels.get(row * width + c);
      sum += difference * difference / width;
    }
    return sum;
  }

  /** The same of all rows. */
  public static double[] losses(Schema schema, EncodedData data, float[] outputs) {
    return IntStream.range(0, data.rows()).mapToDouble(row -> loss(schema, data, outputs, row)).toArray();
  }

  private static Metrics regression(Schema schema, EncodedData data, float[] outputs) {
    int width = schema.labels().size();
    int rows = outputs.length / width; // of pieces of trajectories several a row
    List<Metrics.LabelError> errors = new ArrayList<>();
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
          new Metrics.LabelError(
              label.name(),
              Math.sqrt(squared / rows),
              absolute / rows,
              deviation > 0 ? 1 - squared / deviation : null));
    }
    List<Metrics.HorizonError> horizons =
        data instanceof Rollouts rollouts ? horizons(schema, rollouts, outputs) : null;
    return new Metrics(rows, errors, null, null, null, null, null, null, horizons);
  }

  private static List<Metrics.HorizonError> horizons(Schema schema, Rollouts rows, float[] outputs) {
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
    List<Metrics.HorizonError> errors = new ArrayList<>();
    for (int b = 0; b < HORIZONS; b++) {
      long count = counts[b];
      if (count > 0) {
        errors.add(
            new Metrics.HorizonError(
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
    double[][] said = new double[classes][rows];
    int[] truths = new int[rows];
    FloatBuffer labels = data.labels();
    for (int r = 0; r < rows; r++) {
      int truth = (int) labels.get(r);
      double[] p = Softmax.of(outputs, r * classes, classes);
      int best = Softmax.mostProbable(p);
      right += best == truth ? 1 : 0;
      truths[r] = truth;
      for (int c = 0; c < classes; c++) {
        said[c][r] = p[c];
      }
      confusion[truth][best]++;
      entropy -= Math.log(Math.max(p[truth], Double.MIN_NORMAL));
    }
    List<List<Long>> matrix =
        Arrays.stream(confusion).map(row -> Arrays.stream(row).boxed().toList()).toList();
    return new Metrics(
        rows,
        List.of(),
        (double) right / rows,
        entropy / rows,
        balancedAccuracy(confusion),
        f1(confusion),
        auc(said, truths),
        matrix,
        null);
  }

  private static double balancedAccuracy(long[][] confusion) {
    double sum = 0;
    int occur = 0;
    for (int c = 0; c < confusion.length; c++) {
      long rows = Arrays.stream(confusion[c]).sum();
      if (rows > 0) {
        sum += (double) confusion[c][c] / rows;
        occur++;
      }
    }
    return sum / occur;
  }

  private static double f1(long[][] confusion) {
    double sum = 0;
    int occur = 0;
    for (int c = 0; c < confusion.length; c++) {
      long rows = Arrays.stream(confusion[c]).sum();
      long taken = 0;
      for (long[] row : confusion) {
        taken += row[c];
      }
      if (rows + taken > 0) {
        sum += 2.0 * confusion[c][c] / (rows + taken);
        occur++;
      }
    }
    return sum / occur;
  }

  private static @Nullable Double auc(double[][] said, int[] truths) {
    double sum = 0;
    int counted = 0;
    for (int c = said.length == 2 ? 1 : 0; c < said.length; c++) {
      double area = auc(said[c], truths, c);
      if (!Double.isNaN(area)) {
        sum += area;
        counted++;
      }
    }
    return counted == 0 ? null : sum / counted;
  }

  // How many of the others each of the class's rows is said to be likelier than (Mann and Whitney), of which equal ones count half.
  private static double auc(double[] said, int[] truths, int of) {
    double[] own = IntStream.range(0, said.length).filter(r -> truths[r] == of).mapToDouble(r -> said[r]).sorted().toArray();
    double[] others = IntStream.range(0, said.length).filter(r -> truths[r] != of).mapToDouble(r -> said[r]).sorted().toArray();
    double won = 0;
    int below = 0;
    int equal = 0;
    for (double p : own) {
      while (below < others.length && others[below] < p) {
        below++;
      }
      equal = Math.max(equal, below);
      while (equal < others.length && others[equal] == p) {
        equal++;
      }
      won += (below + equal) / 2.0;
    }
    return won / own.length / others.length;
  }
}
