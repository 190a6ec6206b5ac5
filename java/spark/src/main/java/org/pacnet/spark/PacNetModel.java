package org.pacnet.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.Predictions;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import scala.Option;

/**
 * Predicts each row by the target that its group names: adds {@code prediction_LABEL}, or {@code prediction} and {@code
 * probability_CLASS}; null where a row has a missing input and the model was made to drop those. What becomes of a row whose group has no
 * target is for {@link #handleInvalid()} to say.
 *
 * <p>A model that was fitted owns its targets: what is fitted later on the same base changes nothing of it.
 */
public final class PacNetModel extends org.apache.spark.ml.Model<PacNetModel> implements MLWritable {

  @Serial private static final long serialVersionUID = 1;

  static final String FEATURES_DOC = "column of vectors that hold the model's inputs, in its order";
  static final String INVALID_DOC = "what becomes of a row whose group has no target: error, skip or null";

  private static final int AT_ONCE = 4096;
  private static final String FILES = "model";
  private static final String PROBLEMS = "problems.json";

  private final String uid;
  private final String directory;
  // Null for a directory of somebody else's.
  private final transient @Nullable ModelCopy owned;
  private final TreeMap<String, String> problems;
  private final Param<String> groupCol;
  private final Param<String> featuresCol;
  private final Param<String> handleInvalid;

  PacNetModel(String uid, ModelCopy owned, Map<String, String> problems) {
    this(uid, owned.directory().toString(), owned, problems);
  }

  private PacNetModel(
      String uid, String directory, @Nullable ModelCopy owned, Map<String, String> problems) {
    this.uid = uid;
    this.directory = directory;
    this.owned = owned;
    this.problems = new TreeMap<>(problems);
    groupCol = new Param<>(this, "groupCol", "column whose values are the targets' names");
    featuresCol = new Param<>(this, "featuresCol", FEATURES_DOC);
    handleInvalid = new Param<>(this, "handleInvalid", INVALID_DOC);
    setDefault(handleInvalid, Invalid.ERROR.toString());
  }

  /** The model in a directory on the driver, however it came there, and as it is whenever it is asked. */
  public static PacNetModel of(String directory, String groupCol) {
    PacNetModel model = new PacNetModel("pacnet_model", directory, null, Map.of());
    model.set(model.groupCol, groupCol);
    return model;
  }

  /** What reads a model that {@code write} wrote. */
  public static MLReader<PacNetModel> read() {
    return new Reader();
  }

  /** Reads a model that was saved. */
  public static PacNetModel load(String path) {
    return read().load(path);
  }

  /** The groups that could not be learnt, with the reasons. */
  public Map<String, String> problems() {
    return Map.copyOf(problems);
  }

  @Override
  public String uid() {
    return uid;
  }

  /** Column whose values are the targets' names. */
  public Param<String> groupCol() {
    return groupCol;
  }

  /** A column of vectors that hold the model's inputs, in its order, in place of a column for each. */
  public Param<String> featuresCol() {
    return featuresCol;
  }

  /** What becomes of a row whose group is null, or has no target: {@code error} (by default), {@code skip} or {@code null}. */
  public Param<String> handleInvalid() {
    return handleInvalid;
  }

  /** Sets {@link #featuresCol()}. */
  public PacNetModel setFeaturesCol(String value) {
    set(featuresCol, value);
    return this;
  }

  /** Sets {@link #handleInvalid()}. */
  public PacNetModel setHandleInvalid(String value) {
    set(handleInvalid, Invalid.of(value).toString());
    return this;
  }

  @Override
  public PacNetModel copy(ParamMap extra) {
    return copyValues(new PacNetModel(uid, directory, owned, problems), extra).setParent(parent());
  }

  @Override
  public MLWriter write() {
    return new Writer(this);
  }

  private Columns columns(Model model) {
    return Columns.of(
        model, getOrDefault(groupCol), isDefined(featuresCol) ? getOrDefault(featuresCol) : null);
  }

