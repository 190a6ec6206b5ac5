package org.pacnet.experiment;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.pacnet.Activation;
import org.pacnet.Loss;
import org.pacnet.Optimizer;
import org.pacnet.Perceptron;
import org.pacnet.PruningScope;
import org.pacnet.Schedule;
import org.pacnet.core.FitRange;
import org.pacnet.core.FitSettings;
import org.pacnet.core.MaskBits;
import org.pacnet.core.NativeNetwork;
import org.pacnet.core.TensorInfo;
import org.pacnet.error.CancelledException;
import org.pacnet.error.Causes;
import org.pacnet.error.DataException;
import org.pacnet.method.Method;

/**
 * Target error against target size for each method, on {@link Friedman}'s problem: MLP
 * 10-128-128-128-1 with ReLU, inputs as they are, y standardised with the source's mean and
 * deviation, Adam at 1e-3, batches of min(128, n), 30 epochs on the source (30 more in Allocate), 300
 * on the target, λ = 0.01 for L2-SP and PAC, PAC's ratio 0.8; errors on 10,000 noise-free rows.
 */
public final class FriedmanExperiment {

  private static final int SOURCE_ROWS = 10_000;
  private static final int TEST_ROWS = 10_000;
  private static final String NETWORK =
      new Perceptron(List.of(128, 128, 128), Activation.RELU, 0).describe(Friedman.INPUTS, 1);
  private static final double LEARNING_RATE = 1e-3;
  private static final int SOURCE_EPOCHS = 30;
  private static final int TARGET_EPOCHS = 300;
  private static final int BATCH = 128;
  private static final double LAMBDA = 0.01;
  private static final double RATIO = 0.8;

  /**
   * What to run.
   *
   * @param seeds how many; seeds are 0, 1, …
   * @param distance of the source from the target, at least 0
   * @param targets numbers of target samples
   * @param methods to compare
   * @param threads seeds that run at once, each on one thread: the results do not depend on it
   */
  public record Settings(
      int seeds, double distance, List<Integer> targets, List<Method> methods, int threads) {

    public Settings {
      targets = List.copyOf(targets);
      methods = List.copyOf(methods);
      check(seeds > 0, "seeds", "must be at least 1", seeds);
      check(distance >= 0 && distance <= 100, "distance", "must be between 0 and 100", distance);
      check(
          !targets.isEmpty() && targets.stream().allMatch(n -> n > 0 && n <= 1_000_000),
          "targets",
          "name numbers of samples between 1 and 1000000",
          targets);
      check(!methods.isEmpty(), "methods", "name at least one", methods);
      check(threads > 0, "threads", "must be at least 1", threads);
    }

    private static void check(boolean valid, String option, String rule, Object value) {
      if (!valid) {
        throw new DataException("--" + option + ": " + rule + ", not " + value);
      }
    }

    /** How often the listener is told. */
    public int cells() {
      return seeds * (1 + targets.size() * methods.size());
    }
  }

  /** The error of one model on the target's test rows, in y's unit. */
  public record Cell(Method method, int n, int seed, double rmse) {}

  /** Mean and standard deviation (over n − 1) of the seeds; a single seed has deviation 0. */
  public record Summary(Method method, int n, double mean, double std) {}

  /** Mean errors of the source model on the source's own test rows, in y's unit. */
  public record SourceErrors(double trained, double pruned, double allocated) {}

  /** All of it. */
  public record Results(
      Settings settings,
      List<Cell> results,
      List<Summary> summary,
      SourceErrors source,
      double seconds) {}

  private record SeedResults(List<Cell> cells, SourceErrors source) {}

  private final Settings settings;
  private final Runnable onCell;

  /**
   * @param onCell run after each of {@link Settings#cells()} steps, from several threads
   */
  public FriedmanExperiment(Settings settings, Runnable onCell) {
    this.settings = settings;
    this.onCell = onCell;
  }

  /** Runs every seed. */
  public Results run() {
    long start = System.nanoTime();
    ExecutorService pool =
        Executors.newFixedThreadPool(Math.min(settings.threads(), settings.seeds()));
    try {
      ExecutorCompletionService<SeedResults> running = new ExecutorCompletionService<>(pool);
      for (int seed = 0; seed < settings.seeds(); seed++) {
        int own = seed;
        running.submit(() -> runSeed(own));
      }
      List<SeedResults> done = new ArrayList<>();
      for (int i = 0; i < settings.seeds(); i++) {
        done.add(running.take().get());
      }
      return summarize(done, (System.nanoTime() - start) / 1e9);
    } catch (ExecutionException e) {
      throw Causes.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the experiment was interrupted");
    } finally {
      pool.shutdownNow();
    }
  }

