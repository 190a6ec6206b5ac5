package org.pacnet;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.image.ImageRows;
import org.pacnet.internal.learn.Finite;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Rollouts;
import org.pacnet.result.Metrics;

/** What a model says of labelled rows, row by row beside what is true; {@link #metrics} sums it up. */
public final class Evaluation {

  private final Schema schema;
  private final EncodedData data;
  private final float[] outputs;
  private final Metrics metrics;

  /**
   * A trajectory as it was, and as it is predicted from its first state on.
   *
   * @param id what the table calls it
   * @param times increasing, in the table's unit
   * @param truth [labels, times], in the labels' units
   * @param predicted likewise; the first state is the true one
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Trajectory(String id, double[] times, double[][] truth, double[][] predicted) {}

  /** {@code outputs}: the network's raw outputs for these rows. */
  Evaluation(Schema schema, EncodedData data, float[] outputs) {
    Finite.check(data, outputs);
    this.schema = schema;
    this.data = data;
    this.outputs = outputs;
    metrics = Measure.of(schema, data, outputs);
  }

  /** Which data they are. */
  public Provenance data() {
    return data.provenance();
  }

  /** How far the model is off, all rows together. */
  public Metrics metrics() {
    return metrics;
  }

  /** Rows that were predicted: those of the table but for the dropped; of trajectories all but first states. */
  public int rows() {
    return data.rows();
  }

  /** Which row of the table that one is, from 1; of images their order. */
  public int tableRow(int row) {
    BitSet dropped = data.dropped();
    int at = -1;
    for (int i = 0; i <= row; i++) {
      at = dropped.nextClearBit(at + 1);
    }
    return at + 1;
  }

  /** The classes in the order of their indices; empty for a regression. */
  public List<String> classes() {
    return schema.classes();
  }

  /** The label columns. */
  public List<String> labels() {
    return schema.labels().stream().map(Schema.Label::name).toList();
  }

  /** The true values of a label of a regression, one a row, in its unit. */
  public double[] truth(int label) {
    FloatBuffer labels = data.labels();
    return numbers(label, labels::get);
  }

  /** The predicted values of a label of a regression, one a row, in its unit. */
  public double[] predicted(int label) {
    return numbers(label, i -> outputs[i]);
  }

  private interface At {
    float get(int index);
  }

  private double[] numbers(int label, At standardised) {
    Schema.Label of = schema.labels().get(label);
    double[] values = new double[rows()];
    for (int r = 0; r < values.length; r++) {
      values[r] = of.mean() + of.std() * standardised.get(r * schema.labels().size() + label);
    }
    return values;
  }

  /** The index of each row's true class. */
  public int[] trueClasses() {
    FloatBuffer labels = data.labels();
    int[] result = new int[rows()];
    for (int r = 0; r < result.length; r++) {
      result[r] = (int) labels.get(r);
    }
    return result;
  }

  /** The probability of each class, [rows, classes]. */
  public double[][] probabilities() {
    int width = schema.classes().size();
    double[][] result = new double[rows()][];
    for (int r = 0; r < result.length; r++) {
      result[r] = Softmax.of(outputs, r * width, width);
    }
    return result;
  }

  /** The values of a numeric input column of a table, one a row, in its unit. */
  public double[] input(String column) {
    int at = 0;
    for (Schema.Input input : schema.inputs()) {
      if (input.name().equals(column) && input.kind() == ColumnKind.NUMERIC) {
        FloatBuffer features = Objects.requireNonNull(data.features());
        double[] values = new double[rows()];
        for (int r = 0; r < values.length; r++) {
          values[r] = input.mean() + input.std() * features.get(r * schema.inputWidth() + at);
        }
        return values;
      }
      at += input.width();
    }
    throw new DataException("the model has no input column of numbers " + column);
  }

  /** Whether rows are states along trajectories. */
  public boolean alongTrajectories() {
    return data instanceof Rollouts;
  }

  /** The trajectories, where rows are states along them; otherwise none. */
  public List<Trajectory> trajectories() {
    List<Trajectory> result = new ArrayList<>();
    if (data instanceof Rollouts rollouts) {
      int states = schema.labels().size();
      FloatBuffer labels = data.labels();
      for (Rollouts.Course course : rollouts.courses()) {
        int times = course.times().length;
        double[][] truth = new double[states][times];
        double[][] predicted = new double[states][times];
        for (int s = 0; s < states; s++) {
          Schema.Label of = schema.labels().get(s);
          for (int k = 0; k < times; k++) {
            int row = course.rows()[k];
            int at = row * states + s;
            truth[s][k] = of.mean() + of.std() * (row < 0 ? course.first()[s] : labels.get(at));
            predicted[s][k] = of.mean() + of.std() * (row < 0 ? course.first()[s] : outputs[at]);
          }
        }
        result.add(new Trajectory(course.id(), course.times().clone(), truth, predicted));
      }
    }
    return result;
  }

  /** An image as the network sees it, as a PNG file of at most so many pixels a side; null where rows are no images. */
  public byte @Nullable [] picture(int row, int most) {
    return data instanceof ImageRows images ? images.png(row, most) : null;
  }

  /** The path of an image; null where rows are no images. */
  public @Nullable String path(int row) {
    return data instanceof ImageRows images ? images.name(row) : null;
  }
}
