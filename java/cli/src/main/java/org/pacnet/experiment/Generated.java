package org.pacnet.experiment;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;

/** A regression on rows drawn at random: a task is a set of numbers, and distance is how far they are off. */
public abstract class Generated implements Problem {

  private static final int SOURCE_ROWS = 10_000;
  private static final int TEST_ROWS = 10_000;
  // Beyond what targets of any number of rows draw.
  private static final int RELATIVE = -1000;

  /** How y depends on x. */
  interface Task {
    double value(double[] x);
  }

  private final double distance;

  Generated(double distance) {
    this.distance = distance;
  }

  /** Number of inputs. */
  abstract int inputs();

  /** How many levels an input has; 0: it is a number in [0, 1), otherwise one of 0, 1, ... */
  int levels(int input) {
    return 0;
  }

  /** The target at distance 0, or a source at that distance. */
  abstract Task task(double distance, RandomGenerator random);

  @Override
  public TransferConfig.Builder settings() {
    return TransferConfig.builder("y");
  }

  // Every purpose draws its own numbers.
  static RandomGenerator random(int seed, int purpose) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003L + purpose);
  }

  @Override
  public Data source(int seed) {
    return Data.columns(sourceColumns(seed, SOURCE_ROWS));
  }

  @Override
  public Data sourceTest(int seed) {
    return Data.columns(columns(sourceTask(seed), TEST_ROWS, false, random(seed, 2)));
  }

  @Override
  public Data target(int seed, int rows) {
    return Data.columns(targetColumns(seed, rows));
  }

  @Override
  public Data test(int seed) {
    return Data.columns(testColumns(seed, TEST_ROWS));
  }

  /** Rows of the source, by column name. */
  public final Map<String, Object> sourceColumns(int seed, int rows) {
    return columns(sourceTask(seed), rows, true, random(seed, 1));
  }

  /** Rows of the target. */
  public final Map<String, Object> targetColumns(int seed, int rows) {
    return columns(targetTask(seed), rows, true, random(seed, 3 + rows));
  }

  /** Rows of the target without noise. */
  public final Map<String, Object> testColumns(int seed, int rows) {
    return columns(targetTask(seed), rows, false, random(seed, 3));
  }

  private Task sourceTask(int seed) {
    return task(distance, random(seed, 0));
  }

  /** The target: the same for all seeds, where it depends on nothing that is drawn. */
  Task targetTask(int seed) {
    return task(0, random(0, 0));
  }

  /** Rows of another target. */
  final Data relative(Task task, int seed, int which, int rows) {
    return Data.columns(columns(task, rows, true, random(seed, RELATIVE + which)));
  }

  private Map<String, Object> columns(Task task, int rows, boolean noisy, RandomGenerator random) {
    double[][] columns = new double[inputs()][rows];
    double[] y = new double[rows];
    double[] x = new double[inputs()];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < x.length; i++) {
        x[i] = levels(i) == 0 ? random.nextDouble() : random.nextInt(levels(i));
        columns[i][r] = x[i];
      }
      y[r] = task.value(x) + (noisy ? random.nextGaussian() : 0);
    }
    Map<String, Object> named = new LinkedHashMap<>();
    for (int i = 0; i < x.length; i++) {
      named.put("x" + (i + 1), levels(i) == 0 ? columns[i] : texts(columns[i]));
    }
    named.put("y", y);
    return named;
  }

  private static String[] texts(double[] levels) {
    String[] texts = new String[levels.length];
    for (int r = 0; r < texts.length; r++) {
      texts[r] = "L" + (int) levels[r];
    }
    return texts;
  }

  /** N(mean, (scale·distance)²). */
  static double near(double mean, double scale, double distance, RandomGenerator random) {
    return mean + scale * distance * random.nextGaussian();
  }
}
