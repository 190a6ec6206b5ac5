package org.pacnet.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.Simulator;
import org.pacnet.config.Compute;
import org.pacnet.config.Equation;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.PruningScope;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.Platform;
import org.pacnet.internal.statistics.Means;
import org.pacnet.result.Monitor;
import org.pacnet.result.Trial;

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
   * @param tuned whether to choose each method's settings by cross-validation on the target's rows
   *     ({@link Model#compare}), and to add what {@link Model#tune} chooses
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
      boolean tuned,
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
      return seeds * (1 + targets.size() * (methods.size() + (tuned ? 1 : 0)));
    }
  }

  /** The problems that there are. */
  public enum Problems {
    FRIEDMAN,
    FAMILY,
    REGIONS,
    ROUGH,
    WIDE,
    LEVELS,
    SHAPES,
    PENDULUM,
    LOTKA_VOLTERRA,
    DUFFING,
    SPRING_MASS,
    VAN_DER_POL,
    CARTPOLE,
    CARTPOLES,
    REACHER,
    REACHERS,
    HEAT,
    BURGERS,
    ALLEN_CAHN,
    WAVE;

    /** The problem at that distance. */
    public Problem at(double distance) {
      return switch (this) {
        case FRIEDMAN -> new Friedman(distance);
        case FAMILY -> new Family(distance);
        case REGIONS -> new Regions(distance);
        case ROUGH -> new Rough(distance);
        case WIDE -> new Wide(distance);
        case LEVELS -> new Levels(distance);
        case SHAPES -> new ShapesProblem();
        case PENDULUM -> new Dynamics(DynamicalSystem.PENDULUM, distance);
        case LOTKA_VOLTERRA -> new Dynamics(DynamicalSystem.LOTKA_VOLTERRA, distance);
        case DUFFING -> new Dynamics(DynamicalSystem.DUFFING, distance);
        case SPRING_MASS -> new Dynamics(DynamicalSystem.SPRING_MASS, distance);
        case VAN_DER_POL -> new Dynamics(DynamicalSystem.VAN_DER_POL, distance);
        case CARTPOLE -> new Control(ControlledSystem.CARTPOLE, distance, 1);
        case CARTPOLES -> new Control(ControlledSystem.CARTPOLE, distance, Control.SEVERAL);
        case REACHER -> new Control(ControlledSystem.REACHER, distance, 1);
        case REACHERS -> new Control(ControlledSystem.REACHER, distance, Control.SEVERAL);
        case HEAT -> new Fields(Equation.HEAT, distance);
        case BURGERS -> new Fields(Equation.BURGERS, distance);
        case ALLEN_CAHN -> new Fields(Equation.ALLEN_CAHN, distance);
        case WAVE -> new Fields(Equation.WAVE, distance);
      };
    }

    /** Whether an error is a share of rows that are wrong, and no distance. */
    public boolean countsMistakes() {
      return this == SHAPES;
    }

    /** As on the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The row of what tuning chooses. */
  public static final String TUNED = "tuned";

  /**
   * One target model.
   *
   * @param method its name, or {@link #TUNED}
   * @param error on the target's test rows, in the label's unit
   * @param sourceError of what is left of the source afterwards, on the source's test rows: the base, where
   *     the method keeps it, otherwise the target's own network; null where that has classes of its own
   * @param seconds that learning it took
   * @param reward of a step, in the mean, that a planner with the model achieves on the target; null where nothing is controlled
   */
  public record Cell(
      String method,
      int n,
      int seed,
      double error,
      @Nullable Double sourceError,
      double seconds,
      @Nullable Double reward) {}

  /**
   * All seeds of a method and a number of samples.
   *
   * @param mean of the errors
   * @param std their standard deviation (over seeds − 1); 0 for one seed
   * @param interval half the width of the 95 % confidence interval of the mean (Student's t); 0 for one seed
   * @param p of a paired t-test against pac over the seeds, by Holm's correction for the methods at that
   *     n; 1 where pac was not run, and for pac itself
   * @param reward the mean of the cells'
   */
  public record Summary(
      String method,
      int n,
      double mean,
      double std,
      double interval,
      double p,
      @Nullable Double sourceError,
      double seconds,
      @Nullable Double reward) {}

  /** Errors of the source model on the source's own test rows, in the label's unit. */
  public record SourceErrors(double trained, double pruned, double allocated) {}

  /**
   * All of it.
   *
   * @param leftOut methods that do not apply here, with why
   * @param source means over the seeds
   * @param bestReward what a planner achieves that knows the target as it is, the mean over the seeds; null where nothing is controlled
   * @param peakBytes the most memory that the process has held
   */
  public record Results(
      Settings settings,
      List<Cell> results,
      List<Summary> summary,
      Map<String, String> leftOut,
      SourceErrors source,
      @Nullable Double bestReward,
      double seconds,
      long peakBytes) {

    /** The names of the methods that were run. */
    public List<String> methods() {
      return summary.stream().map(Summary::method).distinct().toList();
    }

    /** What there is of one of them, a number of samples each. */
    public List<Summary> of(String method) {
      return summary.stream().filter(s -> s.method().equals(method)).toList();
    }

    /** A line for each cell, in a fixed order, without what differs from run to run. */
    public String csv() {
      StringBuilder csv = new StringBuilder("problem,distance,method,n,seed,error,source_error,reward\n");
      String problem = settings.problem().toString();
      for (Cell cell : results) {
        csv.append(problem).append(',').append(settings.distance()).append(',');
        csv.append(cell.method()).append(',').append(cell.n()).append(',').append(cell.seed());
        csv.append(',').append(cell.error()).append(',').append(orEmpty(cell.sourceError())).append(',').append(orEmpty(cell.reward())).append('\n');
      }
      return csv.toString();
    }

    private static String orEmpty(@Nullable Double value) {
      return value == null ? "" : value.toString();
    }
  }

  private record SeedResults(List<Cell> cells, SourceErrors source, @Nullable Double bestReward) {}

  private final Settings settings;
  private final Problem problem;
  private final Runnable onCell;
  private final @Nullable Path out;
  private final Map<String, String> leftOut = new ConcurrentSkipListMap<>();
  private final Monitor monitor = new Monitor();

  /**
   * @param out where to write the cells, as CSV; what is done is kept beside it until all is, so that the
   *     same experiment goes on where it was ended. Null for nowhere
   * @param onCell run after each of {@link Settings#cells()} steps, from several threads
   */
  public Experiment(Settings settings, @Nullable Path out, Runnable onCell) {
    this.settings = settings;
    this.out = out;
    this.onCell = onCell;
    problem = settings.problem().at(settings.distance());
  }

  /** Runs every seed that is not done. */
  public Results run() {
    if (out == null) {
      return run(null);
    }
    Path journalFile = out.resolveSibling(out.getFileName() + ".journal");
    Map<String, Object> what = new LinkedHashMap<>();
    what.put("problem", settings.problem());
    what.put("distance", settings.distance());
    what.put("firstSeed", settings.firstSeed());
    what.put("seeds", settings.seeds());
    what.put("targets", settings.targets());
    what.put("methods", settings.methods());
    what.put("tuned", settings.tuned());
    what.put("config", settings.config().toBuilder().compute(Compute.DEFAULT).build());
    Results results;
    try (Journal journal = new Journal(journalFile, what)) {
      results = run(journal);
    }
    byte[] csv = results.csv().getBytes(StandardCharsets.UTF_8);
    AtomicWrite.file(out, temporary -> Files.write(temporary, csv));
    return results;
  }

  private Results run(@Nullable Journal journal) {
    long start = System.nanoTime();
    ExecutorService pool =
        Executors.newFixedThreadPool(Math.min(settings.threads(), settings.seeds()));
    try {
      ExecutorCompletionService<SeedResults> running = new ExecutorCompletionService<>(pool);
      for (int i = 0; i < settings.seeds(); i++) {
        int seed = settings.firstSeed() + i;
        running.submit(() -> runSeed(seed, journal));
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
      try {
        // Nobody may write to a journal that is closed, or read what is removed.
        pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      problem.close();
    }
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(settings.methods().stream().map(Method::toString).toList());
    if (settings.tuned()) {
      names.add(TUNED);
    }
    return names;
  }

  private Results summarize(List<SeedResults> done, double seconds) {
    List<String> names = names();
    List<Cell> cells = new ArrayList<>();
    done.forEach(seed -> cells.addAll(seed.cells()));
    cells.sort(
        Comparator.<Cell>comparingInt(cell -> names.indexOf(cell.method()))
            .thenComparing(Cell::n)
            .thenComparing(Cell::seed));
    List<Summary> summary = new ArrayList<>();
    for (int n : settings.targets()) {
      Map<String, double[]> errors = new LinkedHashMap<>();
      for (String method : names) {
        double[] own =
            cells.stream()
                .filter(cell -> cell.method().equals(method) && cell.n() == n)
                .mapToDouble(Cell::error)
                .toArray();
        if (own.length > 0) {
          errors.put(method, own);
        }
      }
      Map<String, Double> p = Statistics.holm(errors, Method.PAC.toString());
      errors.forEach(
          (method, own) -> {
            List<Cell> mine =
                cells.stream().filter(c -> c.method().equals(method) && c.n() == n).toList();
            double mean = Arrays.stream(own).average().orElseThrow();
            double std = Means.deviation(own);
            summary.add(
                new Summary(
                    method,
                    n,
                    mean,
                    std,
                    Means.halfInterval(own),
                    p.getOrDefault(method, 1.0),
                    mean(mine, Cell::sourceError),
                    mine.stream().mapToDouble(Cell::seconds).average().orElseThrow(),
                    mean(mine, Cell::reward)));
          });
    }
    summary.sort(Comparator.<Summary>comparingInt(s -> names.indexOf(s.method())));
    SourceErrors source =
        new SourceErrors(
            done.stream().mapToDouble(s -> s.source().trained()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().pruned()).average().orElseThrow(),
            done.stream().mapToDouble(s -> s.source().allocated()).average().orElseThrow());
    return new Results(settings, cells, summary, new TreeMap<>(leftOut), source, mean(done, SeedResults::bestReward), seconds, Platform.peakBytes());
  }

  // Null where one of them has none.
  private static <T> @Nullable Double mean(List<T> all, Function<T, @Nullable Double> of) {
    double sum = 0;
    for (T one : all) {
      Double value = of.apply(one);
      if (value == null) {
        return null;
      }
      sum += value;
    }
    return sum / all.size();
  }

  private SeedResults runSeed(int seed, @Nullable Journal journal) {
    Task task = new Task(seed, journal);
    try {
      List<Cell> cells = new ArrayList<>();
      SourceErrors source = task.known("source " + seed, SourceErrors.class, task::errors);
      Double best =
          problem instanceof Controlled controlled
              ? task.known("truth " + seed, Double.class, () -> controlled.control(controlled.truth(), seed))
              : null;
      onCell.run();
      for (String method : names()) {
        for (int n : settings.targets()) {
          String key = method + " " + n + " " + seed;
          if (!leftOut.containsKey(method)) {
            try {
              cells.add(task.known(key, Cell.class, () -> task.cell(method, n)));
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
      return new SeedResults(cells, source, best);
    } finally {
      task.bases.values().forEach(Model::close);
    }
  }

  /** A seed's work, with the models that it makes when it first needs them. */
  private final class Task {
    private final int seed;
    private final @Nullable Journal journal;
    private final TransferConfig config;
    private final Map<PruningScope, Model> bases = new EnumMap<>(PruningScope.class);
    private final Map<String, Data> drawn = new LinkedHashMap<>();

    Task(int seed, @Nullable Journal journal) {
      this.seed = seed;
      this.journal = journal;
      config = by(settings.config(), Method.PAC).toBuilder().seed(seed).compute(c -> c.threads(1)).build();
    }

    // What strength is given is every method's.
    private static TransferConfig by(TransferConfig config, Method method) {
      MethodSpec is = config.method();
      return config.toBuilder().method(is.as(method).withLambda(is.lambda())).build();
    }

    <T> T known(String key, Class<T> type, Supplier<T> make) {
      JsonNode before = journal == null ? null : journal.get(key);
      if (before != null) {
        try {
          return Json.MAPPER.treeToValue(before, type);
        } catch (JsonProcessingException e) {
          throw new DataException("the journal is damaged: remove it", e);
        }
      }
      T made = make.get();
      if (journal != null) {
        journal.put(key, made);
      }
      return made;
    }

    private Data source() {
      return drawn.computeIfAbsent("source", what -> problem.source(seed));
    }

    private Data sourceTest() {
      return drawn.computeIfAbsent("source test", what -> problem.sourceTest(seed));
    }

    private Data test() {
      return drawn.computeIfAbsent("test", what -> problem.test(seed));
    }

    // The first is trained, the others are the same one pruned otherwise.
    private Model base(PruningScope scope) {
      Model first = bases.get(config.prune().scope());
      if (first == null) {
        first = Model.train(source(), config, monitor);
        bases.put(config.prune().scope(), first);
        first.prune();
        first.allocate(source(), monitor);
        if (settings.methods().stream().anyMatch(method -> method.needs(Method.Need.RELATIVES))) {
          first.calibrateAll(problem.relatives(seed), config, false, known -> {}, monitor);
        }
      }
      Model other = bases.get(scope);
      if (other == null) {
        other = first.copy();
        bases.put(scope, other);
        other.prune(config.prune().ratio(), scope);
        other.allocate(source(), monitor);
      }
      return other;
    }

    SourceErrors errors() {
      Model model = base(config.prune().scope());
      return new SourceErrors(
          model.evaluate(Model.Weights.SOURCE, sourceTest()).error(),
          model.evaluate(Model.Weights.PRUNED, sourceTest()).error(),
          model.evaluate(sourceTest()).error());
    }

    Cell cell(String name, int n) {
      Data rows = drawn.computeIfAbsent("target " + n, what -> problem.target(seed, n));
      TransferConfig how = config;
      Model model = base(config.prune().scope());
      long start = System.nanoTime();
      if (name.equals(TUNED)) {
        how = model.tune(rows, config, monitor).best().config();
      } else {
        how = by(config, Method.of(name));
        model = base(how.pruningScope());
        start = System.nanoTime();
      }
      Method method = how.method().kind();
      Data pool = method.needs(Method.Need.SOURCE_ROWS) ? source() : null;
      if (settings.tuned() && !name.equals(TUNED)) {
        how =
            model.compare(rows, pool, List.of(method), true, how, monitor).trials().stream()
                .map(Trial::config)
                .filter(tried -> tried.method().kind() == method)
                .findFirst()
                .orElseThrow();
      }
      try {
        model.calibrate("t", rows, pool, how, monitor);
      } catch (DataException e) {
        if (!e.settings().contains("relatives")) {
          throw e;
        }
        // None of the others is near, and it says what to take.
        model.calibrate("t", rows, pool, by(config, Method.PAC), monitor);
      }
      final double seconds = (System.nanoTime() - start) / 1e9;
      boolean kept = how.method().kind().keepsBase();
      Double left = null;
      if (kept) {
        left = model.evaluate(sourceTest()).error();
      } else if (!model.hasOwnClasses("t")) {
        left = model.evaluate("t", sourceTest()).error();
      }
      return new Cell(name, n, seed, model.evaluate("t", test()).error(), left, seconds, reward(model));
    }

    private @Nullable Double reward(Model model) {
      if (!(problem instanceof Controlled controlled)) {
        return null;
      }
      try (Simulator simulator = model.simulator("t")) {
        return controlled.control((seen, plans) -> simulator.follow(seen, plans, ControlledSystem.INTERVAL), seed);
      }
    }
  }
}
