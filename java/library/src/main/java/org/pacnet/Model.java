package org.pacnet;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Cnn;
import org.pacnet.config.Compute;
import org.pacnet.config.Fit;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Pinn;
import org.pacnet.config.PruningScope;
import org.pacnet.config.ResNet18;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.format.Learnt;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.learn.Distiller;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.Relatives;
import org.pacnet.internal.learn.Rows;
import org.pacnet.internal.learn.SourceEpochs;
import org.pacnet.internal.learn.Sources;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.internal.many.ByTarget;
import org.pacnet.internal.many.ManyTargets;
import org.pacnet.internal.onnx.OnnxModel;
import org.pacnet.internal.select.BaseRanking;
import org.pacnet.internal.select.Intervals;
import org.pacnet.internal.select.Suggester;
import org.pacnet.internal.select.Tuner;
import org.pacnet.internal.store.Exports;
import org.pacnet.internal.store.ModelStore;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Encoder;
import org.pacnet.internal.table.Groups;
import org.pacnet.internal.table.OwnInputs;
import org.pacnet.internal.table.SideColumns;
import org.pacnet.internal.table.TrajectoryEncoder;
import org.pacnet.predict.RowPredictor;
import org.pacnet.result.Family;
import org.pacnet.result.Importance;
import org.pacnet.result.LayerReport;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Ranking;
import org.pacnet.result.Suggestion;
import org.pacnet.result.TargetOutcome;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;

/**
 * A source model and any number of targets calibrated on it: PAC-Net (Myung et al., ICML 2022).
 *
 * <p>A model is made by {@link #train} and goes through {@link #prune} and {@link #allocate}; from
 * then on {@link #calibrate} adds targets, each of which leaves the base as it is, bit for bit. Every
 * phase checks its guarantee when it ends and throws a {@link
 * org.pacnet.error.GuaranteeException} if it does not hold. A phase that fails or is cancelled leaves
 * the model as it was.
 *
 * <p>Same seed, same data, same machine and same thread count give the same bits, whether the phases
 * ran in one go or one by one through files.
 *
 * <p>Methods may be called from any thread. Phases run one at a time, and what asks the model
 * meanwhile gets the answers of before the phase without waiting for it. A progress listener may ask
 * the model too, but neither start a phase nor expect the running one to survive {@link #close}.
 */
public final class Model implements AutoCloseable {

  // Less knowledge of the source and more room for the target: what small networks may need.
  private static final double ROOMY_RATIO = 0.5;
  private static final int MANY_ROWS = 1000;
  private static final int MOST_COPIES = 1000;
  private static final System.Logger LOG = System.getLogger("org.pacnet");

  private final Schema schema;
  private final TransferConfig config;
  private final Phases phases;
  private final List<TensorInfo> tensors;
  private final ReentrantLock phase = new ReentrantLock();
  private volatile ModelState state;
  private volatile boolean closed;

  private Model(Schema schema, TransferConfig config) {
    this(new Phases(schema, config), ModelState.trained(new float[0], null, null));
  }

  private Model(Phases phases, ModelState state) {
    this.phases = phases;
    this.state = state;
    schema = phases.schema();
    config = phases.config();
    tensors = phases.tensorsOf(schema);
  }

  static Model of(ModelStore.Loaded loaded) {
    return new Model(loaded.phases(), loaded.state());
  }

