package org.pacnet.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.pacnet.Model;
import org.pacnet.Monitor;
import org.pacnet.PruningScope;
import org.pacnet.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.Causes;
import org.pacnet.error.DataException;
import org.pacnet.method.Method;

/**
 * Target error against target size for each method, on a {@link Problem}: for each seed one source model,
 * for each number of samples one set of them, on which every method learns by the same facade that users
 * have.
 */
public final class Experiment {

  /**
   * What to run.
   *
   * @param problem its name
   * @param distance of the source from the target, at least 0
   * @param firstSeed seeds are this one and those that follow
   * @param seeds how many
   * @param targets numbers of target samples
   * @param methods to compare
   * @param config how to train; method, seed and threads are set for each cell
   * @param threads seeds that run at once, each on one thread: the results do not depend on it
   */
  public record Settings(
      Problems problem,
      double distance,
      int firstSeed,
      int seeds,
      List<Integer> targets,
      List<Method> methods,
      TransferConfig config,
      int threads) {

    public Settings {
      targets = List.copyOf(targets);
      methods = List.copyOf(methods);
      check(firstSeed >= 0, "firstSeed", "must be 0 or more", firstSeed);
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

    private static void check(boolean valid, String setting, String rule, Object value) {
      if (!valid) {
        throw new DataException(setting + " " + rule + ", not " + value, setting);
      }
    }

    /** How often the listener is told. */
    public int cells() {
      return seeds * (1 + targets.size() * methods.size());
    }
  }

  /** The problems that there are. */
  public enum Problems {
    FRIEDMAN,
    ROUGH,
    WIDE,
    LEVELS;

    /** The problem at that distance. */
    public Problem at(double distance) {
      return switch (this) {
        case FRIEDMAN -> new Friedman(distance);
        case ROUGH -> new Rough(distance);
        case WIDE -> new Wide(distance);
        case LEVELS -> new Levels(distance);
      };
    }
  }

  /**
   * One target model.
   *
   * @param error on the target's test rows, in the label's unit
   * @param seconds that learning it took
   */
  public record Cell(Method method, int n, int seed, double error, double seconds) {}

  /** Mean and standard deviation (over n − 1) of the seeds; a single seed has deviation 0. */
  public record Summary(Method method, int n, double mean, double std, double seconds) {}

  /** Mean errors of the source model on the source's own test rows, in the label's unit. */
  public record SourceErrors(double trained, double pruned, double allocated) {}

  /**
   * All of it.
   *
   * @param leftOut methods that do not apply here, with why
   */
  public record Results(
      Settings settings,
      List<Cell> results,
      List<Summary> summary,
      Map<Method, String> leftOut,
      SourceErrors source,
      double seconds) {}

  private record SeedResults(List<Cell> cells, SourceErrors source) {}

  private final Settings settings;
  private final Problem problem;
  private final Runnable onCell;
  private final Map<Method, String> leftOut = new ConcurrentSkipListMap<>();
  private final Monitor monitor = new Monitor();

  /**
   * @param onCell run after each of {@link Settings#cells()} steps, from several threads
   */
  public Experiment(Settings settings, Runnable onCell) {
    this.settings = settings;
    this.onCell = onCell;
    problem = settings.problem().at(settings.distance());
  }

  /** Runs every seed. */
  public Results run() {
    long start = System.nanoTime();
    ExecutorService pool =
        Executors.newFixedThreadPool(Math.min(settings.threads(), settings.seeds()));
    try {
      ExecutorCompletionService<SeedResults> running = new ExecutorCompletionService<>(pool);
      for (int i = 0; i < settings.seeds(); i++) {
        int seed = settings.firstSeed() + i;
        running.submit(() -> runSeed(seed));
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
      monitor.cancel();
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
        List<Cell> own =
            cells.stream().filter(cell -> cell.method() == method && cell.n() == n).toList();
        if (!own.isEmpty()) {
          summary.add(summary(method, n, own));
        }
      }
    }
    SourceErrors source =
        new SourceErrors(
            done.stream().mapToDouble(s -> s.source().trained()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().pruned()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().allocated()).average().orElseThrow());
    return new Results(settings, cells, summary, new TreeMap<>(leftOut), source, seconds);
  }

  private static Summary summary(Method method, int n, List<Cell> cells) {
    double[] errors = cells.stream().mapToDouble(Cell::error).toArray();
    double mean = Arrays.stream(errors).average().orElseThrow();
    double squared = Arrays.stream(errors).map(e -> (e - mean) * (e - mean)).sum();
    double std = errors.length > 1 ? Math.sqrt(squared / (errors.length - 1)) : 0;
    double seconds = cells.stream().mapToDouble(Cell::seconds).average().orElseThrow();
    return new Summary(method, n, mean, std, seconds);
  }

  private SeedResults runSeed(int seed) {
    TransferConfig config =
        settings.config().toBuilder().method(Method.PAC).seed(seed).threads(1).build();
    Data source = problem.source(seed);
    Data sourceTest = problem.sourceTest(seed);
    Data test = problem.test(seed);
    Map<PruningScope, Model> bases = new EnumMap<>(PruningScope.class);
    try (Model model = Model.train(source, config, monitor)) {
      final double trained = model.evaluate(sourceTest).error();
      model.prune();
      final double pruned = model.evaluate(Model.Weights.PRUNED, sourceTest).error();
      model.allocate(source, monitor);
      final double allocated = model.evaluate(sourceTest).error();
      bases.put(config.scope(), model);
      onCell.run();
      Map<Integer, Data> targets = new LinkedHashMap<>();
      settings.targets().forEach(n -> targets.put(n, problem.target(seed, n)));
      List<Cell> cells = new ArrayList<>();
      for (Method method : settings.methods()) {
        TransferConfig how = config.toBuilder().method(method).build();
        for (int n : settings.targets()) {
          if (!leftOut.containsKey(method)) {
            try {
              Model base = bases.computeIfAbsent(how.pruningScope(), s -> base(model, s, source));
              long start = System.nanoTime();
              Data rows = targets.get(n);
              boolean needsSource = method.needs(Method.Need.SOURCE_ROWS);
              base.calibrate("t", rows, needsSource ? source : null, how, monitor);
              double seconds = (System.nanoTime() - start) / 1e9;
              cells.add(new Cell(method, n, seed, base.evaluate("t", test).error(), seconds));
            } catch (DataException e) {
              if (!e.settings().contains("method")) {
                throw e;
              }
              leftOut.put(method, e.getMessage());
            }
          }
          onCell.run();
        }
      }
      return new SeedResults(cells, new SourceErrors(trained, pruned, allocated));
    } finally {
      bases.values().forEach(Model::close);
    }
  }

  // The same trained source, pruned otherwise.
  private Model base(Model trained, PruningScope scope, Data source) {
    Model other = trained.copy();
    other.prune(settings.config().ratio(), scope);
    other.allocate(source, monitor);
    return other;
  }
}
