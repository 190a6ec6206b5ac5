package org.pacnet.experiment;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;

/**
 * A {@link ControlledSystem} to learn from trajectories of random actions, and to control by what was learnt: the source's are exact and many, the
 * target's noisy and few. A source at distance d has the target's masses and lengths, each times exp(N(0, (0.15·d)²)); where it is several systems, as
 * many runs are of one as of another, and together they are as many as those of one alone.
 */
final class Control implements Controlled {

  /** How many systems there are of where the source is several. */
  static final int SEVERAL = 10;

  private static final double NOISE = 0.02;
  private static final int SOURCE_RUNS = 300;
  private static final int TIMES = 51;
  private static final int TEST_RUNS = 50;
  private static final int TEST_TIMES = 21;
  private static final int EPISODES = 3;
  // How much of an action is the one before it.
  private static final double PERSISTENCE = 0.7;
  private static final double DISCOUNT = 0.99;

  private final ControlledSystem system;
  private final double distance;
  private final int sources;

  /**
   * @param sources how many systems the source is; the first is the same whatever their number
   */
  Control(ControlledSystem system, double distance, int sources) {
    this.system = system;
    this.distance = distance;
    this.sources = sources;
  }

  @Override
  public TransferConfig.Builder settings() {
    return TransferConfig.builder()
        .network(LatentDynamics.of("run", "t").withActions(system.actions().toArray(String[]::new)))
        .fits(f -> f.batchSize(128))
        .source(f -> f.epochs(200));
  }

  @Override
  public List<Integer> targets() {
    return List.of(1, 2, 4, 8);
  }

  private double[][] sourceParameters(int seed) {
    RandomGenerator random = Generated.random(seed, 0);
    double[][] all = new double[sources][];
    for (int s = 0; s < sources; s++) {
      all[s] = Dynamics.sourceParameters(system.parameters(), distance, random);
    }
    return all;
  }

  @Override
  public Data source(int seed) {
    return runs(sourceParameters(seed), SOURCE_RUNS, TIMES, 0, Generated.random(seed, 1));
  }

  @Override
  public Data sourceTest(int seed) {
    return runs(sourceParameters(seed), TEST_RUNS, TEST_TIMES, 0, Generated.random(seed, 2));
  }

  @Override
  public Data target(int seed, int rows) {
    return runs(targetParameters(), rows, TIMES, NOISE, Generated.random(seed, 3 + rows));
  }

  @Override
  public Data test(int seed) {
    return runs(targetParameters(), TEST_RUNS, TEST_TIMES, 0, Generated.random(seed, 3));
  }

  private double[][] targetParameters() {
    return new double[][] {system.parameters()};
  }

  // The systems by turns.
  private Data runs(double[][] systems, int runs, int times, double noise, RandomGenerator random) {
    int rows = runs * times;
    String[] run = new String[rows];
    double[] t = new double[rows];
    double[][] seen = new double[system.states().size()][rows];
    double[][] done = new double[system.actions().size()][rows];
    for (int first = 0; first < rows; first += times) {
      double[] parameters = systems[first / times % systems.length];
      double[] q = system.first(random);
      double[] action = new double[done.length];
      for (int k = 0; k < times; k++) {
        int row = first + k;
        run[row] = String.valueOf(first / times);
        t[row] = k * ControlledSystem.INTERVAL;
        for (int a = 0; a < action.length; a++) {
          action[a] = Math.max(-1, Math.min(1, PERSISTENCE * action[a] + PERSISTENCE * random.nextGaussian()));
          done[a][row] = action[a];
        }
        double[] at = system.seen(parameters, q);
        for (int i = 0; i < at.length; i++) {
          seen[i][row] = at[i] + (noise > 0 ? noise * random.nextGaussian() : 0);
        }
        q = system.after(parameters, q, action);
      }
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("run", run);
    columns.put("t", t);
    for (int a = 0; a < done.length; a++) {
      columns.put(system.actions().get(a), done[a]);
    }
    for (int i = 0; i < seen.length; i++) {
      columns.put(system.states().get(i), seen[i]);
    }
    return Data.columns(columns);
  }

  @Override
  public Foresight truth() {
    double[] parameters = system.parameters();
    return (seen, plans) -> {
      double[] q = system.inner(seen);
      double[][][] led = new double[plans.length][][];
      for (int plan = 0; plan < plans.length; plan++) {
        double[] at = q;
        led[plan] = new double[plans[plan].length][];
        for (int k = 0; k < plans[plan].length; k++) {
          at = system.after(parameters, at, plans[plan][k], 2);
          led[plan][k] = system.seen(parameters, at);
        }
      }
      return led;
    };
  }

  @Override
  public double control(Foresight foresight, int seed) {
    double[] parameters = system.parameters();
    double sum = 0;
    for (int episode = 0; episode < EPISODES; episode++) {
      RandomGenerator random = Generated.random(seed, -1 - episode);
      double[] q = system.start(random);
      double[] goal = system.goal(random);
      CrossEntropyPlanner planner = new CrossEntropyPlanner(system.horizon(), system.actions().size(), random);
      for (int k = 0; k < system.episode(); k++) {
        double[] seen = system.seen(parameters, q);
        double[] action = planner.next(plans -> worth(foresight.follow(seen, plans), goal));
        q = system.after(parameters, q, action);
        sum += system.reward(system.seen(parameters, q), goal);
      }
    }
    return sum / (EPISODES * system.episode());
  }

  // What comes later counts less. A plan that leads nowhere is worth nothing at all.
  private double[] worth(double[][][] led, double[] goal) {
    return Arrays.stream(led)
        .mapToDouble(
            plan -> {
              double sum = 0;
              double counts = 1;
              for (double[] at : plan) {
                sum += counts * system.reward(at, goal);
                counts *= DISCOUNT;
              }
              return Double.isFinite(sum) ? sum : Double.NEGATIVE_INFINITY;
            })
        .toArray();
  }
}
