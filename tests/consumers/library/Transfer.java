import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** What an operator's dashboard asks for. */
  private static Monitor metered(MeterRegistry registry) {
    return new Monitor(
        epoch -> registry.counter("pacnet.epochs", "phase", epoch.phase().name()).increment(),
        rows -> registry.summary("pacnet.rows.read", "table", rows.table()).record(rows.rows()),
        phase -> {
          long nanos = (long) (phase.seconds() * 1e9);
          registry.timer("pacnet.phase", "phase", phase.phase().name()).record(nanos, TimeUnit.NANOSECONDS);
        });
  }

  public static void main(String[] args) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    TransferConfig config =
        TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(200)).target(f -> f.epochs(200)).fits(f -> f.learningRate(0.01)).build();
    try (Model model = Model.transfer(rows(300, 0), "t", rows(20, 0.5), config, metered(registry))) {
      if (registry.get("pacnet.phase").timers().size() != 4) {
        throw new AssertionError("not every phase was told of: " + registry.getMetersAsString());
      }
      double before = model.evaluate(rows(100, 0.5)).error();
      double after = model.evaluate("t", rows(100, 0.5)).error();
      if (!(after < before / 2)) {
        throw new AssertionError("the target did not learn: " + before + " to " + after);
      }
      System.out.printf("RMSE %.3f by the source, %.3f by the target%n", before, after);
    }
  }
}
