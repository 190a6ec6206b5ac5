package org.pacnet.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.Model;
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
    TransferConfig config = TransferConfig.builder("y").hidden(16, 16).sourceEpochs(3).targetEpochs(5).seed(1).build();
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(base, false);
    }
    spark =
        SparkSession.builder()
            .master("local-cluster[2,1,1024]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "8")
            .config("spark.default.parallelism", "8")
            // This build's classes, which are in no jar yet.
            .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .config("spark.executor.extraJavaOptions", "--enable-native-access=ALL-UNNAMED")
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
    List<Row> rows = new ArrayList<>();
    for (int t = 0; t < TARGETS; t++) {
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
    return spark.createDataFrame(rows, schema).repartition(6);
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
      TransferConfig config = model.config().toBuilder().threads(1).build();
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
    assertThrows(DataException.class, () -> PacNetModel.load(base.toString(), "tool").transform(table(false).drop("a")));
  }
}