  private Results summarize(List<SeedResults> done, double seconds) {
    List<Cell> cells = new ArrayList<>();
    done.forEach(seed -> cells.addAll(seed.cells()));
    cells.sort(
        Comparator.comparing(Cell::method).thenComparing(Cell::n).thenComparing(Cell::seed));
    List<Summary> summary = new ArrayList<>();
    for (Method method : settings.methods()) {
      for (int n : settings.targets()) {
        double[] errors =
            cells.stream()
                .filter(cell -> cell.method() == method && cell.n() == n)
                .mapToDouble(Cell::rmse)
                .toArray();
        double mean = Arrays.stream(errors).average().orElseThrow();
        double squared =
            Arrays.stream(errors).map(e -> (e - mean) * (e - mean)).sum();
        double std = errors.length > 1 ? Math.sqrt(squared / (errors.length - 1)) : 0;
        summary.add(new Summary(method, n, mean, std));
      }
    }
    SourceErrors source =
        new SourceErrors(
            done.stream().mapToDouble(s -> s.source().trained()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().pruned()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().allocated()).average().orElseThrow());
    return new Results(settings, cells, summary, source, seconds);
  }

  /** Rows as the core takes them. */
  private record Rows(FloatBuffer x, FloatBuffer y, int count) {

    static Rows of(Friedman.Sample sample, double mean, double std) {
      int rows = sample.y().length;
      FloatBuffer x = direct(rows * Friedman.INPUTS);
      FloatBuffer y = direct(rows);
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < Friedman.INPUTS; i++) {
          x.put(r * Friedman.INPUTS + i, (float) sample.x()[r][i]);
        }
        y.put(r, (float) ((sample.y()[r] - mean) / std));
      }
      return new Rows(x, y, rows);
    }

    private static FloatBuffer direct(int floats) {
      return ByteBuffer.allocateDirect(floats * 4).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }
  }

  private SeedResults runSeed(int seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Friedman sourceTask = Friedman.source(settings.distance(), random);
    Friedman.Sample sourceSample = sourceTask.sample(SOURCE_ROWS, true, random);
    double mean = sourceSample.mean();
    double std = sourceSample.std();
    Rows source = Rows.of(sourceSample, mean, std);
    Rows sourceTest = Rows.of(sourceTask.sample(TEST_ROWS, false, random), mean, std);
    Rows test = Rows.of(Friedman.target().sample(TEST_ROWS, false, random), mean, std);

    List<Cell> cells = new ArrayList<>();
    try (NativeNetwork network = new NativeNetwork(NETWORK)) {
      List<TensorInfo> tensors = network.tensors();
      FitRange all = FitRange.all(tensors);
      network.initialize(seed);
      fit(network, all, source, SOURCE_EPOCHS, seed * 4L);
      float[] trained = network.parameters();
      final double trainedError = rmse(network, sourceTest, std);

      boolean[] prunable = new boolean[tensors.size()];
      for (TensorInfo tensor : tensors) {
        prunable[tensor.index()] = tensor.prunable();
      }
      MaskBits mask = network.prune(RATIO, PruningScope.GLOBAL.ordinal(), prunable);
      final double prunedError = rmse(network, sourceTest, std);
      fit(network, FitRange.kept(mask, tensors), source, SOURCE_EPOCHS, seed * 4L + 1);
      float[] base = network.parameters();
      final double allocatedError = rmse(network, sourceTest, std);
      onCell.run();

      for (int n : settings.targets()) {
        // Every method sees the same samples, and every size draws its own.
        RandomGenerator draw =
            RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003L + n);
        Rows target = Rows.of(Friedman.target().sample(n, true, draw), mean, std);
        for (Method method : settings.methods()) {
          float[] start = method.weights(trained, mask, base);
          if (start == null) {
            network.initialize(seed + 1_000_000L);
            start = network.parameters();
          }
          network.setParameters(start);
          FitRange range = method.range(tensors, mask, tensor -> false, LAMBDA, start);
          fit(network, range, target, TARGET_EPOCHS, seed * 4L + (method.keepsBase() ? 2 : 0));
          cells.add(new Cell(method, n, seed, rmse(network, test, std)));
          onCell.run();
        }
      }
      return new SeedResults(
          cells, new SourceErrors(trainedError, prunedError, allocatedError));
    }
  }

  private static void fit(
      NativeNetwork network, FitRange range, Rows rows, int epochs, long seed) {
    FitSettings settings =
        new FitSettings(
            Loss.MSE.ordinal(),
            1,
            Optimizer.ADAM.ordinal(),
            0,
            0,
            LEARNING_RATE,
            Schedule.CONSTANT.ordinal(),
            epochs,
            BATCH,
            0,
            0,
            seed,
            1);
    network.fit(
        settings,
        range,
        rows.x(),
        rows.y(),
        rows.count(),
        (epoch, train, validation) -> !Thread.currentThread().isInterrupted());
  }

  private static double rmse(NativeNetwork network, Rows test, double std) {
    float[] predicted = network.predict(test.x(), test.count(), 1);
    double sum = 0;
    for (int r = 0; r < test.count(); r++) {
      double difference = predicted[r] - test.y().get(r);
      sum += difference * difference;
    }
    return Math.sqrt(sum / test.count()) * std;
  }
}
