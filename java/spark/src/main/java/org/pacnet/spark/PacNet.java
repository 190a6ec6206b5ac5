package org.pacnet.spark;

import java.io.Serial;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;
import scala.Tuple2;

/**
 * Calibrates a target for each group of a table, on the executors, and writes them into the directory of the model that they stand on.
 *
 * <pre>{@code
 * PacNetModel model = new PacNet().setModelPath("/models/fab").setGroupCol("tool").fit(rows);
 * Dataset<Row> predicted = model.transform(more);
 * }</pre>
 *
 * <p>The base has been trained, pruned and allocated before ({@link Model}) and is sent to the executors once. A group's rows are
 * sorted before they are learnt, so that the same rows give the same bits however they came, on whichever executor, retried or
 * not. A task computes by {@code spark.task.cpus} threads. A group that can't be learnt costs no other; {@link
 * PacNetModel#problems} tells why.
 */
public final class PacNet extends Estimator<PacNetModel> implements DefaultParamsWritable {

  @Serial private static final long serialVersionUID = 1;

  // Of a task's groups at once: what they learnt is in memory until they are all done.
  private static final int AT_ONCE = 64;
  // Of all groups at once in the driver.
  private static final int SAVED_AT_ONCE = 256;

  private final String uid;
  private final Param<String> modelPath;
  private final Param<String> groupCol;
  private final BooleanParam tune;
  private final Param<String> featuresCol;
  private final Param<String> handleInvalid;

  /** With a name of its own. */
  public PacNet() {
    this("pacnet_" + UUID.randomUUID().toString().substring(0, 12));
  }

  /** With that name, as Spark makes copies and reads what was written. */
  public PacNet(String uid) {
    this.uid = uid;
    // A parameter remembers its owner's name: not before there is one.
    modelPath = new Param<>(this, "modelPath", "directory of an allocated model, on the driver");
    groupCol = new Param<>(this, "groupCol", "column whose values are the targets' names");
    tune = new BooleanParam(this, "tune", "whether each target's way is chosen by cross-validation");
    featuresCol = new Param<>(this, "featuresCol", PacNetModel.FEATURES_DOC);
    handleInvalid = new Param<>(this, "handleInvalid", PacNetModel.INVALID_DOC);
    setDefault(tune, false);
    setDefault(handleInvalid, Invalid.ERROR.toString());
  }

  /** What reads an estimator that {@code write} wrote. */
  public static MLReader<PacNet> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads an estimator that was saved. */
  public static PacNet load(String path) {
    return read().load(path);
  }

  @Override
  public String uid() {
    return uid;
  }

  /** Directory of an allocated model, on the driver. */
  public Param<String> modelPath() {
    return modelPath;
  }

  /** Column whose values are the targets' names. */
  public Param<String> groupCol() {
    return groupCol;
  }

  /** Whether each target's way is chosen by cross-validation; by default no. */
  public BooleanParam tune() {
    return tune;
  }

  /** A column of vectors that hold the model's inputs, in its order, in place of a column for each. */
  public Param<String> featuresCol() {
    return featuresCol;
  }

  /** What the fitted model does with a row whose group is null, or has no target: {@code error} (by default), {@code skip} or {@code null}. */
  public Param<String> handleInvalid() {
    return handleInvalid;
  }

  /** Sets {@link #modelPath()}. */
  public PacNet setModelPath(String value) {
    set(modelPath, value);
    return this;
  }

  /** Sets {@link #groupCol()}. */
  public PacNet setGroupCol(String value) {
    set(groupCol, value);
    return this;
  }

  /** Sets {@link #tune()}. */
  public PacNet setTune(boolean value) {
    set(tune, value);
    return this;
  }

  /** Sets {@link #featuresCol()}. */
  public PacNet setFeaturesCol(String value) {
    set(featuresCol, value);
    return this;
  }

  /** Sets {@link #handleInvalid()}. */
  public PacNet setHandleInvalid(String value) {
    set(handleInvalid, Invalid.of(value).toString());
    return this;
  }

  private @Nullable String features() {
    return isDefined(featuresCol) ? getOrDefault(featuresCol) : null;
  }

  @Override
  public Estimator<PacNetModel> copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  @Override
  public StructType transformSchema(StructType schema) {
    try (Model model = Model.load(Path.of(getOrDefault(modelPath)))) {
      Columns columns = Columns.of(model, getOrDefault(groupCol), features());
      columns.require(schema, true);
      return columns.withPredictions(schema);
    }
  }

