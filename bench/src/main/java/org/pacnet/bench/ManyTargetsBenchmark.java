package org.pacnet.bench;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pacnet.Model;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.experiment.Friedman;
import org.pacnet.result.Monitor;

/** Many targets of 10 to 100 rows on one base, all at once and one after another, on the same threads; in memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@Fork(1)
public class ManyTargetsBenchmark {

  @Param({"1", "16", "64", "256", "1024"})
  public int targets;

  @Param({"64"})
  public int width;

  @Param({"2"})
  public int threads;

  private final Map<String, Data> tables = new TreeMap<>();
  private Model model;
  private TransferConfig config;

  @Setup
  public void allocate() {
    Friedman friedman = new Friedman(2);
    Data source = Data.columns(friedman.sourceColumns(0, 1_000));
    for (int t = 0; t < targets; t++) {
      tables.put("target" + t, Data.columns(friedman.targetColumns(t, 10 + 37 * t % 91)));
    }
    config = TransferConfig.builder("y").method(Method.PAC).hidden(width, width).source(f -> f.epochs(2)).compute(c -> c.threads(threads)).build();
    model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
  }

  @Benchmark
  public int atOnce() {
    return model.calibrateAll(tables, config, false, outcome -> {}, new Monitor()).size();
  }

  @Benchmark
  public int oneAfterAnother() {
    tables.forEach((name, data) -> model.calibrate(name, data, config, new Monitor()));
    return tables.size();
  }

  @TearDown
  public void close() {
    model.close();
  }
}
