import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.pacnet.Model;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.result.Monitor;
import org.pacnet.spark.PacNet;

/**
 * Spark in one process, as somebody tries it first; or handed to a cluster, and then an executor of it dies on the way.
 */
public class ManyTools {
  public static void main(String[] args) throws Exception {
    double[] x = new double[200];
    double[] y = new double[200];
    for (int i = 0; i < x.length; i++) {
      x[i] = 0.03 * i;
      y[i] = Math.sin(x[i]);
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("y", y);
    Path base = Files.createTempDirectory("base").resolve("model");
    TransferConfig config = TransferConfig.builder("y").hidden(8).source(f -> f.epochs(5)).target(f -> f.epochs(5)).build();
    try (Model model = Model.train(Data.columns(columns), config, new Monitor())) {
      model.prune();
      model.allocate(Data.columns(columns), new Monitor());
      model.save(base, false);
    }
    List<Row> rows = new ArrayList<>();
    boolean cluster = System.getProperty("spark.master") != null;
    int tools = cluster ? 60 : 2;
    for (int i = 0; i < 20 * tools; i++) {
      double at = 6.0 * (i / tools) / 20;
      rows.add(RowFactory.create(i % tools, at, Math.sin(at + 0.02 * (i % tools))));
    }
    StructType schema =
        new StructType().add("tool", DataTypes.IntegerType).add("x", DataTypes.DoubleType).add("y", DataTypes.DoubleType);
    SparkSession.Builder builder = SparkSession.builder().config("spark.ui.enabled", "false");
    try (SparkSession spark = (cluster ? builder : builder.master("local[2]")).getOrCreate()) {
      Dataset<Row> table = spark.createDataFrame(rows, schema);
      AtomicInteger killed = new AtomicInteger();
      if (cluster) {
        table = table.repartition(12);
        spark.sparkContext().addSparkListener(new Killer(killed));
      }
      Dataset<Row> predicted =
          new PacNet().setModelPath(base.toString()).setGroupCol("tool").fit(table).transform(table);
      double squares = 0;
      List<Row> answers = predicted.select("y", "prediction_y").collectAsList();
      for (Row row : answers) {
        squares += Math.pow(row.getDouble(0) - row.getDouble(1), 2) / answers.size();
      }
      if (answers.size() != rows.size() || !(squares < 0.01) || killed.get() != (cluster ? 1 : 0)) {
        throw new AssertionError(
            answers.size() + " rows, mean squared error " + squares + ", executors killed " + killed);
      }
      System.out.printf(
          "%d rows of %d tools predicted, RMSE %.4f, executors killed on the way: %d%n",
          answers.size(), tools, Math.sqrt(squares), killed.get());
    }
  }

  /** Kills an executor when the second task of those that calibrate is done. */
  private static final class Killer extends SparkListener {
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger killed;

    Killer(AtomicInteger killed) {
      this.killed = killed;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd task) {
      if (task.taskType().equals("ResultTask") && done.incrementAndGet() == 2) {
        ProcessHandle.allProcesses()
            .filter(process -> process.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
            .findFirst()
            .ifPresent(
                executor -> {
                  executor.destroyForcibly();
                  killed.incrementAndGet();
                });
      }
    }
  }
}
