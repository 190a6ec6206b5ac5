import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

/** Spark in one process, as somebody tries it first. */
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
    for (int i = 0; i < 40; i++) {
      rows.add(RowFactory.create(i % 2, 0.1 * i, Math.sin(0.1 * i + i % 2)));
    }
    StructType schema =
        new StructType().add("tool", DataTypes.IntegerType).add("x", DataTypes.DoubleType).add("y", DataTypes.DoubleType);
    try (SparkSession spark =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").getOrCreate()) {
      Dataset<Row> table = spark.createDataFrame(rows, schema);
      Dataset<Row> predicted =
          new PacNet().setModelPath(base.toString()).setGroupCol("tool").fit(table).transform(table);
      if (predicted.filter("prediction_y is not null").count() != 40) {
        throw new AssertionError("rows without a prediction");
      }
      System.out.println("40 rows of 2 tools predicted");
    }
  }
}
