package org.pacnet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Data;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.image.ImageRows;
import org.pacnet.internal.learn.Finite;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Encoder;
import org.pacnet.internal.table.PredictionColumn;
import org.pacnet.internal.table.PredictionWriter;

/**
 * What a model says of the rows of a table: a value for each row that is not dropped, in the
 * table's order.
 */
public final class Predictions {

  private final int rows;
  private final BitSet dropped;
  private final Schema schema;
  private final Provenance data;
  // What stands beside them where that is not the table that was predicted.
  private @Nullable Data listed;
  private final String @Nullable [] classes;
  private final Map<String, double[]> numbers = new LinkedHashMap<>();

  /**
   * {@code outputs}: the network's raw outputs; {@code spread}: their standard deviations, of a
   * classification its probabilities'; null where there are none.
   */
  Predictions(Schema schema, EncodedData data, float[] outputs, float @Nullable [] spread) {
    Finite.check(data, outputs);
    rows = data.rows();
    dropped = data.dropped();
    this.schema = schema;
    this.data = data.provenance();
    if (data instanceof ImageRows images) {
      // Images have no columns to stand beside: their paths do.
      listed = Data.columns(Map.of("path", images.names().toArray(String[]::new)));
    }
    int width = schema.classification() ? schema.classes().size() : schema.labels().size();
    if (schema.classification()) {
      String[] predicted = new String[rows];
      double[][] probabilities = new double[width][rows];
      for (int r = 0; r < rows; r++) {
        double[] p = Softmax.of(outputs, r * width, width);
        for (int c = 0; c < width; c++) {
          probabilities[c][r] = p[c];
        }
        predicted[r] = schema.classes().get(Softmax.mostProbable(p));
      }
      classes = predicted;
      // Column names don't tell case; classes do.
      Set<String> taken = new HashSet<>();
      for (int c = 0; c < width; c++) {
        String column = "probability_" + schema.classes().get(c);
        for (int n = 2; !taken.add(column.toLowerCase(Locale.ROOT)); n++) {
          column = "probability_" + schema.classes().get(c) + " (" + n + ")";
        }
        numbers.put(column, probabilities[c]);
      }
      if (spread != null) {
        double[] values = new double[rows];
        for (int r = 0; r < rows; r++) {
          int best = schema.classes().indexOf(predicted[r]);
          values[r] = spread[r * width + best];
        }
        numbers.put("spread", values);
      }
    } else {
      classes = null;
      for (int c = 0; c < width; c++) {
        Schema.Label label = schema.labels().get(c);
        double[] values = new double[rows];
        for (int r = 0; r < rows; r++) {
          values[r] = label.mean() + label.std() * outputs[r * width + c];
        }
        numbers.put("prediction_" + label.name(), values);
      }
      for (int c = 0; spread != null && c < width; c++) {
        Schema.Label label = schema.labels().get(c);
        double[] values = new double[rows];
        for (int r = 0; r < rows; r++) {
          values[r] = label.std() * spread[r * width + c];
        }
        numbers.put("spread_" + label.name(), values);
      }
    }
  }

  /**
   * With columns {@code lower_LABEL} and {@code upper_LABEL}.
   *
   * @param widths of a row, how far they are from each label's prediction
   */
  Predictions within(IntFunction<double[]> widths) {
    int label = 0;
    for (String column : List.copyOf(numbers.keySet())) {
      if (column.startsWith("prediction_") && label < schema.labels().size()) {
        double[] lower = Objects.requireNonNull(numbers.get(column)).clone();
        double[] upper = lower.clone();
        for (int r = 0; r < rows; r++) {
          double width = widths.apply(r)[label];
          lower[r] -= width;
          upper[r] += width;
        }
        label++;
        String name = column.substring("prediction_".length());
        numbers.put("lower_" + name, lower);
        numbers.put("upper_" + name, upper);
      }
    }
    return this;
  }

  Predictions beside(Data table) {
    listed = table;
    return this;
  }

  /** Number of predicted rows. */
  public int rows() {
    return rows;
  }

  /**
   * The rows of the table without a prediction, from 0: those with a missing input, where the model
   * was made to drop them.
   */
  public BitSet dropped() {
    return (BitSet) dropped.clone();
  }

  /** Which table was predicted, and where it goes beyond what the source had. */
  public Provenance data() {
    return data;
  }

  /**
   * The columns: {@code prediction_LABEL} for each label of a regression; {@code prediction} and
   * {@code probability_CLASS} for each class of a classification, with {@code (2)} behind it where a
   * class before differs only in case. Of an ensemble or a Gaussian process also {@code spread_LABEL},
   * the standard deviation of what is predicted, or {@code spread}, that of the predicted class's
   * probability.
   */
  public List<String> columns() {
    List<String> names = new ArrayList<>(numbers.keySet());
    if (classes != null) {
      names.add(0, "prediction");
    }
    return names;
  }

  /** A column of numbers, one a row: in the label's own unit, or probabilities in [0, 1]. */
  public double[] numbers(String column) {
    double[] values = numbers.get(column);
    if (values == null) {
      throw new IllegalArgumentException(
          "there is no column of numbers " + column + ", only " + numbers.keySet());
    }
    return values.clone();
  }

  /** The most probable class of each row; for a classification only. */
  public String[] classes() {
    if (classes == null) {
      throw new IllegalArgumentException("a regression predicts no classes");
    }
    return classes.clone();
  }

  /** Throws what {@link #write} would throw for that place: better found out before the predicting. */
  public static void checkWritable(Data table, Path file) {
    PredictionWriter.check(table, file);
  }

  /**
   * Writes the table's columns, the images' paths, or of trajectories followed up to a horizon
   * identity, time and first state, with the predictions behind them, as CSV or Parquet by the file's
   * extension; whole, or not at all.
   *
   * @param table the one that was predicted
   * @throws org.pacnet.error.DataException also if it has changed since: predictions would stand beside
   *     other rows than their own
   */
  public void write(Data table, Path file) {
    List<PredictionColumn> added = new ArrayList<>();
    if (classes != null) {
      added.add(PredictionColumn.texts("prediction", classes));
    }
    numbers.forEach((name, values) -> added.add(PredictionColumn.numbers(name, values)));
    if (listed == null) {
      Encoder.checkUnchanged(table, schema, data);
    }
    PredictionWriter.write(
        listed != null ? listed : table, schema.missingWords(), dropped, added, file);
  }
}
