package org.pacnet.predict;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.numbers.gamma.Erf;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Activation;
import org.pacnet.config.Missing;
import org.pacnet.config.Perceptron;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.GaussianMeans;
import org.pacnet.internal.format.CalendarFeatures;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.format.TensorInfo;

/**
 * Predicts single rows of a table in microseconds, for programs that answer one question at a time: immutable, from any
 * thread, by plain Java over the weights and what stands behind them, so that nothing native is made, called or to be closed. What it says is what {@code
 * Model.predict} says, to rounding. {@link #predict(double[], double[])} makes no objects but, once a thread, room to work in, where a target is perceptrons alone.
 *
 * <p>A row is a number for each of {@link #inputs()}: of a numeric column its value in the unit of the source data, NaN where
 * it is missing; of a categorical one {@link #category}, of a date {@link #date}.
 */
public final class RowPredictor {

  private static final double MOST_SECONDS = 1e12; // some thirty thousand years

  private final Schema schema;
  // Features that are the source's too, the first ones.
  private final int commonWidth;
  private final Activation activation;
  // Arrays: to go over a list makes an object.
  private final Layer[][] networks;
  // What stands behind the base's outputs; null for nothing.
  private final @Nullable Correction correction;
  private final Layer[] base;
  private final Correction.Processes processes = new GaussianMeans();
  private final ThreadLocal<Room> rooms;

  /** Turned over, [in, out]: a loop over what comes out is one that the JVM makes vectors of. */
  private record Layer(int in, int out, float[] weights, float[] bias) {}

  private static final class Room {
    private final float[] features;
    private final float[] one;
    private final float[] other;
    private final double[] probabilities;
    private final double[] calendar = new double[CalendarFeatures.OF_MOMENT];

    Room(int inputs, int widest, int outputs) {
      features = new float[inputs];
      one = new float[widest];
      other = new float[widest];
      probabilities = new double[outputs];
    }
  }

  /**
   * For pacnet's own use: others ask {@link SavedModel}, or {@code Model.rowPredictor}.
   *
   * @param common how many of the schema's inputs are the source's, the first ones
   * @param weights of one network, or of several whose mean counts; none where only what stands behind the base does
   * @param base the source's weights
   * @param correction what stands behind the base's outputs, or in their place; null for nothing
   */
  public RowPredictor(
      Schema schema,
      int common,
      Perceptron perceptron,
      List<TensorInfo> tensors,
      List<float[]> weights,
      float[] base,
      @Nullable Correction correction) {
    this.schema = schema;
    commonWidth = schema.withFirstInputs(common).inputWidth();
    activation = perceptron.activation();
    this.correction = correction;
    // A target with classes of its own has other tensors than its base, and nothing behind them.
    this.base = correction == null ? new Layer[0] : layers(tensors, base);
    List<float[]> all = weights.isEmpty() && correction == null ? List.of(base) : weights;
    networks = all.stream().map(dense -> layers(tensors, dense)).toArray(Layer[][]::new);
    int widest = Stream.concat(perceptron.hidden().stream(), Stream.of(schema.outputWidth())).max(Integer::compare).orElseThrow();
    rooms = ThreadLocal.withInitial(() -> new Room(schema.inputWidth(), widest, schema.outputWidth()));
  }

