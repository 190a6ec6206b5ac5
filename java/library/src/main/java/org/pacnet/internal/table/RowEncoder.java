package org.pacnet.internal.table;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.config.Missing;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.data.Unseen;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.format.CalendarFeatures;

/** Writes row after row straight into the buffers of an {@link EncodedData}. */
final class RowEncoder {
  private static final int MOST_LISTED = 10;

  private final Data data;
  private final Schema schema;
  private final boolean withLabels;
  private final int width;
  private final int labelWidth;
  private final FloatBuffer features;
  private final FloatBuffer labels;
  private final List<Map<String, Integer>> categories = new ArrayList<>();
  private final Map<String, Integer> classes;
  private final BitSet dropped = new BitSet();
  private final double[] least; // by input, of what is encoded
  private final double[] most;
  private int tableRow;
  private int rows;

  /**
   * @param tableRows how many rows will come at most, at least 1
   */
  RowEncoder(Data data, Schema schema, long tableRows, boolean withLabels) {
    this.data = data;
    this.schema = schema;
    this.withLabels = withLabels;
    this.width = schema.inputWidth();
    this.labelWidth = !withLabels ? 0 : schema.classification() ? 1 : schema.outputWidth();
    this.features = floats(tableRows, width);
    this.labels = floats(tableRows, labelWidth);
    schema.inputs().forEach(input -> categories.add(indices(input.categories())));
    this.classes = indices(schema.classes());
    this.least = new double[schema.inputs().size()];
    this.most = new double[least.length];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    Arrays.fill(most, Double.NEGATIVE_INFINITY);
  }

  /** The names of the columns that are read. */
  static List<String> columns(Schema schema, boolean withLabels) {
    List<String> names = new ArrayList<>();
    schema.inputs().forEach(input -> names.add(input.name()));
    if (withLabels) {
      schema.labels().forEach(label -> names.add(label.name()));
    }
    return names;
  }

  /** How to read the inputs of a part and then, if wanted, the labels. */
  static List<Part.Request> requests(Part part, Schema schema, boolean withLabels) {
    Source.checkHas(part, columns(schema, withLabels), "the source data had");
    List<Part.Request> requests = new ArrayList<>();
    for (Schema.Input input : schema.inputs()) {
      requests.add(Source.request(part, input.name(), input.kind().isText()));
    }
    if (withLabels) {
      for (Schema.Label label : schema.labels()) {
        requests.add(Source.request(part, label.name(), schema.classification()));
      }
    }
    return requests;
  }

  void encode(Source source, Part part) {
    try (Cursor cursor = source.open(part, requests(part, schema, withLabels))) {
      while (cursor.nextBlock()) {
        if (!cursor.block().isPlain() || !putWhole(cursor.block())) {
          putRows(part, cursor);
        }
      }
    }
  }

  private void putRows(Part part, Cursor cursor) {
    while (cursor.next()) {
      if (cursor.isDropped(schema.missing(), schema.inputs().size())) {
        dropped.set(tableRow);
      } else {
        putInputs(part, cursor);
        putLabels(part, cursor);
        rows++;
      }
      tableRow++;
    }
  }

  // Column by column; false if that is not all there is to it, and then nothing counts as written.
  private boolean putWhole(Block block) {
    int inputs = schema.inputs().size();
    if (inputs != width || (schema.classification() && withLabels)) {
      return false;
    }
    boolean sound = true;
    for (int i = 0; i < inputs; i++) {
      Schema.Input input = schema.inputs().get(i);
      if (input.kind().isText()) {
        return false;
      }
      sound &=
          put(features, rows * width + i, width, block, i, input.mean(), input.std());
    }
    for (int j = 0; j < labelWidth; j++) {
      Schema.Label label = schema.labels().get(j);
      sound &=
          put(labels, rows * labelWidth + j, labelWidth, block, inputs + j, label.mean(), label.std());
    }
    if (sound) {
      rows += block.size;
      tableRow += block.size;
      for (int i = 0; i < inputs; i++) {
        saw(i, block.numbers[i]);
      }
    }
    return sound;
  }

  private void saw(int input, double value) {
    least[input] = Math.min(least[input], value);
    most[input] = Math.max(most[input], value);
  }

