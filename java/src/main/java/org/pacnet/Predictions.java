package org.pacnet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.pacnet.data.Data;
import org.pacnet.data.EncodedData;
import org.pacnet.data.PredictionColumn;
import org.pacnet.data.PredictionWriter;
import org.pacnet.data.Schema;

/**
 * What a model says of the rows of a table.
 *
 * @param columns for a regression {@code prediction_LABEL}, numbers in the label's own unit; for a
 *     classification {@code prediction}, the most probable class, and {@code probability_CLASS} for
 *     each. One value a row that is not dropped.
 * @param dropped rows of the table without a prediction, from 0: those with a missing input, where
 *     the model was made to drop them
 */
public record Predictions(List<PredictionColumn> columns, BitSet dropped) {

  /** {@code outputs}: the network's raw outputs. */
  static Predictions of(Schema schema, EncodedData rows, float[] outputs) {
    return new Predictions(
        schema.classification()
            ? classes(schema, rows.rows(), outputs)
            : numbers(schema, rows.rows(), outputs),
        rows.dropped());
  }

  private static List<PredictionColumn> numbers(Schema schema, int rows, float[] outputs) {
    int width = schema.outputWidth();
    List<PredictionColumn> columns = new ArrayList<>();
    for (int c = 0; c < width; c++) {
      Schema.Label label = schema.labels().get(c);
      double[] values = new double[rows];
      for (int r = 0; r < rows; r++) {
        values[r] = label.mean() + label.std() * outputs[r * width + c];
      }
      columns.add(PredictionColumn.numbers("prediction_" + label.name(), values));
    }
    return columns;
  }

  private static List<PredictionColumn> classes(Schema schema, int rows, float[] outputs) {
    int width = schema.outputWidth();
    String[] predicted = new String[rows];
    double[][] probabilities = new double[width][rows];
    for (int r = 0; r < rows; r++) {
      double[] p = Metrics.softmax(outputs, r * width, width);
      int best = 0;
      for (int c = 0; c < width; c++) {
        probabilities[c][r] = p[c];
        best = p[c] > p[best] ? c : best;
      }
      predicted[r] = schema.classes().get(best);
    }
    List<PredictionColumn> columns = new ArrayList<>();
    columns.add(PredictionColumn.texts("prediction", predicted));
    for (int c = 0; c < width; c++) {
      columns.add(
          PredictionColumn.numbers("probability_" + schema.classes().get(c), probabilities[c]));
    }
    return columns;
  }

  /** The numbers of a column. */
  public double[] numbers(String column) {
    for (PredictionColumn candidate : columns) {
      if (candidate.name().equals(column)
          && candidate instanceof PredictionColumn.Numbers numbers) {
        return numbers.values().clone();
      }
    }
    throw new IllegalArgumentException("there is no column of numbers named " + column);
  }

  /** The most probable class of each row; for a classification only. */
  public String[] classes() {
    if (columns.get(0) instanceof PredictionColumn.Texts texts) {
      return texts.values().clone();
    }
    throw new IllegalArgumentException("a regression predicts no classes");
  }

  /**
   * Writes the input's columns with the predictions behind them, as CSV or Parquet by the file's
   * extension; whole, or not at all.
   *
   * @param input the table that was predicted
   */
  public void write(Data input, Path file) {
    PredictionWriter.write(input, dropped, columns, file);
  }
}
