package org.pacnet.spark;

import java.io.Serial;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.pacnet.Model;
import org.pacnet.Predictions;
import org.pacnet.data.Data;

/**
 * Predicts each row by the target that its group names: adds {@code prediction_LABEL}, or {@code prediction} and {@code
 * probability_CLASS}; null where a row has a missing input and the model was made to drop those. A row whose group the model has
 * no target for is an error.
 */
public final class PacNetModel extends org.apache.spark.ml.Model<PacNetModel> {

  @Serial private static final long serialVersionUID = 1;

  private static final int AT_ONCE = 4096;

  private final String uid;
  private final String directory;
  private final String group;
  private final TreeMap<String, String> problems;

  PacNetModel(String uid, String directory, String group, Map<String, String> problems) {
    this.uid = uid;
    this.directory = directory;
    this.group = group;
    this.problems = new TreeMap<>(problems);
  }

  /** The model in a directory on the driver, however it came there. */
  public static PacNetModel load(String directory, String groupCol) {
    return new PacNetModel("pacnet_model", directory, groupCol, Map.of());
  }

  /** The groups that could not be learnt, with the reasons. */
  public Map<String, String> problems() {
    return Map.copyOf(problems);
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public PacNetModel copy(ParamMap extra) {
    return copyValues(new PacNetModel(uid, directory, group, problems), extra);
  }

  @Override
  public StructType transformSchema(StructType schema) {
    try (Model model = Model.load(Path.of(directory))) {
      Columns columns = Columns.of(model, group);
      columns.require(schema, false);
      return columns.withPredictions(schema);
    }
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = transformSchema(dataset.schema());
    try (Model model = Model.load(Path.of(directory))) {
      Columns columns = Columns.of(model, group);
      JavaSparkContext context = JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext());
      Broadcast<BaseFiles> base = context.broadcast(BaseFiles.read(directory));
      Broadcast<Map<String, byte[]>> targets = context.broadcast(model.packTargets(model.targetNames()));
      List<String> fields = Arrays.asList(dataset.schema().fieldNames());
      String by = group;
      return dataset
          .toDF()
          .mapPartitions(
              (MapPartitionsFunction<Row, Row>)
                  rows -> new Partition(base.value().open(), targets.value(), columns, by, fields, rows),
              Encoders.row(schema));
    }
  }

  /** A task's rows, predicted some at a time. */
  private static final class Partition extends Chunks<Row> {
    private final Model model;
    private final Map<String, byte[]> targets;
    private final Columns columns;
    private final String group;
    private final List<String> fields;
    private final Iterator<Row> rows;

    Partition(
        Model model,
        Map<String, byte[]> targets,
        Columns columns,
        String group,
        List<String> fields,
        Iterator<Row> rows) {
      this.model = model;
      this.targets = targets;
      this.columns = columns;
      this.group = group;
      this.fields = fields;
      this.rows = rows;
    }

    @Override
    boolean more() {
      return rows.hasNext();
    }

    @Override
    List<Row> some() {
      List<Row> chunk = new ArrayList<>();
      while (rows.hasNext() && chunk.size() < AT_ONCE) {
        chunk.add(rows.next());
      }
      Set<String> names = new LinkedHashSet<>(columns.names(false));
      names.remove(group); // which may be an input too
      List<String> all = new ArrayList<>(names);
      all.add(group);
      int[] places = all.stream().mapToInt(fields::indexOf).toArray();
      List<List<Object>> values = new ArrayList<>();
      Map<String, byte[]> unread = new HashMap<>();
      for (Row row : chunk) {
        List<Object> one = new ArrayList<>();
        for (int place : places) {
          one.add(row.get(place));
        }
        Object name = row.get(fields.indexOf(group));
        String text = name == null ? null : name.toString();
        one.set(one.size() - 1, text);
        values.add(one);
        byte[] pack = text == null ? null : targets.get(text);
        if (pack != null && !model.targetNames().contains(text)) {
          unread.put(text, pack);
        }
      }
      model.unpackTargets(unread.values());
      Predictions predictions = model.predictByTarget(Data.rows(all, values), group);
      return rows(chunk, predictions);
    }

    private List<Row> rows(List<Row> chunk, Predictions predictions) {
      Map<String, double[]> numbers = new LinkedHashMap<>();
      for (String name : columns.added()) {
        if (!(columns.classification() && name.equals("prediction"))) {
          numbers.put(name, predictions.numbers(name));
        }
      }
      String[] classes = columns.classification() ? predictions.classes() : new String[0];
      List<Row> result = new ArrayList<>();
      int predicted = 0;
      for (int r = 0; r < chunk.size(); r++) {
        Row row = chunk.get(r);
        Object[] values = new Object[row.size() + columns.added().size()];
        for (int i = 0; i < row.size(); i++) {
          values[i] = row.get(i);
        }
        if (!predictions.dropped().get(r)) {
          int at = row.size();
          if (columns.classification()) {
            values[at++] = classes[predicted];
          }
          for (double[] column : numbers.values()) {
            values[at++] = column[predicted];
          }
          predicted++;
        }
        result.add(RowFactory.create(values));
      }
      return result;
    }
  }
}
