package org.pacnet.internal.select;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.DivergedException;
import org.pacnet.internal.base.PairedLosses;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.learn.Calibration;
import org.pacnet.internal.learn.Fitted;
import org.pacnet.internal.learn.Folds;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.Subset;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.FoldColumn;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Monitor;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;

/**
 * Cross-validates ways to learn a target, on the target's own rows: every candidate on the same folds,
 * and what is random in it by the same seed.
 */
public final class Tuner {

  private static final int FOLDS = 5;
  // With few rows one dealing of them into folds decides too much.
  private static final int FEW_ROWS = 60;
  private static final int REPETITIONS = 2;
  // How many standard errors of their difference another candidate must be better by than the preferred one:
  // with few rows the lowest of ten numbers is often luck.
  private static final double CLEARLY = 1.5;

  private static final List<Method> POOLED = List.of(Method.POOLED_LINEAR, Method.TREES);
  // Beside the half that is usual, of the weight of all rows.
  private static final List<Double> SHARES = List.of(0.2, 0.8);

  // A Gaussian process of more is refused.
  private static final int MOST_PROCESS_ROWS = 5000;

  private final Phases phases;
  private final ModelState from;
  private final TargetRows target;
  private final @Nullable EncodedData source;
  private final TransferConfig settings;
  private final Monitor monitor;
  private final List<Tuning.Diverged> diverged = new ArrayList<>();