  private static Layer[] layers(List<TensorInfo> tensors, float[] dense) {
    List<Layer> layers = new ArrayList<>();
    for (int t = 0; t < tensors.size(); t += 2) {
      TensorInfo weight = tensors.get(t);
      TensorInfo bias = tensors.get(t + 1);
      int out = bias.size();
      int in = weight.size() / out;
      float[] turned = new float[weight.size()];
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          turned[i * out + o] = dense[weight.offset() + o * in + i];
        }
      }
      layers.add(
          new Layer(in, out, turned, Arrays.copyOfRange(dense, bias.offset(), bias.offset() + out)));
    }
    return layers.toArray(Layer[]::new);
  }

  /** The columns of a row, in order. */
  public List<String> inputs() {
    return schema.inputs().stream().map(Schema.Input::name).toList();
  }

  /** How many numbers come out: one a label, in the order of {@link Schema#labels()}, or one a class. */
  public int outputs() {
    return schema.outputWidth();
  }

  /**
   * What stands for a category in a row.
   *
   * @param input index of the column in {@link #inputs()}
   * @throws DataException if the column is not categorical, or the source data had no such category
   */
  public int category(int input, String category) {
    Schema.Input column = schema.inputs().get(input);
    int index = column.categories().indexOf(category);
    if (index < 0) {
      throw new DataException(
          column.kind() == ColumnKind.CATEGORICAL
              ? String.format(
                  Locale.ROOT,
                  "column %s has no category '%s'; it has %s",
                  column.name(),
                  category,
                  column.categories())
              : String.format(
                  Locale.ROOT, "column %s holds numbers, not categories", column.name()));
    }
    return index;
  }

  /**
   * What stands for a date, or a moment, in a row: the seconds since the beginning of 1970.
   *
   * @param input index of the column in {@link #inputs()}
   * @param date such as 2026-03-04, 2026-03-04 12:30 or 2026-03-04T12:30:00+02:00
   * @throws DataException if the column holds none, or the text is none
   */
  public double date(int input, String date) {
    Schema.Input column = schema.inputs().get(input);
    if (!column.kind().isDate()) {
      throw new DataException(String.format(Locale.ROOT, "column %s holds no dates", column.name()));
    }
    double moment = CalendarFeatures.moment(date);
    if (Double.isNaN(moment)) {
      throw new DataException(
          String.format(
              Locale.ROOT, "column %s: '%s' is no date; write 2026-03-04 or 2026-03-04 12:30", column.name(), date));
    }
    return moment;
  }

  /** {@link #predict(double[], double[])} into an array of its own. */
  public double[] predict(double... row) {
    double[] out = new double[outputs()];
    predict(row, out);
    return out;
  }

  /**
   * Predicts a row.
   *
   * @param row a number for each input column
   * @param out [outputs]: of a regression the labels in their own units, of a classification the probabilities of the
   *     classes in their order
   * @throws DataException if a value is missing and the model was not made to fill it in, is no category's number, or is too
   *     large, or if what comes out is no finite number
   */
  public void predict(double[] row, double[] out) {
    if (row.length != schema.inputs().size() || out.length != outputs()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "a row has %d numbers and its prediction %d, not %d and %d",
              schema.inputs().size(),
              outputs(),
              row.length,
              out.length));
    }
    Room room = rooms.get();
    Arrays.fill(out, 0);
    encode(row, room);
    int said = 1;
    if (correction == null) {
      said = networks.length;
      for (Layer[] layers : networks) {
        add(run(layers, room), room, out);
      }
    } else {
      add(corrected(correction, room), room, out);
    }
    for (int c = 0; c < out.length; c++) {
      out[c] /= said;
      if (!schema.classification()) {
        Schema.Label label = schema.labels().get(c);
        out[c] = label.mean() + label.std() * out[c];
      }
    }
    for (double value : out) {
      if (!Double.isFinite(value)) {
        throw new DataException(
            "the model's prediction is no finite number; the row's values are too far from all that the source had");
      }
    }
  }

  private float[] corrected(Correction by, Room room) {
    int width = schema.outputWidth();
    Correction.Rows one =
        new Correction.Rows(
            FloatBuffer.wrap(room.features), 1, schema.inputWidth(), commonWidth, Arrays.copyOf(run(base, room), width), width);
    Correction.Networks said = null;
    if (networks.length > 0) {
      List<float[]> each = new ArrayList<>();
      float[] mean = new float[width];
      for (Layer[] layers : networks) {
        float[] outputs = Arrays.copyOf(run(layers, room), width);
        each.add(outputs);
        for (int c = 0; c < width; c++) {
          mean[c] += outputs[c] / networks.length;
        }
      }
      said = new Correction.Networks(each, new Correction.Corrected(mean, null));
    }
    return by.apply(one, said, processes).outputs();
  }

  private void encode(double[] row, Room room) {
    float[] features = room.features;
    int at = 0;
    for (int i = 0; i < row.length; i++) {
      Schema.Input input = schema.inputs().get(i);
      double value = row[i];
      if (Double.isNaN(value)) {
        value = missing(input);
      }
      if (input.kind() == ColumnKind.NUMERIC) {
        float scaled = (float) ((value - input.mean()) / input.std());
        if (!(Math.abs(value) <= Float.MAX_VALUE) || Float.isInfinite(scaled)) {
          throw new DataException(
              String.format(
                  Locale.ROOT, "column %s: %s is too large for a 32-bit float; use a larger unit", input.name(), value));
        }
        features[at++] = scaled;
        continue;
      }
      if (input.kind().isDate()) {
        if (!(Math.abs(value) < MOST_SECONDS)) {
          throw new DataException(String.format(Locale.ROOT, "column %s: %s seconds are no date", input.name(), value));
        }
        CalendarFeatures.put(value, input.mean(), input.std(), room.calendar);
        for (int f = 0; f < input.width(); f++) {
          features[at++] = (float) room.calendar[f];
        }
        continue;
      }
      int categories = input.categories().size();
      if (!(value >= 0 && value < categories && value == Math.rint(value))) {
        throw new DataException(
            String.format(
                Locale.ROOT, "column %s: %s is no category's number", input.name(), value));
      }
      Arrays.fill(features, at, at + categories, 0);
      features[at + (int) value] = 1;
      at += categories;
    }
  }

  private double missing(Schema.Input input) {
    if (schema.missing() != Missing.MEAN || input.kind() != ColumnKind.NUMERIC) {
      throw new DataException(String.format(Locale.ROOT, "column %s has no value", input.name()));
    }
    return input.fill();
  }

  private float[] run(Layer[] layers, Room room) {
    float[] from = room.features;
    float[] to = room.one;
    for (int l = 0; l < layers.length; l++) {
      Layer layer = layers[l];
      multiply(layer, from, to);
      if (l + 1 < layers.length) {
        activate(to, layer.out);
      }
      from = to;
      to = from == room.one ? room.other : room.one;
    }
    return from;
  }

  private static void multiply(Layer layer, float[] from, float[] to) {
    int out = layer.out;
    float[] weights = layer.weights;
    System.arraycopy(layer.bias, 0, to, 0, out);
    for (int i = 0; i < layer.in; i++) {
      float x = from[i];
      int row = i * out;
      for (int o = 0; o < out; o++) {
        to[o] += x * weights[row + o];
      }
    }
  }

  private void activate(float[] a, int count) {
    for (int i = 0; i < count; i++) {
      double z = a[i];
      a[i] =
          (float)
              switch (activation) {
                case RELU -> Math.max(0, z);
                case TANH -> Math.tanh(z);
                case SIGMOID -> 1 / (1 + Math.exp(-z));
                case GELU -> z * 0.5 * (1 + Erf.value(z / Math.sqrt(2)));
                case SILU -> z / (1 + Math.exp(-z));
              };
    }
  }

  // Adds the outputs, or the probabilities that they mean.
  private void add(float[] said, Room room, double[] out) {
    if (!schema.classification()) {
      for (int c = 0; c < out.length; c++) {
        out[c] += said[c];
      }
      return;
    }
    Softmax.into(said, 0, out.length, room.probabilities);
    for (int c = 0; c < out.length; c++) {
      out[c] += room.probabilities[c];
    }
  }
}