  @Override
  public PacNetModel fit(Dataset<?> dataset) {
    String directory = getOrDefault(modelPath);
    String group = getOrDefault(groupCol);
    boolean tuned = (boolean) getOrDefault(tune);
    Map<String, String> problems = new TreeMap<>();
    try (ModelPlace place = ModelPlace.forChange(Path.of(directory));
        Model model = place.load()) {
      Columns columns = Columns.of(model, group, features());
      columns.require(dataset.schema(), true);
      JavaSparkContext context = JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext());
      Broadcast<BaseFiles> base = context.broadcast(BaseFiles.read(directory));
      JavaRDD<Learnt> learnt =
          columns
              .select(dataset.toDF())
              .toJavaRDD()
              .mapToPair(row -> new Tuple2<>(row.isNullAt(0) ? "" : row.getString(0), row))
              .groupByKey()
              .mapPartitions(groups -> new Partition(base, columns, tuned, groups))
              .persist(StorageLevel.DISK_ONLY());
      try {
        learnt.count(); // all partitions at once, which going over them would not be
        save(learnt.toLocalIterator(), model, place, problems);
      } finally {
        learnt.unpersist();
        base.destroy();
      }
    }
    return copyValues(
        new PacNetModel(uid, ModelCopy.of(Path.of(directory)), problems).setParent(this), ParamMap.empty());
  }

  private static void save(
      Iterator<Learnt> learnt, Model model, ModelPlace place, Map<String, String> problems) {
    while (learnt.hasNext()) {
      Map<String, byte[]> packs = new TreeMap<>();
      while (learnt.hasNext() && packs.size() < SAVED_AT_ONCE) {
        Learnt one = learnt.next();
        if (one.problem == null) {
          packs.put(one.name, one.pack);
        } else {
          problems.put(one.name, one.problem);
        }
      }
      try (Model some = model.copy()) {
        some.unpackTargets(packs.values());
        place.saveTargets(some, packs.keySet());
      }
    }
  }

  /** What became of a group. */
  private static final class Learnt implements Serializable {
    @Serial private static final long serialVersionUID = 1;
    private final String name;
    private final byte[] pack;
    private final @Nullable String problem;

    Learnt(String name, byte[] pack, @Nullable String problem) {
      this.name = name;
      this.pack = pack;
      this.problem = problem;
    }
  }

  /** The groups of a task, learnt some at a time. */
  private static final class Partition extends Chunks<Learnt> {
    private final Broadcast<BaseFiles> base;
    private final Columns columns;
    private final boolean tuned;
    private final Iterator<Tuple2<String, Iterable<Row>>> groups;

    Partition(
        Broadcast<BaseFiles> base,
        Columns columns,
        boolean tuned,
        Iterator<Tuple2<String, Iterable<Row>>> groups) {
      this.base = base;
      this.columns = columns;
      this.tuned = tuned;
      this.groups = groups;
    }

    @Override
    boolean more() {
      return groups.hasNext();
    }

    @Override
    List<Learnt> some() {
      Map<String, Data> targets = new TreeMap<>();
      while (groups.hasNext() && targets.size() < AT_ONCE) {
        Tuple2<String, Iterable<Row>> group = groups.next();
        List<List<Object>> rows = new ArrayList<>();
        group._2().forEach(row -> rows.add(columns.values(row)));
        // They come in whatever order the network brought them.
        rows.sort(Comparator.comparing(String::valueOf));
        targets.put(group._1(), Data.rows(columns.names(true), rows));
      }
      List<Learnt> all = new ArrayList<>();
      try (Model model = base.value().open()) {
        TransferConfig config = model.config().toBuilder().compute(c -> c.threads(TaskContext.get().cpus())).build();
        Map<String, TargetOutcome> outcomes =
            model.calibrateAll(targets, config, tuned, outcome -> {}, new Monitor());
        List<String> names = new ArrayList<>();
        outcomes.forEach(
            (name, outcome) -> {
              if (outcome.problem() == null) {
                names.add(name);
              } else {
                all.add(new Learnt(name, new byte[0], outcome.problem().getMessage()));
              }
            });
        model.packTargets(names).forEach((name, pack) -> all.add(new Learnt(name, pack, null)));
      }
      return all;
    }
  }
}