  // One phase at a time, from one state to the next. Other threads wait; the thread that runs one is
  // in its listener.
  private ModelState inPhase(UnaryOperator<ModelState> body) {
    if (phase.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "a phase of this model is running: its progress listener can't start another");
    }
    phase.lock();
    try {
      ModelState next = body.apply(current());
      current();
      state = next;
      return next;
    } finally {
      phase.unlock();
    }
  }

  private ModelState current() {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
    return state;
  }

  /**
   * All phases: {@link #train}, {@link #prune}, {@link #allocate}, {@link #calibrate}. Everything is
   * read and checked before the first of them begins.
   *
   * @param init weights to start from, as for {@link #train(Data, Path, TransferConfig, Monitor)}
   * @param test labelled rows of the target for a later {@link #evaluate(String, Data)}, which no
   *     phase sees; read only to find out now whether they fit. Null for none
   */
  public static Model transfer(
      Data source,
      @Nullable Path init,
      String name,
      Data target,
      @Nullable Data test,
      TransferConfig settings,
      Monitor monitor) {
    TargetNames.check(name);
    TransferConfig config = Sources.ignoring(source, settings);
    Phases.check(config, init);
    Encoder.Learned learned = Rows.learn(source, config, monitor.reading());
    Schema schema = learned.schema();
    Phases.checkPatterns(config.prune().excluded(), new Phases(schema, config).tensorsOf(schema));
    TargetRows targetRows = TargetRows.read(target, schema, config, monitor);
    if (test != null) {
      Rows.evaluation(test, targetRows.schema(), config.network(), monitor.reading());
    }
    Map<String, EncodedData> each = sources(source, name, schema, config, monitor);
    EncodedData sourceRows = learned.rows();
    Model trained = trained(schema, config, sourceRows, init, monitor);
    TransferConfig how = trained.config;
    trained.prune(how, how.pruningScope(), sourceRows, monitor);
    trained.allocate(sourceRows, monitor);
    each.forEach((one, rows) -> trained.calibrate(one, new TargetRows(schema, false, rows, null), null, known(how, rows.rows()), 1, monitor.cancelOnly()));
    trained.calibrate(name, targetRows, sourceRows, how, 1, monitor);
    return trained;
  }

  // How a source is learnt as a target: as long as a target is, and where it has many rows as long as the base was.
  private static TransferConfig known(TransferConfig how, int rows) {
    int epochs = (int) ((long) how.target().epochs() * MANY_ROWS / Math.max(MANY_ROWS, rows));
    return how.toBuilder()
        .method(Method.PAC)
        .calibrate(c -> c.intervals(false))
        .target(f -> f.epochs(Math.max(1, Math.max(epochs, how.source().epochs()))))
        .build();
  }

  // The sources that become targets, for a method that learns from other targets.
  private static Map<String, EncodedData> sources(Data source, String name, Schema schema, TransferConfig config, Monitor monitor) {
    if (!(source instanceof Data.Several several) || !config.method().kind().needs(Method.Need.RELATIVES)) {
      return Map.of();
    }
    Map<String, EncodedData> each = Sources.each(several, schema, config, monitor.reading());
    if (each.containsKey(name)) {
      throw new DataException(String.format(Locale.ROOT, "a source and the target are both called '%s': give the target another name", name), "name");
    }
    return each;
  }

  /** The same from random weights, and without test rows. */
  public static Model transfer(
      Data source, String name, Data target, TransferConfig config, Monitor monitor) {
    return transfer(source, null, name, target, null, config, monitor);
  }

  /** Phase 0: trains all weights on the source. */
  public static Model train(Data source, TransferConfig config, Monitor monitor) {
    return train(source, null, config, monitor);
  }

  /**
   * The same from weights made elsewhere.
   *
   * @param init safetensors with the names of PyTorch's module of the same network; with {@code source
   *     epochs} 0 they are taken for the trained source. Null for random weights
   */
  public static Model train(
      Data source, @Nullable Path init, TransferConfig settings, Monitor monitor) {
    TransferConfig config = Sources.ignoring(source, settings);
    Phases.check(config, init);
    Encoder.Learned learned = Rows.learn(source, config, monitor.reading());
    return trained(learned.schema(), config, learned.rows(), init, monitor);
  }

  private static Model trained(
      Schema schema, TransferConfig config, EncodedData rows, @Nullable Path init, Monitor monitor) {
    SourceEpochs.Chosen chosen = SourceEpochs.choose(schema, config, rows, init == null, monitor);
    Model model = new Model(schema, chosen.config());
    ended(
        model.inPhase(from -> model.phases.train(rows, init, chosen.heldOut(), monitor)), Phase.TRAIN, monitor);
    return model;
  }

  /** A model of its own that knows what this one knows now; that costs next to nothing. */
  public Model copy() {
    return new Model(phases, current());
  }

  /**
   * Phase 1: keeps the weights of largest magnitude, K = round((1 − ratio)·n) of n, and sets the
   * others to zero. Drops an earlier base and its targets.
   */
  public PhaseReport prune(double ratio, PruningScope scope, String... excluded) {
    TransferConfig how =
        config.toBuilder().prune(p -> p.ratio(ratio).scope(scope).excluded(excluded)).build();
    return prune(how, scope, null, new Monitor());
  }

  /** {@link #prune(double, PruningScope, String...)} with the configuration's settings. */
  public PhaseReport prune() {
    return prune(config, config.pruningScope(), null, new Monitor());
  }

  private PhaseReport prune(
      TransferConfig how, PruningScope rule, @Nullable EncodedData rows, Monitor monitor) {
    return ended(inPhase(from -> phases.prune(from, how, rule, rows)), Phase.PRUNE, monitor);
  }

  private static PhaseReport ended(ModelState after, Phase phase, Monitor monitor) {
    return ended(Objects.requireNonNull(after.reports().get(phase)), monitor);
  }

  private static PhaseReport ended(PhaseReport report, Monitor monitor) {
    LOG.log(
        Level.DEBUG,
        () ->
            String.format(
                Locale.ROOT,
                "%s ended: %d epochs, %d rows, %.3f s",
                report.phase(),
                report.epochsRun(),
                report.data() == null ? 0 : report.data().rows(),
                report.seconds()));
    monitor.report(report);
    return report;
  }

  /**
   * Phase 2: trains the kept weights, biases included, on the source; pruned weights stay +0.0. Drops
   * targets of an earlier base.
   *
   * @param source with the columns that the model was trained on
   */
  public PhaseReport allocate(Data source, Monitor monitor) {
    current().requirePruned();
    return allocate(Rows.training(source, schema, config, monitor.reading()), monitor);
  }

  private PhaseReport allocate(EncodedData rows, Monitor monitor) {
    return ended(inPhase(from -> phases.allocate(from, rows, monitor)), Phase.ALLOCATE, monitor);
  }

  // What nobody said of the source is as it was.
  private TransferConfig known(TransferConfig settings) {
    return settings.source().epochs() == Fit.CHOSEN
        ? settings.toBuilder().source(f -> f.epochs(config.source().epochs())).build()
        : settings;
  }

  // Which columns a target's file may have besides is the model's to say.
  private TransferConfig reading(TransferConfig settings) {
    String[] ignored = config.columns().ignored().toArray(String[]::new);
    return settings.toBuilder().columns(c -> c.ignored(ignored)).build();
  }

  /** {@link #calibrate(String, Data, TransferConfig, Monitor)} with the model's configuration. */
  public PhaseReport calibrate(String name, Data target, Monitor monitor) {
    return calibrate(name, target, config, monitor);
  }

  /**
   * Phase 3: trains the pruned weights on the target's samples, pulled toward zero by λ; everything
   * else is frozen. A target with classes that the source does not have gets an output layer of its
   * own, trained in full. Replaces a target of the same name.
   *
   * @param name up to 1,000 characters, none of them a control character
   * @param target with the columns that the model was trained on
   * @param settings the training settings, λ, seed and threads of this target; data and network are
   *     the model's own, and task and labels must be those of the model
   */
  public PhaseReport calibrate(
      String name, Data target, TransferConfig settings, Monitor monitor) {
    return calibrate(name, target, null, settings, monitor);
  }

  /**
   * The same by a method that learns from the source's rows too.
   *
   * @param source with the columns that the model was trained on; null where the method doesn't
   */
  public PhaseReport calibrate(
      String name, Data target, @Nullable Data source, TransferConfig settings, Monitor monitor) {
    return calibrate(name, target, source, null, settings, monitor);
  }

  /**
   * The same by {@link Method#TEACHERS}, which may learn from rows without labels too.
   *
   * @param unlabelled with the model's columns but for the labels; null for none: then of the source's rows those that the model keeps
   */
  public PhaseReport calibrate(
      String name, Data target, @Nullable Data source, @Nullable Data unlabelled, TransferConfig settings, Monitor monitor) {
    return calibrate(name, target, source, unlabelled, settings, 1, monitor);
  }

  /**
   * The same as these rows chose: with the settings that were best, and bounds as wide as they are where the rows have not chosen, too.
   *
   * @param tuning on the same rows
   */
  public PhaseReport calibrate(String name, Data target, @Nullable Data source, Tuning tuning, Monitor monitor) {
    return calibrate(name, target, source, null, tuning.best().config(), tuning.optimism(), monitor);
  }

  private PhaseReport calibrate(
      String name,
      Data target,
      @Nullable Data source,
      @Nullable Data unlabelled,
      TransferConfig settings,
      double optimism,
      Monitor monitor) {
    TargetNames.check(name);
    Phases.checkFits(schema, settings);
    current().requireBase();
    TransferConfig how = reading(settings);
    TargetRows rows = TargetRows.read(target, schema, how, monitor);
    if (unlabelled != null) {
      rows = rows.with(Rows.prediction(unlabelled, schema, config.network()));
    }
    EncodedData sourceRows =
        source == null ? null : Rows.training(source, schema, config, monitor.reading());
    return calibrate(name, rows, sourceRows, settings, optimism, monitor);
  }

  /**
   * Calibrates many targets, {@code settings.compute().threads()} at once and each by one thread; what is a perceptron's fit by PAC,
   * fine-tuning, L2 or L2-SP goes to a GPU all at once. A target that can't be learnt costs no other.
   *
   * @param targets by name; each is read when its turn comes. {@link #groups} makes them of one table
   * @param tune whether to {@link #tune} each first, and learn it by what did best
   * @param done told of each as soon as it is learnt or has failed, one at a time; what it throws ends the whole
   * @return what became of each, by name
   */
  public Map<String, TargetOutcome> calibrateAll(
      Map<String, Data> targets,
      TransferConfig settings,
      boolean tune,
      Consumer<TargetOutcome> done,
      Monitor monitor) {
    return calibrateAll(targets, settings, tune, true, null, done, monitor);
  }

  Map<String, TargetOutcome> calibrateAll(
      Map<String, Data> targets,
      TransferConfig settings,
      boolean tune,
      boolean overwrite,
      @Nullable Path directory,
      Consumer<TargetOutcome> done,
      Monitor monitor) {
    Phases.checkFits(schema, settings);
    Phases.check(settings, null);
    TransferConfig how = reading(settings);
    Map<String, TargetOutcome> outcomes = new TreeMap<>();
    Consumer<TargetOutcome> told =
        outcome -> {
          if (outcome.report() != null && !outcome.resumed()) {
            ended(outcome.report(), monitor);
          }
          done.accept(outcome);
        };
    inPhase(
        from -> {
          from.requireBase();
          ModelStore.TargetFolder folder =
              directory == null ? null : ModelStore.targetFolder(phases, from, directory);
          ManyTargets many =
              new ManyTargets(
                  phases,
                  from,
                  known(how),
                  tune,
                  overwrite,
                  phases.togetherOnGpu(known(how), targets.size()),
                  folder,
                  told,
                  monitor);
          ModelState next = many.run(targets);
          outcomes.putAll(many.outcomes());
          return next;
        });
    return outcomes;
  }

  /**
   * The rows of a table by what they have in a column, for {@link #calibrateAll}: reads the table once.
   *
   * @param column besides the model's columns; its values are the targets' names
   */
  public Map<String, Data> groups(Data table, String column, Monitor monitor) {
    return groups(table, column, config, monitor);
  }

  /**
   * The same.
   *
   * @param settings that the targets will be calibrated with: columns that they fold or weigh by, or have besides, are kept
   */
  public Map<String, Data> groups(Data table, String column, TransferConfig settings, Monitor monitor) {
    if (!Phases.predictsLabels(config, schema) && !(config.network() instanceof Pinn)) {
      throw new DataException(
          "groups are of tables of inputs and labels; give each target a file or folder of its own",
          "groupBy");
    }
    return Groups.of(
        table,
        column,
        schema,
        OwnInputs.of(settings),
        SideColumns.of(settings),
        Set.copyOf(config.columns().ignored()),
        monitor.reading());
  }

  /**
   * Tries ways to learn a target by cross-validation on its rows alone: PAC with several strengths and
   * rates, its ensemble or stack, corrections of the source model's output, and the source model as it is.
   * Changes nothing; {@link #calibrate(String, Data, Data, Tuning, Monitor)} then takes what was best.
   *
   * @param settings what is not tried is as here
   */
  public Tuning tune(Data target, TransferConfig settings, Monitor monitor) {
    return tuner(target, null, settings, monitor).run(List.of(), false);
  }

  /**
   * As {@link #tune}, and where that chooses PAC or its relatives, tries them on a base too of which half the
   * weights are pruned. If that is clearly better it becomes this model's base, and the targets of the
   * old one are dropped.
   *
   * @param source with the columns that the model was trained on
   */
  public Tuning tuneWithBase(Data target, Data source, TransferConfig settings, Monitor monitor) {
    Tuner here = tuner(target, null, settings, monitor);
    Tuning tuning = here.run(List.of(), false);
    Trial best = tuning.best();
    Method method = best.config().method().kind();
    boolean prunes = method.keepsBase() && method.trainsNetwork();
    if (!prunes || settings.prune().ratio() <= ROOMY_RATIO) {
      return tuning;
    }
    // By one network: an ensemble takes many times as long to say the same.
    TransferConfig one = here.defaults(Method.PAC);
    Trial before =
        tuning.trials().stream()
            .filter(trial -> trial.config().equals(one))
            .findFirst()
            .orElse(null);
    if (before == null) { // it diverged
      return tuning;
    }
    TransferConfig roomy = one.toBuilder().prune(p -> p.ratio(ROOMY_RATIO)).build();
    try (Model other = copy()) {
      other.prune(roomy, roomy.pruningScope(), null, monitor.cancelOnly());
      other.allocate(source, monitor);
      Tuner there = here.on(other.current());
      List<Trial> roomier = there.trials(List.of(roomy));
      if (roomier.isEmpty()) {
        return tuning;
      }
      Trial after = roomier.get(0);
      TransferConfig chosen = best.config().toBuilder().prune(p -> p.ratio(ROOMY_RATIO)).build();
      List<Trial> taken =
          !Tuner.clearlyBetter(after, before)
              ? List.of()
              : chosen.equals(roomy) ? roomier : there.trials(List.of(chosen));
      if (taken.isEmpty()) {
        return Tuner.with(tuning, after, false);
      }
      inPhase(from -> other.current());
      return Tuner.with(tuning, taken.get(0), true);
    }
  }

  /** What more rows of a target would buy, with these settings. */
  public LearningCurve learningCurve(Data target, TransferConfig settings, Monitor monitor) {
    return tuner(target, null, settings, monitor).curve();
  }

  /** Which inputs matter for the target, for the source, and for what is between them, by cross-validation on the target's rows. */
  public Importance importance(Data target, @Nullable Data source, TransferConfig settings, Monitor monitor) {
    return tuner(target, source, settings, monitor).importance();
  }

  /**
   * The same as {@link #tune} for these methods.
   *
   * @param tuned whether to try four settings of each method that trains a network, the same budget for all of
   *     them, and report its best; otherwise each has its defaults. {@code pac-stack} and what trains no
   *     network choose their settings as they learn
   * @param source rows of the source, for methods that learn from them too; null for none
   */
  public Tuning compare(
      Data target,
      @Nullable Data source,
      List<Method> methods,
      boolean tuned,
      TransferConfig settings,
      Monitor monitor) {
    return tuner(target, source, settings, monitor).run(methods, tuned);
  }

  private Tuner tuner(
      Data target, @Nullable Data source, TransferConfig settings, Monitor monitor) {
    Phases.checkFits(schema, settings);
    ModelState from = current();
    from.requireBase();
    TransferConfig how = reading(settings);
    TargetRows rows = TargetRows.read(target, schema, how, monitor);
    EncodedData sourceRows =
        source == null ? null : Rows.training(source, schema, config, monitor.reading());
    return new Tuner(phases, from, rows, sourceRows, known(settings), monitor);
  }

  private PhaseReport calibrate(
      String name,
      TargetRows target,
      @Nullable EncodedData source,
      TransferConfig settings,
      double optimism,
      Monitor monitor) {
    ModelState after =
        inPhase(
            from -> from.withTarget(Tuner.learn(phases, from, name, target, source, known(settings), optimism, null, monitor)));
    return ended(after.target(name).report(), monitor);
  }

  /**
   * The source task's errors on labelled data: those of the base, or of the trained network as long
   * as there is no base.
   */
  public Metrics evaluate(Data data) {
    return evaluateRows(null, data).metrics();
  }

  /** The source task's errors by these weights. */
  public Metrics evaluate(Weights which, Data data) {
    float[] weights = weights(which);
    EncodedData rows = Rows.evaluation(data, schema, config.network(), ReadMonitor.NONE);
    return Measure.of(schema, rows, phases.outputs(schema, weights, rows));
  }

  private float[] weights(Weights which) {
    ModelState from = current();
    return switch (which) {
      case SOURCE -> from.source();
      case PRUNED -> from.requirePruned().mask().zeroPruned(from.source());
      case BASE -> from.requireBase();
    };
  }

  /** A target's errors on labelled data. */
  public Metrics evaluate(String target, Data data) {
    return evaluateRows(target, data).metrics();
  }

  /**
   * The same row by row, each beside what is true.
   *
   * @param target its name; null for the source task
   */
  public Evaluation evaluateRows(@Nullable String target, Data data) {
    return evaluateRows(target, data, 0);
  }

  /**
   * The same of a target's {@link #predictAugmented}.
   *
   * @param copies how many changed copies of the rows are averaged over; 0 for the rows alone
   */
  public Evaluation evaluateRows(@Nullable String target, Data data, int copies) {
    ModelState from = current();
    TargetModel model = target == null ? null : from.target(target);
    Schema own = model == null ? schema : schemaOf(model);
    if (copies != 0) {
      TargetModel asked = augmented(model, copies);
      EncodedData changing = Rows.changing(data, own, asked.config(), true);
      return new Evaluation(own, changing, phases.outputs(from, asked, changing, copies).outputs());
    }
    EncodedData rows = Rows.evaluation(data, own, config.network(), ReadMonitor.NONE);
    float[] outputs =
        model == null
            ? phases.outputs(own, from.sourceWeights(), rows)
            : phases.outputs(from, model, rows).outputs();
    return new Evaluation(own, rows, outputs);
  }

  /** The source task's predictions, by the base or, as long as there is none, the trained network. */
  public Predictions predict(Data data) {
    float[] weights = current().sourceWeights();
    EncodedData rows = Rows.prediction(data, schema, config.network());
    return new Predictions(schema, rows, phases.outputs(schema, weights, rows), null);
  }

  /** A target's predictions. */
  public Predictions predict(String target, Data data) {
    ModelState from = current();
    TargetModel model = from.target(target);
    Schema own = schemaOf(model);
    EncodedData rows = Rows.prediction(data, own, config.network());
    Correction.Corrected said = phases.outputs(from, model, rows);
    return new Predictions(own, rows, said.outputs(), said.spread());
  }

  /**
   * A target's predictions, averaged over each row and changed copies of it (test-time augmentation): images flipped, shifted and coloured as those
   * were that it was trained on, rows of a table with its {@code jitter} on them.
   *
   * @param copies how many, 1 to 1,000
   */
  public Predictions predictAugmented(String target, Data data, int copies) {
    ModelState from = current();
    TargetModel model = augmented(from.target(target), copies);
    Schema own = schemaOf(model);
    EncodedData rows = Rows.changing(data, own, model.config(), false);
    Correction.Corrected said = phases.outputs(from, model, rows, copies);
    return new Predictions(own, rows, said.outputs(), said.spread());
  }

  private static TargetModel augmented(@Nullable TargetModel target, int copies) {
    if (copies < 1 || copies > MOST_COPIES) {
      throw new DataException("the number of changed copies must be between 1 and " + MOST_COPIES + ", not " + copies, "augmentTest");
    }
    if (target == null) {
      throw new DataException("changed copies are averaged over for a target, not for the source task", "augmentTest");
    }
    return target;
  }

  /**
   * What predicts single rows of tables for a target, fast and from any thread; it stays as it is, whatever becomes of this
   * model. For tables (the network mlp), by whatever method.
   */
  public RowPredictor rowPredictor(String target) {
    ModelState from = current();
    TargetModel model = from.target(target);
    if (!(config.network() instanceof Perceptron perceptron)) {
      throw new DataException("single rows are predicted by the network mlp alone", "network");
    }
    Schema own = schemaOf(model);
    return new RowPredictor(
        own, schema.inputs().size(), perceptron, phases.tensorsOf(own), networks(from, model), from.requireBase(), model.correction());
  }

  /**
   * The predictions of many targets: each row by the one that a column names.
   *
   * @param column of the table, with the names of targets of this model, none of which has classes of its own
   */
  public Predictions predictByTarget(Data data, String column) {
    return predictByTarget(data, column, null);
  }

  /** The same with bounds as {@link #predict(String, Data, double)} has them, each by its own target's rows. */
  public Predictions predictByTarget(Data data, String column, double level) {
    return predictByTarget(data, column, Double.valueOf(level));
  }

  private Predictions predictByTarget(Data data, String column, @Nullable Double level) {
    ModelState from = current();
    EncodedData rows = Rows.prediction(data, schema, config.network());
    ByTarget targets = new ByTarget(phases, from, data, column, rows);
    double[][] widths = level == null ? null : targets.widths(level);
    Correction.Corrected said = targets.predict();
    Predictions predictions = new Predictions(schema, rows, said.outputs(), said.spread());
    return widths == null ? predictions : predictions.within(row -> widths[row]);
  }

  /**
   * Makes a target of what several others have learnt, each weight counting by how sure its target is of it, all targets alike; without a row of its
   * own. Where there are rows, {@link #calibrate(String, Data, TransferConfig, Monitor)} by {@link MethodSpec.Merge} chooses how much each counts, and
   * goes on from there.
   *
   * @param relatives names of two targets or more, each of one network on the base with the source's outputs; none: all there are
   */
  public void merge(String name, List<String> relatives) {
    TargetNames.check(name);
    inPhase(from -> from.withTarget(merged(from, name, List.copyOf(relatives))));
  }

  private TargetModel merged(ModelState from, String name, List<String> relatives) {
    from.requireBase();
    long begun = System.nanoTime();
    List<String> merged = Relatives.chosen(from, name, relatives, Method.MERGE);
    float[] values = Relatives.evenly(phases, from, merged);
    double seconds = (System.nanoTime() - begun) / 1e9;
    TransferConfig how = config.toBuilder().method(new MethodSpec.Merge(merged, null)).build();
    Map<String, Double> alike = new LinkedHashMap<>();
    merged.forEach(one -> alike.put(one, 1.0 / merged.size()));
    PhaseReport report = new PhaseReport(Phase.CALIBRATE, 0, 0, List.of(), List.of(), seconds, null, null, null, null, alike, 1);
    return new TargetModel(name, how, null, List.of(), List.of(new Learnt(values, new float[0])), null, null, null, report);
  }

  /**
   * How far targets are from each other and from the source, by what they say of those of the source's rows that the model keeps; null where it
   * keeps none (of images, equations and classes). Those with columns of their own are left out, as they can't be asked there.
   *
   * @param targets their names
   */
  public @Nullable Family family(Collection<String> targets) {
    ModelState from = current();
    from.requireBase();
    return Relatives.family(phases, from, targets.stream().filter(name -> from.target(name).inputs().isEmpty()).toList());
  }

  /**
   * Which of several models a target's rows are nearest to, before anything is trained: by what the base's output layer is given of them, and how well
   * a linear model on that says the labels.
   *
   * @param models by name, two or more, each with a base
   * @param target between 5 and 3,000 rows or images, with the columns of all of them
   */
  public static Ranking rank(Map<String, Model> models, Data target, Monitor monitor) {
    Map<String, BaseRanking.Candidate> bases = new LinkedHashMap<>();
    models.forEach((name, model) -> bases.put(name, new BaseRanking.Candidate(model.phases, model.current())));
    return BaseRanking.rank(bases, target, monitor);
  }

  /**
   * Which rows to measure next for a target: the most telling first, each given those before it. For methods that know where they
   * are unsure: {@code stack}, {@code cokriging}, {@code gp}, {@code gp-residual} and {@code pac-stack}.
   *
   * @param candidates rows that could be measured, with the model's inputs; at most 10,000
   * @param count how many of them
   */
  public List<Suggestion> suggest(String target, Data candidates, int count) {
    ModelState from = current();
    TargetModel model = from.target(target);
    Correction correction = Suggester.correction(target, model);
    Schema own = schemaOf(model);
    EncodedData rows = Rows.prediction(candidates, own, config.network());
    List<Suggestion> found = Suggester.suggest(target, correction, phases.baseRows(from, own, rows), count);
    int[] present =
        IntStream.range(0, rows.tableRows()).filter(row -> !rows.dropped().get(row)).toArray();
    return found.stream().map(one -> new Suggestion(present[one.row()], one.varianceLeft())).toList();
  }

  /**
   * Learns a small network that says what a target says, by whatever method that was learnt: a model of its own, which is predicted, exported and
   * calibrated like any other. For tables of inputs and labels, and images.
   *
   * @param network a perceptron for a table, {@link org.pacnet.config.Cnn} or {@link org.pacnet.config.ResNet18} for images
   * @param rows of the model's input columns, without labels, to ask the target of beside those of the source that the model keeps; null for none;
   *     or images
   */
  public Distilled distil(String target, NetworkSpec network, @Nullable Data rows, Monitor monitor) {
    ModelState from = current();
    Distiller distiller = new Distiller(phases, from, from.target(target));
    EncodedData read = rows == null ? null : Rows.prediction(rows, distiller.schema(), config.network(), config.images().augment());
    Distiller.Learned learned = distiller.run(network, read, monitor);
    double each = learned.rows();
    return new Distilled(
        new Model(learned.phases(), learned.state()),
        learned.rows(),
        learned.alike(),
        learned.teacherNumbers(),
        learned.phases().parameterCount(),
        learned.teacherSeconds() / each,
        learned.studentSeconds() / each);
  }

  /** The errors of many targets on the rows of labelled data that a column says are theirs, by name. */
  public Map<String, Metrics> evaluateByTarget(Data data, String column) {
    ModelState from = current();
    EncodedData rows = Rows.evaluation(data, schema, config.network(), ReadMonitor.NONE);
    return new ByTarget(phases, from, data, column, rows).evaluate();
  }

  /**
   * A target's predictions with bounds that hold a share of the true values: split-conformal prediction on
   * out-of-fold residuals (cross-conformal; Vovk 2015). A target of n rows can promise n/(n + 1) at most.
   *
   * @param level that share, in (0, 1); more than can be promised is an error that says how many rows it
   *     takes
   */
  public Predictions predict(String target, Data data, double level) {
    ModelState from = current();
    TargetModel model = from.target(target);
    Schema own = schemaOf(model);
    double[] widths = Intervals.widths(target, model, own, level);
    EncodedData rows = Rows.prediction(data, own, config.network());
    Correction.Corrected said = phases.outputs(from, model, rows);
    return new Predictions(own, rows, said.outputs(), said.spread()).within(row -> widths);
  }

  /**
   * How far the bounds of {@link #predict(String, Data, double)} are from a target's predictions, for each label in its unit: the same for
   * all rows.
   */
  public double[] intervalWidths(String target, double level) {
    TargetModel model = target(target);
    return Intervals.widths(target, model, schemaOf(model), level);
  }

  /**
   * A target's predictions of trajectories at regular times.
   *
   * @param target its name; null for the source task
   * @param first rows with trajectory, time and state, of which the first of each trajectory counts
   * @param horizon how long after that, in the unit of the time
   * @param every how often, in the same unit
   */
  public Predictions predict(@Nullable String target, Data first, double horizon, double every) {
    if (schema.trajectories() == null) {
      throw new DataException("a horizon is for trajectories (the networks ode and latent)", "horizon");
    }
    Data times = TrajectoryEncoder.horizon(first, schema, horizon, every);
    Predictions predicted = target == null ? predict(times) : predict(target, times);
    return predicted.beside(times);
  }

  /**
   * What follows plans of actions for a target, for planning. Of trajectories alone; where an equation depends on the time itself, every plan starts at
   * time 0.
   *
   * @param target its name; null for the source task
   */
  public Simulator simulator(@Nullable String target) {
    if (schema.trajectories() == null) {
      throw new DataException("plans are followed by a model of trajectories (the networks ode and latent)");
    }
    ModelState from = current();
    List<float[]> weights = target == null ? List.of(from.sourceWeights()) : phases.weights(from, from.target(target));
    return new Simulator(phases, schema, weights);
  }

  private Schema schemaOf(TargetModel target) {
    return phases.schemaOf(target);
  }

  // Dense weights of the target's own; none where its method trained no network.
  private List<float[]> networks(ModelState from, TargetModel target) {
    return target.networks().isEmpty() ? List.of() : phases.weights(from, target);
  }

  private TargetModel target(String name) {
    return current().target(name);
  }

  /** What the model was trained with. */
  public TransferConfig config() {
    return config;
  }

  /** What a target was calibrated with. */
  public TransferConfig config(String target) {
    return target(target).config();
  }

  /** The columns that the model reads, and how. */
  public Schema schema() {
    return schema;
  }

  /** The columns that a target reads besides, since it learnt from them too; none for most. */
  public List<Schema.Input> ownInputs(String target) {
    return target(target).inputs();
  }

  /** The phases of the source side that have run, in order. */
  public List<PhaseReport> reports() {
    return List.copyOf(state.reports().values());
  }

  /** What Calibrate reported for each target, by name; reads them all. */
  public Map<String, PhaseReport> targets() {
    Map<String, PhaseReport> result = new TreeMap<>();
    each((name, target) -> result.put(name, target.report()), (name, damage) -> {});
    return result;
  }

  /** What Calibrate reported for one of them. */
  public PhaseReport report(String target) {
    return target(target).report();
  }

  /**
   * The targets whose files are damaged, with what is wrong: they can't be used, and don't keep the
   * others from being used, nor a calibration from replacing them.
   */
  public Map<String, String> damagedTargets() {
    Map<String, String> result = new TreeMap<>();
    each((name, target) -> {}, (name, damage) -> result.put(name, damage.getMessage()));
    return result;
  }

  private void each(
      BiConsumer<String, TargetModel> sound, BiConsumer<String, ModelFormatException> damaged) {
    state
        .targets()
        .forEach(
            (name, slot) -> {
              TargetModel target;
              try {
                target = slot.get();
              } catch (ModelFormatException e) {
                damaged.accept(name, e);
                return;
              }
              sound.accept(name, target);
            });
  }

  /** The names of all targets, of which none is read. */
  public Set<String> targetNames() {
    return Collections.unmodifiableSet(state.targets().keySet());
  }

  /** The classes of a target in the order of their probabilities; empty for a regression. */
  public List<String> classes(String target) {
    return schemaOf(target(target)).classes();
  }

  /** Whether a target has classes, and so an output layer, of its own. */
  public boolean hasOwnClasses(String target) {
    return target(target).classes() != null;
  }

  /** The weight matrices with what the mask keeps of them, input side first. */
  public List<LayerReport> layers() {
    ModelState.Pruning pruning = state.pruning();
    List<LayerReport> result = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      if (tensor.prunable()) {
        result.add(
            new LayerReport(
                tensor.name(),
                tensor.shape(),
                pruning == null ? tensor.size() : pruning.mask().kept(tensor),
                pruning != null && !pruning.prunes(tensor)));
      }
    }
    return result;
  }

  /**
   * The values of a weight matrix or kernel, row-major.
   *
   * @param layer one of {@link #layers()}, by its name
   */
  public float[] weights(Weights which, String layer) {
    TensorInfo tensor = tensor(layer);
    return Arrays.copyOfRange(weights(which), tensor.offset(), tensor.offset() + tensor.size());
  }

  /** What the mask keeps of a weight matrix or kernel, row-major: ones stay. */
  public BitSet mask(String layer) {
    return BitSet.valueOf(current().requirePruned().mask().of(tensor(layer)));
  }

  private TensorInfo tensor(String layer) {
    return tensors.stream()
        .filter(tensor -> tensor.prunable() && tensor.name().equals(layer))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the model has no weights " + layer));
  }

  /** The network in words, such as {@code 10-128-1 (silu), 1,537 parameters}. */
  public String describe() {
    String shape = NetworkDescription.of(config.network(), schema);
    if (config.network() instanceof Perceptron perceptron) {
      List<String> widths = new ArrayList<>();
      widths.add(String.valueOf(schema.inputWidth()));
      perceptron.hidden().forEach(width -> widths.add(String.valueOf(width)));
      widths.add(String.valueOf(schema.outputWidth()));
      shape =
          String.format(
              Locale.ROOT,
              "%s (%s)",
              String.join("-", widths),
              perceptron.activation().name().toLowerCase(Locale.ROOT));
    }
    if (config.network() instanceof TorchScript own) {
      String notes = NetworkDescription.notes(own.module());
      shape =
          String.format(
              Locale.ROOT, "%s, module %s (SHA-256 %.16s)%s", shape, own.module().name(), own.module().sha256(), notes.isEmpty() ? "" : ", " + notes);
    }
    return String.format(Locale.ROOT, "%s, %,d parameters", shape, parameterCount());
  }

  /** Number of weights and biases. */
  public int parameterCount() {
    return phases.parameterCount();
  }

  /**
   * Says that the module in a model's directory may run: a model with the network {@link TorchScript} holds code, and is not opened before. It is
   * remembered for the user. Of other models nothing happens.
   */
  public static void trustModule(Path directory) {
    ModelStore.trustModule(directory);
  }

  /**
   * Writes the model into a directory, whole or not at all; {@link ModelPlace} says more, and lets
   * what could go wrong be found out before a long training.
   *
   * @param overwrite replace a model that is there; anything else there is never touched
   */
  public void save(Path directory, boolean overwrite) {
    try (ModelPlace place = ModelPlace.forNew(directory, overwrite)) {
      place.save(this);
    }
  }

  /**
   * Targets as bytes, for programs that send them: what {@link #unpackTargets} reads, into a model with the same base.
   */
  public Map<String, byte[]> packTargets(Collection<String> names) {
    ModelState from = current();
    from.requireBase();
    return ModelStore.pack(phases, from, names);
  }

  /**
   * Takes over targets that {@link #packTargets} made of a model with the same base, in place of those of the same names.
   * Throws a {@link ModelFormatException}, and takes over none, if one of them is damaged or stands on another base.
   */
  public void unpackTargets(Collection<byte[]> packs) {
    inPhase(from -> from.withTargets(ModelStore.unpack(phases, from, packs)));
  }

  /** Writes one target into the directory that holds this model's base. */
  public void saveTarget(Path directory, String name, boolean overwrite) {
    try (ModelPlace place = ModelPlace.forTarget(directory, name, overwrite)) {
      place.save(this);
    }
  }

  /**
   * Reads a model, checking every file before a byte of it is used. Throws a {@link
   * ModelFormatException} that names the file; damage in a target is kept for who asks for that one.
   *
   * @param compute what computes from now on, which is no part of what was saved
   */
  public static Model load(Path directory, Compute compute) {
    return of(ModelStore.load(directory, compute));
  }

  /** The same with one thread, and a GPU where there is one and steps are large. */
  public static Model load(Path directory) {
    return load(directory, Compute.DEFAULT);
  }

  /** Weights of the source side. */
  public enum Weights {
    /** After Train. */
    SOURCE,
    /** After Prune. */
    PRUNED,
    /** After Allocate; pruned positions are zero. */
    BASE
  }

  /**
   * Writes a target's dense weights as safetensors that PyTorch's module of the same network loads,
   * a perceptron's as {@code torch.nn.Sequential} ({@code 0.weight}, {@code 0.bias}…); metadata with
   * the network and the standardisation.
   */
  public void export(String target, Path file) {
    TargetModel model = oneNetwork(target);
    Exports.safetensors(phases, schemaOf(model), phases.weights(current(), model).get(0), file);
  }

  /** The same for the source side. */
  public void export(Weights what, Path file) {
    Exports.safetensors(phases, schema, weights(what), file);
  }

  /**
   * Writes a target as a TorchScript module, which LibTorch in C++, DJL in Java and PyTorch load: forward takes rows, [rows, inputs], numbers
   * as they are in the table and a category as ones and zeros in the order of its levels, or images, [rows, channels, height, width], of
   * values from 0 to 255, and gives the labels in their unit, [rows, labels], or the classes' probabilities. The archive's metadata.json has
   * what {@link #export(String, Path)} keeps as metadata.
   */
  public void exportTorchScript(String target, Path file) {
    TargetModel model = oneNetwork(target);
    Exports.torchScript(phases, schemaOf(model), phases.weights(current(), model).get(0), file);
  }

  /** The same for the source side. */
  public void exportTorchScript(Weights what, Path file) {
    Exports.torchScript(phases, schema, weights(what), file);
  }

  private TargetModel oneNetwork(String target) {
    TargetModel model = target(target);
    if (model.networks().size() != 1 || model.correction() != null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the target '%s' is not one network (%s): it can't be exported as weights; calibrated by the method pac it can",
              target,
              model.config().method().kind()));
    }
    return model;
  }

  /**
   * Writes a target as an ONNX model, from raw columns to what {@link #predict(String, Data)} says of them, by whatever method: each column
   * of numbers goes in as double [rows, 1], NaN where it is missing, each of categories as texts; a label comes out as double [rows, 1] by
   * the name prediction_LABEL, a class as its name, prediction, with the probabilities of all, probability_CLASS. A category that is not
   * known gives NaN. Images go in as image, bytes from 0 to 255, [rows, channels, height, width], of the model's size. For tables (the
   * network mlp) without dates, and the networks cnn and resnet18. Needs {@code org.tribuo:tribuo-util-onnx}.
   */
  public void exportOnnx(String target, Path file) {
    ModelState from = current();
    TargetModel model = from.target(target);
    Map<String, String> metadata = Map.of("target", target, "method", model.config().method().kind().toString());
    exportOnnx(schemaOf(model), networks(from, model), from.requireBase(), model.correction(), metadata, file);
  }

  /** The same for the source task. */
  public void exportOnnx(Weights what, Path file) {
    float[] weights = weights(what);
    exportOnnx(schema, List.of(weights), weights, null, Map.of("weights", what.name().toLowerCase(Locale.ROOT)), file);
  }

  private void exportOnnx(
      Schema own, List<float[]> weights, float[] base, @Nullable Correction correction, Map<String, String> metadata, Path file) {
    NetworkSpec network = config.network();
    if (!(network instanceof Perceptron || network instanceof Cnn || network instanceof ResNet18)) {
      throw new DataException(
          "ONNX files are of tables (the network mlp) and of images (cnn, resnet18): export the weights as safetensors"
              + (network instanceof TorchScript ? ", or the module as torchscript" : ""),
          "format");
    }
    try {
      new OnnxModel(own, schema.inputs().size(), network, phases.tensorsOf(own), weights, base, correction)
          .write(file, Diagnosis.version(), metadata);
    } catch (LinkageError e) {
      throw new DataException("the format onnx needs org.tribuo:tribuo-util-onnx on the class path", e, "format");
    }
  }

  /**
   * Ends the model's use; a phase that is running ends with an exception and changes nothing. Closing
   * twice is harmless.
   */
  @Override
  public void close() {
    closed = true;
  }

  // For ModelPlace.

  Phases phases() {
    return phases;
  }

  ModelState state() {
    return current();
  }
}