  private void saw(int input, double[] values) {
    double low = least[input];
    double high = most[input];
    for (double value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    least[input] = low;
    most[input] = high;
  }

  private List<Unseen> unseen() {
    List<Unseen> found = new ArrayList<>();
    for (int i = 0; i < least.length; i++) {
      Schema.Input input = schema.inputs().get(i);
      Unseen unseen = Moments.unseen(input.name(), input.range(), least[i], most[i]);
      if (unseen != null) {
        found.add(unseen);
      }
    }
    return found;
  }

  private static boolean put(
      FloatBuffer to, int at, int stride, Block block, int cell, double mean, double std) {
    double[] values = block.numbers[cell];
    int next = at;
    boolean sound = true;
    for (int r = 0; r < block.size; r++) {
      float scaled = (float) ((values[r] - mean) / std);
      sound &= Math.abs(scaled) <= Float.MAX_VALUE && Math.abs(values[r]) <= Float.MAX_VALUE;
      to.put(next, scaled);
      next += stride;
    }
    return sound;
  }

  EncodedTable finish(Source source) {
    if (rows == 0) {
      throw Problems.allDropped(data, source.rows());
    }
    return new EncodedTable(
        rows,
        features.slice(0, rows * width),
        labels.slice(0, rows * labelWidth),
        dropped,
        source.provenance(rows, dropped.cardinality(), unseen()));
  }

  private void putInputs(Part part, Cursor cursor) {
    int at = rows * width;
    for (int i = 0; i < schema.inputs().size(); i++) {
      Schema.Input input = schema.inputs().get(i);
      if (input.kind() == ColumnKind.CATEGORICAL) {
        // The buffer starts out as zeros, so that the one is all there is to write.
        features.put(at + category(part, cursor, i), 1f);
      } else if (input.kind().isDate()) {
        putDate(part, cursor, i, at);
      } else {
        features.put(at, number(part, cursor, i));
      }
      at += input.width();
    }
  }

  private void putDate(Part part, Cursor cursor, int i, int at) {
    Schema.Input input = schema.inputs().get(i);
    double moment = moment(part, cursor.row(), input.name(), inputText(part, cursor, i));
    saw(i, CalendarFeatures.year(moment));
    double[] found = new double[CalendarFeatures.OF_MOMENT];
    CalendarFeatures.put(moment, input.mean(), input.std(), found);
    for (int f = 0; f < input.width(); f++) {
      features.put(at + f, (float) found[f]);
    }
  }

  /** The moment that a text of a date column means. */
  static double moment(Part part, long row, String column, String text) {
    double moment = CalendarFeatures.moment(text);
    if (Double.isNaN(moment)) {
      throw Problems.noDate(part, row, column, text);
    }
    return moment;
  }

  // Of a column that was asked for as text.
  private String inputText(Part part, Cursor cursor, int i) {
    Schema.Input input = schema.inputs().get(i);
    if (cursor.isMissing(i)) {
      throw schema.missing() == Missing.MEAN
          ? Problems.missingCategory(part, cursor.row(), input.name())
          : Problems.missingInput(part, cursor.row(), input.name());
    }
    return requireText(part, cursor, input.name(), i);
  }

  private int category(Part part, Cursor cursor, int i) {
    Schema.Input input = schema.inputs().get(i);
    String text = inputText(part, cursor, i);
    Integer index = categories.get(i).get(text);
    if (index == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: the source data had no category %s, only %s; fix the value or leave the row out",
              part.at(cursor.row(), input.name()),
              Messages.value(text),
              Messages.list(input.categories(), MOST_LISTED)));
    }
    return index;
  }

  private float number(Part part, Cursor cursor, int i) {
    Schema.Input input = schema.inputs().get(i);
    String text = cursor.text(i);
    if (text != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %s is not a number, but the column was numeric in the source data; fix it",
              part.at(cursor.row(), input.name()),
              Messages.value(text)));
    }
    double value = cursor.number(i);
    if (cursor.isMissing(i)) {
      if (schema.missing() != Missing.MEAN) {
        throw Problems.missingInput(part, cursor.row(), input.name());
      }
      value = input.fill();
    }
    saw(i, value);
    return scaled(part, cursor, input.name(), value, input.mean(), input.std());
  }

  private void putLabels(Part part, Cursor cursor) {
    for (int j = 0; j < labelWidth; j++) {
      Schema.Label label = schema.labels().get(j);
      int cell = schema.inputs().size() + j;
      labels.put(
          rows * labelWidth + j,
          schema.classification()
              ? classIndex(part, cursor, label.name(), cell)
              : labelNumber(part, cursor, label, cell));
    }
  }

  private static float labelNumber(Part part, Cursor cursor, Schema.Label label, int cell) {
    if (cursor.isMissing(cell)) {
      throw Problems.missingLabel(part, cursor.row(), label.name());
    }
    String text = cursor.text(cell);
    if (text != null) {
      throw Problems.labelNotNumber(part, cursor.row(), label.name(), text);
    }
    return scaled(part, cursor, label.name(), cursor.number(cell), label.mean(), label.std());
  }

  /** The class in a cell that was asked for as text. */
  static String className(Part part, Cursor cursor, String label, int cell) {
    if (cursor.isMissing(cell)) {
      throw Problems.missingLabel(part, cursor.row(), label);
    }
    return requireText(part, cursor, label, cell);
  }

  private static String requireText(Part part, Cursor cursor, String column, int cell) {
    String text = cursor.text(cell);
    if (text == null) {
      Problems.checkNumber(part, cursor.row(), column, cursor.number(cell));
      throw new IllegalStateException("a finite number was not given as text");
    }
    return text;
  }

  private float classIndex(Part part, Cursor cursor, String label, int cell) {
    String text = className(part, cursor, label, cell);
    Integer index = classes.get(text);
    if (index == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: the model has no class %s, only %s; fix the value or leave the row out",
              part.at(cursor.row(), label),
              Messages.value(text),
              Messages.list(schema.classes(), MOST_LISTED)));
    }
    return index;
  }

  private static float scaled(
      Part part, Cursor cursor, String column, double value, double mean, double std) {
    Problems.checkNumber(part, cursor.row(), column, value);
    float result = (float) ((value - mean) / std);
    // A value far from all that the source had can be too large once it is divided by a small std.
    if (Float.isInfinite(result)) {
      throw new DataException(Problems.tooLarge(part, cursor.row(), column, value));
    }
    return result;
  }

  private FloatBuffer floats(long rows, long width) {
    long bytes = rows * width * Float.BYTES;
    if (bytes > Integer.MAX_VALUE) {
      Schema.Input widest =
          schema.inputs().stream().max(Comparator.comparingInt(Schema.Input::width)).orElseThrow();
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %d rows of %d features are more than the 2 GiB that fit; use fewer rows or "
                  + "columns (column %s alone has %d features)",
              data.name(),
              rows,
              width,
              Messages.name(widest.name()),
              widest.width()));
    }
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static Map<String, Integer> indices(List<String> names) {
    Map<String, Integer> indices = new HashMap<>();
    names.forEach(name -> indices.put(name, indices.size()));
    return indices;
  }
}
