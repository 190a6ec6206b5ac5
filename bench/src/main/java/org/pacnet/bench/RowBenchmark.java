package org.pacnet.bench;

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
import org.openjdk.jmh.annotations.Warmup;
import org.pacnet.Model;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.experiment.Friedman;
import org.pacnet.predict.RowPredictor;
import org.pacnet.result.Monitor;

/** A single row by a target: ten inputs, two hidden layers of SiLU. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RowBenchmark {

  @Param({"64", "128"})
  public int width;

  private RowPredictor predictor;
  private final double[] row = new double[10];
  private final double[] out = new double[1];

  @Setup
  public void learn() {
    Friedman friedman = new Friedman(2);
    TransferConfig config = TransferConfig.builder("y").method(Method.PAC).hidden(width, width).source(f -> f.epochs(2)).target(f -> f.epochs(2)).build();
    Data source = Data.columns(friedman.sourceColumns(0, 1_000));
    try (Model model =
        Model.transfer(source, "t", Data.columns(friedman.targetColumns(0, 50)), config, new Monitor())) {
      predictor = model.rowPredictor("t");
    }
  }

  @Benchmark
  public double row() {
    predictor.predict(row, out);
    return out[0];
  }
}