  @Override
  public StructType transformSchema(StructType schema) {
    try (Model model = Model.load(Path.of(directory))) {
      Columns columns = columns(model);
      columns.require(schema, false);
      return columns.withPredictions(schema);
    }
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    try (Model model = Model.load(Path.of(directory))) {
      Columns columns = columns(model);
      columns.require(dataset.schema(), false);
      StructType schema = columns.withPredictions(dataset.schema());
      JavaSparkContext context = JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext());
      Broadcast<BaseFiles> base = context.broadcast(BaseFiles.read(directory));
      TargetPacks targets = new TargetPacks(model, context);
      List<String> fields = Arrays.asList(dataset.schema().fieldNames());
      Invalid invalid = Invalid.of(getOrDefault(handleInvalid));
      return columns
          .withGroup(dataset.toDF())
          .mapPartitions(
              (MapPartitionsFunction<Row, Row>)
                  rows -> new Partition(base.value().open(), targets, columns, fields, invalid, rows),
              Encoders.row(schema));
    }
  }

  /** The parameters as Spark writes them, and beside them the model's files. */
  private static final class Writer extends MLWriter {
    private final PacNetModel model;

    Writer(PacNetModel model) {
      this.model = model;
    }

    @Override
    public void saveImpl(String path) {
      DefaultParamsWriter$.MODULE$.saveMetadata(model, path, sparkSession());
      try {
        org.apache.hadoop.fs.Path to = new org.apache.hadoop.fs.Path(path);
        FileSystem files = to.getFileSystem(sparkSession().sparkContext().hadoopConfiguration());
        files.copyFromLocalFile(
            new org.apache.hadoop.fs.Path(Path.of(model.directory).toUri()), new org.apache.hadoop.fs.Path(to, FILES));
        try (OutputStream out = files.create(new org.apache.hadoop.fs.Path(to, PROBLEMS))) {
          out.write(Json.pretty(model.problems));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class Reader extends MLReader<PacNetModel> {

    @Override
    public PacNetModel load(String path) {
      DefaultParamsReader.Metadata metadata =
          DefaultParamsReader.loadMetadata(path, sparkSession(), PacNetModel.class.getName());
      try {
        org.apache.hadoop.fs.Path from = new org.apache.hadoop.fs.Path(path);
        FileSystem files = from.getFileSystem(sparkSession().sparkContext().hadoopConfiguration());
        ModelCopy copy = new ModelCopy();
        for (FileStatus file : files.listStatus(new org.apache.hadoop.fs.Path(from, FILES))) {
          files.copyToLocalFile(
              false, file.getPath(), new org.apache.hadoop.fs.Path(copy.directory().toUri()), true);
        }
        Map<String, String> problems = new TreeMap<>();
        try (InputStream in = files.open(new org.apache.hadoop.fs.Path(from, PROBLEMS))) {
          Json.MAPPER.readTree(in).properties().forEach(p -> problems.put(p.getKey(), p.getValue().asText()));
        }
        PacNetModel model = new PacNetModel(metadata.uid(), copy, problems);
        metadata.getAndSetParams(model, Option.empty());
        return model;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A task's rows, predicted some at a time. */
  private static final class Partition extends Chunks<Row> {
    private final Model model;
    private final TargetPacks targets;
    private final Columns columns;
    private final int[] places;
    private final int fields;
    private final int added;
    private final Invalid invalid;
    private final Iterator<Row> rows;

    Partition(
        Model model,
        TargetPacks targets,
        Columns columns,
        List<String> fields,
        Invalid invalid,
        Iterator<Row> rows) {
      this.model = model;
      this.targets = targets;
      this.columns = columns;
      places = columns.places(fields);
      this.fields = fields.size();
      added = columns.added().size();
      this.invalid = invalid;
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
      List<String> names = new ArrayList<>(columns.names(false));
      names.add(Columns.GROUP);
      List<Row> known = new ArrayList<>();
      List<List<Object>> values = new ArrayList<>();
      Map<String, byte[]> unread = new HashMap<>();
      for (Row row : chunk) {
        String group = row.getString(row.size() - 1);
        byte[] pack = group == null ? null : targets.get(group);
        if (pack == null) {
          if (invalid == Invalid.ERROR) {
            throw new DataException(
                group == null
                    ? "a row's group is null; set handleInvalid to skip or null"
                    : String.format(
                        Locale.ROOT,
                        "there is no target '%s'; calibrate it first, or set handleInvalid to skip or null",
                        group));
          }
          continue;
        }
        if (!model.targetNames().contains(group)) {
          unread.put(group, pack);
        }
        List<Object> one = columns.inputs(row, places);
        one.add(group);
        values.add(one);
        known.add(row);
      }
      model.unpackTargets(unread.values());
      List<Row> predicted =
          known.isEmpty()
              ? List.of()
              : rows(known, model.predictByTarget(Data.rows(names, values), Columns.GROUP));
      return invalid == Invalid.NULL ? withOthers(chunk, known, predicted) : predicted;
    }

    private List<Row> withOthers(List<Row> chunk, List<Row> known, List<Row> predicted) {
      List<Row> all = new ArrayList<>();
      int next = 0;
      for (Row row : chunk) {
        boolean has = next < known.size() && known.get(next) == row;
        all.add(has ? predicted.get(next++) : RowFactory.create(own(row)));
      }
      return all;
    }

    // The row's own columns, and room for what is added. Behind them stood the group as text.
    private Object[] own(Row row) {
      Object[] values = new Object[fields + added];
      for (int i = 0; i < fields; i++) {
        values[i] = row.get(i);
      }
      return values;
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
        Object[] values = own(row);
        if (!predictions.dropped().get(r)) {
          int at = fields;
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
