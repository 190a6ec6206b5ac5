package org.pacnet.experiment;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;

/**
 * A {@link DynamicalSystem} to learn from trajectories: the source's are exact, long and many, the target's noisy, short
 * and few. A source at distance d has the target's parameters, each times exp(N(0, (0.15·d)²)).
 */
public final class Dynamics implements Problem {

  private static final double SPREAD = 0.15;
  private static final double NOISE = 0.05;
  private static final int SOURCE_RUNS = 100;
  private static final int SOURCE_TIMES = 101;
  private static final int TARGET_TIMES = 21;
  private static final int TEST_RUNS = 50;
  private static final int TEST_TIMES = 201;

  private final DynamicalSystem system;
  private final double distance;

  Dynamics(DynamicalSystem system, double distance) {
    this.system = system;
    this.distance = distance;
  }

  @Override
  public TransferConfig.Builder settings() {
    return TransferConfig.builder()
        .network(NeuralOde.of("run", "t").with(system.solver()))
        .fits(f -> f.batchSize(32))
        .source(f -> f.epochs(300));
  }

  @Override
  public List<Integer> targets() {
    return List.of(1, 2, 4, 8);
  }

  private double[] sourceParameters(int seed) {
    return sourceParameters(system.parameters(), distance, Generated.random(seed, 0));
  }

  /** Those of a source, at a distance from the target's. */
  static double[] sourceParameters(double[] target, double distance, RandomGenerator random) {
    return Arrays.stream(target).map(p -> p * Math.exp(SPREAD * distance * random.nextGaussian())).toArray();
  }

  @Override
  public Data source(int seed) {
    return runs(sourceParameters(seed), SOURCE_RUNS, SOURCE_TIMES, 0, Generated.random(seed, 1));
  }

  @Override
  public Data sourceTest(int seed) {
    return runs(sourceParameters(seed), TEST_RUNS, TEST_TIMES, 0, Generated.random(seed, 2));
  }

  @Override
  public Data target(int seed, int rows) {
    return runs(system.parameters(), rows, TARGET_TIMES, NOISE, Generated.random(seed, 3 + rows));
  }

  @Override
  public Data test(int seed) {
    return runs(system.parameters(), TEST_RUNS, TEST_TIMES, 0, Generated.random(seed, 3));
  }

  private Data runs(
      double[] parameters, int runs, int times, double noise, RandomGenerator random) {
    int rows = Math.multiplyExact(runs, times);
    String[] run = new String[rows];
    double[] t = new double[rows];
    double[][] states = new double[system.states().size()][rows];
    for (int first = 0; first < rows; first += times) {
      double[] z = system.first(random);
      for (int k = 0; k < times; k++) {
        run[first + k] = String.valueOf(first / times);
        if (k > 0) {
          double interval = system.interval(random);
          z = system.follow(parameters, z, interval, system.substeps(interval));
          t[first + k] = system.regular() ? k * interval : t[first + k - 1] + interval;
        }
        for (int i = 0; i < z.length; i++) {
          states[i][first + k] = z[i] + (noise > 0 ? noise * random.nextGaussian() : 0);
        }
      }
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("run", run);
    columns.put("t", t);
    for (int i = 0; i < states.length; i++) {
      columns.put(system.states().get(i), states[i]);
    }
    return Data.columns(columns);
  }
}
