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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pacnet.Model;
import org.pacnet.config.Activation;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.experiment.Friedman;
import org.pacnet.result.Monitor;
import org.pacnet.result.PhaseReport;

/** A whole Calibrate through the facade, data in arrays: 300 epochs, three hidden layers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class CalibrateBenchmark {

  @Param({"64", "128", "256"})
  public int width;

  @Param({"10", "100"})
  public int rows;

  private Model model;
  private Data target;

  @Setup
  public void allocate() {
    Friedman friedman = new Friedman(2);
    Data source = Data.columns(friedman.sourceColumns(0, 1_000));
    target = Data.columns(friedman.targetColumns(0, rows));
    TransferConfig config =
        TransferConfig.builder("y").method(Method.PAC).hidden(width, width, width).activation(Activation.RELU).source(f -> f.epochs(2)).build();
    model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
  }

  @Benchmark
  public PhaseReport calibrate() {
    return model.calibrate("target", target, new Monitor());
  }

  @TearDown
  public void close() {
    model.close();
  }
}
