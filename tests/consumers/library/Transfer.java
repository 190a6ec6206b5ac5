import java.util.LinkedHashMap;
import java.util.Map;
import org.pacnet.Model;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.result.Monitor;

/** The whole of it on made-up columns: what a program that embeds the library does. */
public class Transfer {
  private static Data rows(int count, double shift) {
    double[] x = new double[count];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      x[i] = 6.0 * i / count;
      y[i] = Math.sin(x[i] + shift);
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("y", y);
    return Data.columns(columns);
  }

  public static void main(String[] args) {
    TransferConfig config =
        TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(200)).target(f -> f.epochs(200)).fits(f -> f.learningRate(0.01)).build();
    try (Model model = Model.transfer(rows(300, 0), "t", rows(20, 0.5), config, new Monitor())) {
      double before = model.evaluate(rows(100, 0.5)).error();
      double after = model.evaluate("t", rows(100, 0.5)).error();
      if (!(after < before / 2)) {
        throw new AssertionError("the target did not learn: " + before + " to " + after);
      }
      System.out.printf("RMSE %.3f by the source, %.3f by the target%n", before, after);
    }
  }
}
