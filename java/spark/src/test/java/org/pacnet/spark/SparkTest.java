package org.pacnet.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.ml.tuning.TrainValidationSplitModel;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.Model;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** On a cluster of two executors, which are processes of their own. */
class SparkTest {

  private static final int TARGETS = 24;

  @TempDir static Path shared;
  private static Path base;
  private static SparkSession spark;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException {
    Path jars = Files.createDirectories(Path.of(System.getenv("SPARK_HOME")).resolve("jars"));
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path file = Path.of(entry).toAbsolutePath();
      if (entry.endsWith(".jar")) {
        try {
          Files.createSymbolicLink(jars.resolve(number++ + "-" + file.getFileName()), file);
        } catch (FileAlreadyExistsException e) {
          // Of an earlier run.
        }
      }
    }
    base = shared.resolve("base");
    Data source = Data.columns(columns(300, 0, 1));
    TransferConfig config = TransferConfig.builder("y").method(Method.PAC).hidden(16, 16).source(f -> f.epochs(3)).target(f -> f.epochs(5)).seed(1).build();
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(base, false);
    }
    spark =
        SparkSession.builder()
            .master("local-cluster[2,1,1024]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.default.parallelism", "8")
            // This build's classes, which are in no jar yet.
            .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .config("spark.executor.extraJavaOptions", "--enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1")
            .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.13")
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    if (spark != null) {
      spark.stop();
    }
  }

  private static Map<String, double[]> columns(int rows, double shift, long seed) {
    Random random = new Random(seed);
    double[] a = new double[rows];
    double[] b = new double[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      a[r] = random.nextGaussian();
      b[r] = 10 + 10 * random.nextDouble();
      y[r] = 100 + 5 * Math.sin(a[r] + shift) + b[r];
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("a", a);
    columns.put("b", b);
    columns.put("y", y);
    return columns;
  }

  private static String name(int target) {
    return "tool-" + target;
  }

  private static Map<String, double[]> rowsOf(int target) {
    return columns(5 + target, 0.1 * target, 10 + target);
  }

  private static Dataset<Row> table(boolean withBad) {
    return table(withBad, TARGETS).repartition(6);
  }

  // What takes long is Spark's: for what does not need many.
  private static Dataset<Row> small(boolean withBad) {
    return table(withBad, 6).coalesce(2);
  }

  private static Dataset<Row> table(boolean withBad, int targets) {
    List<Row> rows = new ArrayList<>();
    for (int t = 0; t < targets; t++) {
      Map<String, double[]> columns = rowsOf(t);
      for (int r = 0; r < columns.get("y").length; r++) {
        rows.add(RowFactory.create(columns.get("b")[r], name(t), columns.get("a")[r], columns.get("y")[r], "kept"));
      }
    }
    if (withBad) {
      rows.add(RowFactory.create(1.0, "bad", 2.0, null, "kept"));
    }
    StructType schema =
        new StructType()
            .add("b", DataTypes.DoubleType)
            .add("tool", DataTypes.StringType)
            .add("a", DataTypes.DoubleType)
            .add("y", DataTypes.DoubleType)
            .add("more", DataTypes.StringType);
    return spark.createDataFrame(rows, schema);
  }

  private Path copyOfBase(String name) throws IOException {
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(base)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(base.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
    return to;
  }

  private byte[] weights(Path model, String target) throws IOException {
    Path file = folder.resolve("export.safetensors");
    try (Model read = Model.load(model)) {
      read.export(target, file);
    }
    return Files.readAllBytes(file);
  }

  private static PacNetModel fit(Path directory, Dataset<Row> table) {
    return new PacNet().setModelPath(directory.toString()).setGroupCol("tool").fit(table);
  }

  // Rows as a task sorts them.
  private static Data sorted(Map<String, double[]> columns) {
    List<List<Object>> rows = new ArrayList<>();
    for (int r = 0; r < columns.get("y").length; r++) {
      rows.add(List.of(columns.get("a")[r], columns.get("b")[r], columns.get("y")[r]));
    }
    rows.sort(Comparator.comparing(String::valueOf));
    return Data.rows(List.of("a", "b", "y"), rows);
  }

  @Test
  void learnsWhatOneProcessLearnsAndPredictsByIt() throws IOException {
    Path directory = copyOfBase("model");
    PacNetModel fitted = fit(directory, table(true));
    assertEquals(List.of("bad"), List.copyOf(fitted.problems().keySet()));
    Path alone = copyOfBase("alone");
    try (Model model = Model.load(alone)) {
      TransferConfig config = model.config().toBuilder().compute(c -> c.threads(1)).build();
      for (int t = 0; t < TARGETS; t++) {
        model.calibrate(name(t), sorted(rowsOf(t)), config, new Monitor());
      }
      model.save(alone, true);
    }
    for (int t = 0; t < TARGETS; t++) {
      assertArrayEquals(weights(alone, name(t)), weights(directory, name(t)), name(t));
    }
    Dataset<Row> predicted = fitted.transform(table(false).drop("y"));
    assertEquals(List.of("b", "tool", "a", "more", "prediction_y"), List.of(predicted.columns()));
    int seen = 0;
    try (Model model = Model.load(directory)) {
      for (Row row : predicted.collectAsList()) {
        double[] said = model.rowPredictor(row.getString(1)).predict(row.getDouble(2), row.getDouble(0));
        assertEquals(said[0], row.getDouble(4), 1e-4);
        assertEquals("kept", row.getString(3));
        seen++;
      }
    }
    assertEquals(table(false).count(), seen);
  }

  @Test
  void aKilledExecutorLosesNothing() throws IOException {
    Path quiet = copyOfBase("quiet");
    Path disturbed = copyOfBase("disturbed");
    fit(quiet, table(false));
    AtomicInteger ended = new AtomicInteger();
    AtomicBoolean killed = new AtomicBoolean();
    SparkListener killer =
        new SparkListener() {
          @Override
          public void onTaskEnd(SparkListenerTaskEnd task) {
            // In the middle of the eight that learn.
            if (task.taskType().equals("ResultTask") && ended.incrementAndGet() == 3) {
              killed.set(
                  ProcessHandle.current()
                      .children()
                      .filter(child -> child.info().command().orElse("").endsWith("java")) // the executors, and nobody else
                      .findFirst()
                      .map(ProcessHandle::destroyForcibly)
                      .orElse(false));
            }
          }
        };
    spark.sparkContext().addSparkListener(killer);
    try {
      PacNetModel fitted = fit(disturbed, table(false));
      assertTrue(fitted.problems().isEmpty());
    } finally {
      spark.sparkContext().removeSparkListener(killer);
    }
    assertTrue(killed.get());
    assertTrue(ended.get() > 8, "nothing was done again");
    for (int t = 0; t < TARGETS; t++) {
      assertArrayEquals(weights(quiet, name(t)), weights(disturbed, name(t)), name(t));
    }
  }

  @Test
  void wrongTablesAreRefusedBeforeAnythingRuns() {
    PacNet estimator = new PacNet().setModelPath(base.toString()).setGroupCol("tool");
    assertThrows(DataException.class, () -> estimator.fit(table(false).drop("y")));
    assertThrows(DataException.class, () -> estimator.fit(table(false).drop("tool")));
    assertThrows(DataException.class, () -> PacNetModel.of(base.toString(), "tool").transform(table(false).drop("a")));
  }

  private static PacNet estimator(Path directory) {
    return new PacNet().setModelPath(directory.toString()).setGroupCol("tool");
  }

  // By b, which tells all rows apart.
  private static Map<Double, Double> predictions(Dataset<Row> predicted) {
    Map<Double, Double> all = new TreeMap<>();
    for (Row row : predicted.select("b", "prediction_y").collectAsList()) {
      all.put(row.getDouble(0), row.isNullAt(1) ? null : row.getDouble(1));
    }
    return all;
  }

  @Test
  void stagesAreCopiedWrittenAndReadAsSparkDoes() throws IOException {
    Path directory = copyOfBase("staged");
    PacNet estimator = estimator(directory).setHandleInvalid("skip");
    assertEquals("skip", estimator.copy(ParamMap.empty()).extractParamMap().get(estimator.handleInvalid()).get());
    assertEquals(directory.toString(), ((PacNet) estimator.copy(ParamMap.empty())).getOrDefault(estimator.modelPath()));
    // With parameters of its own, which is what CrossValidator and TrainValidationSplit do.
    PacNetModel other = estimator.fit(small(false), ParamMap.empty().put(estimator.handleInvalid(), "null"));
    assertEquals("null", other.getOrDefault(other.handleInvalid()));
    TrainValidationSplitModel split =
        new TrainValidationSplit()
            .setEstimator(estimator)
            .setEvaluator(new RegressionEvaluator().setLabelCol("y").setPredictionCol("prediction_y"))
            .setEstimatorParamMaps(new ParamMap[] {ParamMap.empty().put(estimator.handleInvalid(), "skip")})
            .setSeed(1)
            .fit(small(false));
    assertTrue(split.validationMetrics()[0] > 0);

    String saved = folder.resolve("pipeline").toString();
    new Pipeline().setStages(new PipelineStage[] {estimator}).write().save(saved);
    PipelineModel fitted = Pipeline.load(saved).fit(small(true));
    Map<Double, Double> expected = predictions(fitted.transform(small(false)));
    String savedModel = folder.resolve("pipeline-model").toString();
    fitted.write().save(savedModel);
    PipelineModel read = PipelineModel.load(savedModel);
    assertEquals(expected, predictions(read.transform(small(false))));
    PacNetModel stage = (PacNetModel) read.stages()[0];
    assertEquals(Set.of("bad"), stage.problems().keySet());
    assertEquals("skip", stage.getOrDefault(stage.handleInvalid()));
  }

  @Test
  void aFittedModelOwnsItsTargets() throws IOException {
    Path directory = copyOfBase("owned");
    PacNetModel first = fit(directory, small(false));
    Map<Double, Double> before = predictions(first.transform(small(false)));
    PacNetModel second = fit(directory, small(false).withColumn("y", functions.col("y").plus(50)));
    assertEquals(before, predictions(first.transform(small(false))));
    assertNotEquals(before, predictions(second.transform(small(false))));
    assertEquals(
        predictions(second.transform(small(false))),
        predictions(PacNetModel.of(directory.toString(), "tool").transform(small(false))));
  }

  @Test
  void groupsWithoutATargetAreWhatTheUserSays() throws IOException {
    PacNetModel fitted = fit(copyOfBase("invalid"), small(false));
    StructType schema = small(false).drop("y", "more").schema();
    List<Row> rows =
        List.of(
            RowFactory.create(1.0, name(3), 2.0),
            RowFactory.create(2.0, "nobody", 2.0),
            RowFactory.create(3.0, null, 2.0),
            RowFactory.create(4.0, name(4), 2.0));
    Dataset<Row> asked = spark.createDataFrame(rows, schema).coalesce(1);
    Throwable told = assertThrows(Exception.class, () -> fitted.transform(asked).collectAsList());
    while (told.getCause() != null && !(told instanceof DataException)) {
      told = told.getCause();
    }
    assertTrue(String.valueOf(told.getMessage()).contains("nobody"), String.valueOf(told));
    assertEquals(Set.of(1.0, 4.0), predictions(fitted.setHandleInvalid("skip").transform(asked)).keySet());
    Map<Double, Double> all = predictions(fitted.setHandleInvalid("null").transform(asked));
    assertEquals(List.of(1.0, 2.0, 3.0, 4.0), List.copyOf(all.keySet()));
    assertNull(all.get(2.0));
    assertNull(all.get(3.0));
    assertTrue(all.get(1.0) > 50 && all.get(4.0) > 50, all.toString());
    assertThrows(DataException.class, () -> fitted.setHandleInvalid("keep"));
  }

  @Test
  void vectorsAndGroupsOfAnyTypeWork() throws IOException {
    Dataset<Row> numbered =
        small(false)
            .withColumn("tool", functions.regexp_replace(functions.col("tool"), "tool-", "").cast(DataTypes.createDecimalType(6, 2)));
    Map<Double, Double> expected = predictions(fit(copyOfBase("columns"), numbered).transform(numbered));
    Path directory = copyOfBase("vectors");
    Dataset<Row> vectors =
        new VectorAssembler().setInputCols(new String[] {"a", "b"}).setOutputCol("both").transform(numbered).drop("a");
    PacNetModel fitted = estimator(directory).setFeaturesCol("both").fit(vectors);
    Map<Double, Double> found = predictions(fitted.transform(vectors.drop("y")));
    assertEquals(expected.keySet(), found.keySet());
    // Rows of other partitions are predicted in other batches, whose products round otherwise.
    expected.forEach((b, y) -> assertEquals(y, found.get(b), 1e-4));
    try (Model model = Model.load(directory)) {
      assertTrue(model.targetNames().contains("5.00"), model.targetNames().toString());
    }
    // The same numbers as another type are other names, said loudly.
    Dataset<Row> whole = numbered.withColumn("tool", functions.col("tool").cast(DataTypes.IntegerType));
    PacNetModel ofWhole = fit(copyOfBase("whole"), whole);
    assertEquals(expected.keySet(), predictions(ofWhole.transform(whole)).keySet());
    Dataset<Row> wrong =
        new VectorAssembler().setInputCols(new String[] {"a", "b", "y"}).setOutputCol("both").transform(numbered);
    assertThrows(Exception.class, () -> fitted.transform(wrong).collectAsList());
  }
}