  public Tuner(
      Phases phases,
      ModelState from,
      TargetRows target,
      @Nullable EncodedData source,
      TransferConfig settings,
      Monitor monitor) {
    this.phases = phases;
    this.from = from;
    this.target = target;
    this.source = source;
    this.settings = settings;
    this.monitor = monitor;
    if (target.rows().rows() < 2) {
      throw new DataException(
          target.schema().trajectories() == null
              ? "one row of the target is too few to choose by: it takes two, and better five"
              : "one piece of a trajectory of the target is too few to choose by: it takes two, and better six; or two trajectories",
          "tune");
    }
    FoldColumn fold = FoldColumn.of(settings.calibrate());
    if (fold != null && dealings(1).get(0).count() < (fold.time() ? 1 : 2)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              fold.time()
                  ? "all %d rows of the target are of one time by column %s: it takes two times, and better six"
                  : "all %d rows of the target belong together by column %s: it takes two groups, and better five",
              target.rows().rows(),
              fold.name()),
          fold.setting());
    }
  }

  /**
   * What a target's rows teach, and where the settings ask for intervals how far off it is on rows that it has not seen.
   *
   * @param optimism of the {@link Tuning} that chose the settings on these rows; 1 where nothing did
   * @param fitted what its fit gave, where that was done together with others'
   */
  public static TargetModel learn(
      Phases phases,
      ModelState from,
      String name,
      TargetRows target,
      @Nullable EncodedData source,
      TransferConfig settings,
      double optimism,
      @Nullable Fitted fitted,
      Monitor monitor) {
    from.requireBase();
    try (Calibration calibration = new Calibration(phases, from, target, source, settings, monitor)) {
      TargetModel learnt = calibration.run(name, fitted);
      return settings.calibrate().intervals()
          ? learnt.withResiduals(
              new Tuner(phases, from, target, source, learnt.config(), monitor).residuals(optimism),
              target.rows().inOrder() ? null : target.rows().groups())
          : learnt;
    }
  }

  /**
   * What is tried of a method, the default first: four settings for one that trains a network with the settings that it is given, three of how much
   * the target's rows count for one that learns from the source's too; the others choose theirs from the rows as they learn.
   */
  List<TransferConfig> variants(Method method) {
    TransferConfig first = defaults(method);
    if (POOLED.contains(method) && settings.calibrate().targetShare() == null) {
      List<TransferConfig> all = new ArrayList<>(List.of(first));
      SHARES.forEach(share -> all.add(first.toBuilder().calibrate(c -> c.targetShare(share)).build()));
      return all;
    }
    if (!first.method().kind().trainsNetwork() || first.method().kind() == Method.PAC_STACK) {
      return List.of(first);
    }
    double slow = settings.target().learningRate() / 3;
    int few = Math.max(1, settings.target().epochs() / 3);
    List<TransferConfig> all = new ArrayList<>(List.of(first));
    if (first.method().kind().strength() > 0) {
      all.add(first.toBuilder().lambda(first.strength() / 10).build());
      all.add(first.toBuilder().lambda(first.strength() * 10).build());
    } else {
      all.add(first.toBuilder().target(f -> f.learningRate(slow)).build());
      all.add(first.toBuilder().target(f -> f.epochs(few)).build());
    }
    // A third of the steps, each a third as long, for targets that are near.
    all.add(first.toBuilder().target(f -> f.learningRate(slow).epochs(few)).build());
    return all;
  }

  /** For the same rows of the target, on another base. */
  public Tuner on(ModelState base) {
    return new Tuner(phases, base, target, source, settings, monitor);
  }

  /** What is tried unless the caller says: in the order of preference between equals. */
  List<TransferConfig> candidates() {
    List<TransferConfig> all = new ArrayList<>();
    boolean table = Phases.predictsLabels(settings, target.schema());
    boolean numbers = !target.schema().classification();
    TransferConfig safe = defaults(Method.AUTO);
    if (safe.method().kind() != Method.PAC) {
      all.add(safe);
    }
    if (table && numbers && target.rows().rows() <= MOST_PROCESS_ROWS) {
      all.add(defaults(Method.PAC_STACK));
    }
    all.addAll(variants(Method.PAC));
    if (!numbers) {
      all.add(defaults(Method.PAC_ENSEMBLE));
    }
    if (target.schema().image() != null && safe.method().kind() != Method.FINETUNE_HEAD) {
      all.add(defaults(Method.FINETUNE_HEAD));
    }
    if (table && numbers) {
      all.add(defaults(Method.AFFINE));
      all.add(defaults(Method.RIDGE_RESIDUAL));
      if (target.rows().rows() <= MOST_PROCESS_ROWS) {
        all.add(defaults(Method.GP_RESIDUAL));
        all.add(defaults(Method.GP));
      }
      for (Method pooled : POOLED) {
        if (Calibration.hasSourceRows(pooled, from)) {
          all.addAll(variants(pooled));
        }
      }
    }
    if (!target.ownHead()) {
      all.add(defaults(Method.UNTOUCHED));
    } else {
      all.add(defaults(Method.SCRATCH));
    }
    if (!settings.calibrate().extra().isEmpty()) {
      // Those that would leave the columns out have no part in it.
      all.removeIf(one -> one.method().kind() != Method.UNTOUCHED && !one.method().kind().takesOwnInputs());
    }
    return all;
  }

  /** A method with its own strength, the rest being as set. */
  public TransferConfig defaults(Method method) {
    // What is its own to be set counts where the settings are of that method.
    return Calibration.asTrained(
        Calibration.resolved(settings.toBuilder().method(settings.method().as(method).withLambda(null)).build(), from, target));
  }

  /**
   * Tries methods.
   *
   * @param methods what to try, each with its own defaults; empty for {@link #candidates()}
   * @param tuned whether to try each method's {@link #variants}: its trial is then the best of them
   */
  public Tuning run(List<Method> methods, boolean tuned) {
    boolean table = Phases.predictsLabels(settings, target.schema());
    boolean process = table && !target.schema().classification() && target.rows().rows() <= MOST_PROCESS_ROWS;
    List<Method> rivals = new ArrayList<>(List.of(process ? Method.GP : Method.SCRATCH));
    if (!target.ownHead()) {
      rivals.add(0, Method.UNTOUCHED);
    }
    List<TransferConfig> candidates = methods.isEmpty() ? candidates() : new ArrayList<>();
    methods.forEach(
        method -> candidates.addAll(tuned ? variants(method) : List.of(defaults(method))));
    for (Method rival : rivals) {
      if (candidates.stream().noneMatch(candidate -> candidate.method().kind() == rival)) {
        candidates.add(defaults(rival));
      }
    }
    List<Trial> trials = trials(candidates);
    if (tuned) {
      Map<Method, List<Trial>> own = new LinkedHashMap<>();
      trials.forEach(t -> own.computeIfAbsent(t.config().method().kind(), m -> new ArrayList<>()).add(t));
      trials = own.values().stream().map(each -> each.get(chosen(each.stream().map(Trial::losses).toList()))).toList();
    }
    return tuning(trials, rivals.get(rivals.size() - 1));
  }

  private static @Nullable Trial by(List<Trial> trials, Method method) {
    return trials.stream().filter(t -> t.config().method().kind() == method).findFirst().orElse(null);
  }

  private Tuning tuning(List<Trial> trials, Method rowsAlone) {
    Trial untouched = by(trials, Method.UNTOUCHED);
    Trial alone = by(trials, rowsAlone);
    if (untouched == null && alone == null) {
      throw new DivergedException(
          "there is nothing to compare with: " + diverged.get(diverged.size() - 1).problem());
    }
    Trial best = trials.get(chosen(trials.stream().map(Trial::losses).toList()));
    List<Trial> sorted = new ArrayList<>(trials);
    sorted.sort(Comparator.comparingDouble(Trial::loss));
    return new Tuning(
        best,
        List.copyOf(sorted),
        untouched,
        alone,
        target.rows().provenance(),
        testToTraining(),
        unit(),
        diverged,
        optimism(trials, best));
  }

  // Each row, or what belongs together, is off by what would have been chosen without it.
  private double optimism(List<Trial> trials, Trial best) {
    int[] groups = target.rows().inOrder() ? null : target.rows().groups();
    int n = best.losses().length;
    double honest = 0;
    for (int unit : IntStream.range(0, n).map(r -> groups == null ? r : groups[r]).distinct().toArray()) {
      IntPredicate own = r -> (groups == null ? r : groups[r]) == unit;
      int[] others = IntStream.range(0, n).filter(own.negate()).toArray();
      int without = chosen(trials.stream().map(t -> IntStream.of(others).mapToDouble(r -> t.losses()[r]).toArray()).toList());
      honest += IntStream.range(0, n).filter(own).mapToDouble(r -> trials.get(without).losses()[r]).sum();
    }
    double said = Arrays.stream(best.losses()).sum();
    return said > 0 ? Math.max(1, Math.sqrt(honest / said)) : 1;
  }

  // How many rows a fold asks for each that it learns from.
  private double testToTraining() {
    Folds folds = dealings(1).get(0);
    double sum = 0;
    for (int fold = 0; fold < folds.count(); fold++) {
      sum += (double) folds.inside(fold).length / folds.outside(fold).length;
    }
    return sum / folds.count();
  }

  /** One more trial, on the same folds. */
  public static Tuning with(Tuning tuning, Trial trial, boolean isBest) {
    List<Trial> all = new ArrayList<>(tuning.trials());
    all.add(trial);
    all.sort(Comparator.comparingDouble(Trial::loss));
    return new Tuning(
        isBest ? trial : tuning.best(),
        all,
        tuning.untouched(),
        tuning.alone(),
        tuning.data(),
        tuning.testToTraining(),
        tuning.unit(),
        tuning.diverged(),
        tuning.optimism());
  }

  // The first, unless another is clearly better.
  private static int chosen(List<double[]> losses) {
    int chosen = 0;
    for (int k = 1; k < losses.size(); k++) {
      if (PairedLosses.clearlyLess(losses.get(k), losses.get(chosen), null, CLEARLY)) {
        chosen = k;
      }
    }
    return chosen;
  }

  /** Whether the first has lower losses, by more than luck. */
  public static boolean clearlyBetter(Trial trial, Trial than) {
    return PairedLosses.clearlyLess(trial.losses(), than.losses(), null, CLEARLY);
  }

  /**
   * How far predictions are off of rows that a model with these settings has not seen, without sign, [rows,
   * labels]; for a regression.
   *
   * @param optimism as for {@link #learn}
   */
  float[] residuals(double optimism) {
    if (target.schema().classification() || !Phases.predictsLabels(settings, target.schema())) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "intervals are for numbers in tables (the network mlp), and this is %s",
              target.schema().classification()
                  ? "a classification"
                  : "a network of a differential equation"),
          "intervals");
    }
    // Dealt unlike any of the dealings that chose these settings, in which they were lucky.
    Folds folds = Folds.heldOut(target.rows(), FOLDS, -1 - settings.seed());
    // Where each row, or what belongs together, is a fold of its own there is one dealing alone.
    int[] groups = target.rows().groups();
    long units = groups == null ? target.rows().rows() : Arrays.stream(groups).distinct().count();
    boolean alone = folds.count() == units;
    double wider = alone && !target.rows().inOrder() ? optimism : 1;
    float[] off = predictions(List.of(settings), List.of(folds)).get(0).sound().get(0);
    FloatBuffer labels = new Subset(target.rows(), folds.asked()).labels();
    for (int i = 0; i < off.length; i++) {
      off[i] = (float) (wider * Math.abs(off[i] - labels.get(i)));
    }
    return off;
  }

  /** These settings' errors when they learn from a quarter, a half, three quarters and all of the folds' rows. */
  public LearningCurve curve() {
    int n = target.rows().rows();
    List<Folds> whole = dealings(REPETITIONS);
    List<LearningCurve.Point> points = new ArrayList<>();
    for (int quarter = 1; quarter <= 4; quarter++) {
      double share = quarter / 4.0;
      List<Folds> dealings = whole.stream().map(folds -> folds.reduced(share)).toList();
      Folds first = dealings.get(0);
      int rows =
          (int) Math.round(IntStream.range(0, first.count()).map(f -> first.outside(f).length).average().orElseThrow());
      if (rows >= 2) {
        List<float[]> unseen = predictions(List.of(settings), dealings).get(0).sound();
        points.add(new LearningCurve.Point(rows, trial(settings, unseen, dealings).error()));
      }
    }
    if (points.size() < 2) {
      throw new DataException(
          n + " rows of the target are too few for a learning curve: it takes five",
          "learningCurve");
    }
    return new LearningCurve(List.copyOf(points), n, unit());
  }

  /** Which columns matter, by models of these settings that have not seen the rows that they are asked of. */
  public Importance importance() {
    if (!Phases.predictsLabels(settings, target.schema())) {
      throw new DataException("which inputs matter is asked of tables (the network mlp)", "importance");
    }
    Folds folds = dealings(1).get(0);
    Importances found = new Importances(phases, from, target, settings.seed());
    for (int fold = 0; fold < folds.count(); fold++) {
      found.ask(learn(settings, folds.outside(fold)), folds.inside(fold));
    }
    return found.found(unit());
  }

  private String unit() {
    return target.schema().classification()
        ? ""
        : target.schema().labels().stream()
            .map(Schema.Label::name)
            .collect(Collectors.joining(", "));
  }

  private List<Folds> dealings(int count) {
    List<Folds> dealings = new ArrayList<>();
    for (int i = 0; i < (target.rows().inOrder() ? 1 : count); i++) {
      dealings.add(Folds.heldOut(target.rows(), FOLDS, settings.seed() * REPETITIONS + i));
    }
    return dealings;
  }

  /** One trial for each of these settings with which training does not diverge, in their order. */
  public List<Trial> trials(List<TransferConfig> candidates) {
    List<Folds> dealings = dealings(target.rows().rows() <= FEW_ROWS ? REPETITIONS : 1);
    List<Answers> predictions = predictions(candidates, dealings);
    List<Trial> trials = new ArrayList<>();
    for (int c = 0; c < candidates.size(); c++) {
      Answers answers = predictions.get(c);
      if (answers.problem() == null) {
        trials.add(trial(candidates.get(c), answers.dealings(), dealings));
      } else {
        diverged.add(
            new Tuning.Diverged(
                candidates.get(c), String.valueOf(answers.problem().getMessage())));
      }
    }
    return trials;
  }

  // For each dealing into folds, predictions of all rows that are in them by models that have not seen them; problem: what keeps them
  // from being whole.
  private record Answers(List<float[]> dealings, @Nullable DivergedException problem) {
    List<float[]> sound() {
      if (problem != null) {
        throw problem;
      }
      return dealings;
    }
  }

  private List<Answers> predictions(List<TransferConfig> candidates, List<Folds> dealings) {
    int width = target.schema().outputWidth();
    ExecutorService pool = Executors.newFixedThreadPool(settings.compute().threads());
    try {
      List<List<List<Future<float[]>>>> running = new ArrayList<>();
      for (TransferConfig candidate : candidates) {
        TransferConfig alone = candidate.toBuilder().compute(c -> c.threads(1)).build();
        List<List<Future<float[]>>> own = new ArrayList<>();
        for (Folds folds : dealings) {
          List<Future<float[]>> answers = new ArrayList<>();
          for (int fold = 0; fold < folds.count(); fold++) {
            int[] outside = folds.outside(fold);
            int[] inside = folds.inside(fold);
            answers.add(pool.submit(() -> unseen(alone, outside, inside)));
          }
          own.add(answers);
        }
        running.add(own);
      }
      List<Answers> all = new ArrayList<>();
      for (List<List<Future<float[]>>> candidate : running) {
        List<float[]> own = new ArrayList<>();
        DivergedException problem = null;
        for (int d = 0; d < dealings.size(); d++) {
          int[] asked = dealings.get(d).asked();
          float[] outputs = new float[asked.length * width];
          for (int fold = 0; fold < dealings.get(d).count(); fold++) {
            float[] answer;
            try {
              answer = candidate.get(d).get(fold).get();
            } catch (ExecutionException e) {
              if (e.getCause() instanceof DivergedException diverging) {
                problem = problem == null ? diverging : problem;
                continue;
              }
              throw e;
            }
            int[] inside = dealings.get(d).inside(fold);
            for (int i = 0; i < inside.length; i++) {
              int place = Arrays.binarySearch(asked, inside[i]);
              System.arraycopy(answer, i * width, outputs, place * width, width);
            }
          }
          own.add(outputs);
        }
        all.add(new Answers(own, problem));
      }
      return all;
    } catch (ExecutionException e) {
      throw Causes.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the cross-validation was interrupted");
    } finally {
      pool.shutdownNow();
    }
  }

  // What a candidate that learnt from some rows says of others.
  private float[] unseen(TransferConfig candidate, int[] outside, int[] inside) {
    TargetModel learnt = learn(candidate, outside);
    return phases.outputs(from, learnt, new Subset(target.rows(), inside)).outputs();
  }

  private TargetModel learn(TransferConfig candidate, int[] outside) {
    if (monitor.isCancelled()) {
      throw new CancelledException("tuning was cancelled");
    }
    try (Calibration calibration =
        new Calibration(phases, from, target.part(outside), source, candidate, monitor.cancelOnly())) {
      return calibration.run(TargetNames.NONE);
    }
  }

  private Trial trial(TransferConfig candidate, List<float[]> predictions, List<Folds> dealings) {
    int[] asked = dealings.get(0).asked(); // the same rows in each
    Subset rows = new Subset(target.rows(), asked);
    double[] losses = new double[asked.length];
    List<Double> foldLosses = new ArrayList<>();
    double error = 0;
    for (int d = 0; d < predictions.size(); d++) {
      float[] outputs = predictions.get(d);
      double[] own = Measure.losses(target.schema(), rows, outputs);
      for (int r = 0; r < losses.length; r++) {
        losses[r] += own[r] / predictions.size();
      }
      for (int fold = 0; fold < dealings.get(d).count(); fold++) {
        foldLosses.add(
            Arrays.stream(dealings.get(d).inside(fold))
                .mapToDouble(r -> own[Arrays.binarySearch(asked, r)])
                .average()
                .orElseThrow());
      }
      error += Measure.of(target.schema(), rows, outputs).error() / predictions.size();
    }
    return new Trial(candidate, error, losses, foldLosses.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
