package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.Device;
import org.pacnet.config.Method;
import org.pacnet.config.Method.Need;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Pinn;
import org.pacnet.config.Precision;
import org.pacnet.config.PruningScope;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.DivergedException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.engine.FitOutcome;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.fit.Corrections;
import org.pacnet.internal.fit.Labelled;
import org.pacnet.internal.format.Learnt;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.OwnTensors;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.method.Situation;
import org.pacnet.internal.method.Swr;
import org.pacnet.internal.method.Techniques;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Progress;

/** One target's learning, by whatever method. */
public final class Calibration implements Situation, AutoCloseable {

  // PAC's where a target's trajectories are one piece.
  private static final double ONE_PIECE_STRENGTH = 0.4;
  // Far enough that the members' seeds are nobody else's.
  private static final long MEMBER_SEED = 1_000_003;

  // Rows by inputs of a stack, whose trees are grown from all of them for each fold: a minute or two.
  private static final long SAFE_MOST_NUMBERS = 5_000_000;
  // So many rows of classes are enough to train on.
  private static final int SAFE_MOST_ROWS = 1000;
  // Rows by numbers to be found, for logistic regression, which is cross-validated: a quarter of a minute.
  private static final long SAFE_MOST_CLASS_WORK = 2_000_000;

  private static final int STACK_FOLDS = 5;
  // Of more a single fold tells what each part counts.
  private static final int STACK_MOST_FOLDED = 2000;
  private static final int CURRICULUM_FOLDS = 5;

  private static final double MOST_UNLIKELY = 30;

  // Of so few pictures the output layer alone is learnt best.
  private static final int SAFE_MOST_IMAGES = 100;

  private final Phases phases;
  private final ModelState from;
  private final TargetRows target;
  private final @Nullable EncodedData source;
  // Whom it learns from is known once it has a name.
  private TransferConfig settings;
  private final Monitor monitor;
  private final OwnTensors own;
  private final NativeNetwork network;
  // Where the method keeps the source's outputs beside the target's own; otherwise the same.
  private final NativeNetwork fitted;
  private float[] start = new float[0];
  private @Nullable MaskBits voted;
  // How much each of the others counts, by a method that learns from them.
  private @Nullable Map<String, Double> counted;

  /**
   * @param source the source's rows, for methods that need them
   */
  public Calibration(
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
    this.settings = resolved(settings, from, target);
    this.monitor = monitor;
    own = OwnTensors.of(this.settings, target.ownHead());
    network = phases.network(target.schema(), 0);
    boolean both = this.settings.method().kind().keepsSourceOutputs() && own.head();
    fitted = both ? phases.network(target.schema(), phases.schema().outputWidth()) : network;
    try {
      checkNeeds();
    } catch (DataException e) {
      close();
      throw e;
    }
  }

  /**
   * With the method that {@link Method#AUTO} stands for, and of few trajectories the strength that suits their number;
   * docs/adr/0013-safe-default.md has what both were measured by.
   */
  public static TransferConfig resolved(TransferConfig settings, ModelState from, TargetRows target) {
    TransferConfig how = settings.method().kind() == Method.AUTO ? safe(settings, from, target) : settings;
    Method method = how.method().kind();
    boolean pulled = method.keepsBase() || method == Method.L2SP;
    if (target.schema().trajectories() == null || how.method().lambda() != null || !pulled) {
      return how;
    }
    // The loss is a mean over the pieces, and what is known beforehand does not grow with their number.
    double lambda = Math.max(how.strength(), ONE_PIECE_STRENGTH / target.rows().rows());
    return how.toBuilder().lambda(lambda).build();
  }

  private static TransferConfig safe(TransferConfig settings, ModelState from, TargetRows target) {
    Schema schema = target.schema();
    long rows = target.rows().rows();
    Method safe = Method.PAC;
    if (Phases.predictsLabels(settings, schema) && !target.ownHead()) {
      safe = schema.classification() ? ofClasses(schema, rows) : ofNumbers(from, schema, rows);
    }
    boolean frozen = settings.calibrate().batchNorm() == BatchNorm.FROZEN; // otherwise what PAC alone can do is asked for
    if (schema.image() != null && rows <= SAFE_MOST_IMAGES && frozen) {
      safe = Method.FINETUNE_HEAD;
    }
    return settings.toBuilder().method(MethodSpec.of(safe).withLambda(settings.method().lambda())).build();
  }

  private static Method ofClasses(Schema schema, long rows) {
    long work = rows * schema.outputWidth() * (1 + schema.outputWidth() + schema.inputWidth());
    return rows <= SAFE_MOST_ROWS && work <= SAFE_MOST_CLASS_WORK ? Method.LOGISTIC : Method.PAC;
  }

  private static Method ofNumbers(ModelState from, Schema schema, long rows) {
    if (from.sample() != null) {
      return rows * schema.inputWidth() <= SAFE_MOST_NUMBERS ? Method.STACK : Method.PAC;
    }
    return rows <= Corrections.mostKriged(schema.inputWidth()) ? Method.COKRIGING : Method.PAC;
  }

  private void checkNeeds() {
    Phases.checkDevice(settings);
    Method method = settings.method().kind();
    if (method.needs(Need.NUMBERS) && target.schema().classification()) {
      throw unfit("corrects numbers, and this is a classification");
    }
    if (method.needs(Need.TABLE) && !Phases.predictsLabels(settings, target.schema())) {
      throw unfit("is for tables of inputs and labels (the network mlp)");
    }
    if (method.needs(Need.FEATURES) && !settings.network().hasFeatures()) {
      throw unfit("needs features, which networks of differential equations have none of and modules of one's own don't show");
    }
    if (method.needs(Need.SHARED_OUTPUTS) && own.head()) {
      throw unfit("can't say of classes that the source does not have");
    }
    if (method.needs(Need.CLASSES) && !target.schema().classification()) {
      throw unfit("is for a classification, and this is a regression");
    }
    if (method.needs(Need.OWN_CLASSES) && !own.head()) {
      throw unfit("is for a target with classes that the source does not have");
    }
    if (method.needs(Need.BATCH_NORM)
        && (settings.network() instanceof TorchScript || network.tensors().stream().noneMatch(t -> t.normalisation() && !t.statistics()))) {
      throw unfit("needs a network with BatchNorm: cnn or resnet18");
    }
    if (method.needs(Need.RELATIVES) && own.head()) {
      throw unfit("can't say of classes that the source does not have");
    }
    if (method.trainsNetwork() && method.keepsBase() && from.requirePruned().ratio() == 0) {
      throw unfit("learns in the place of pruned weights, and nothing of this base is pruned: run prune and allocate first, or take another method");
    }
    if (settings.method() instanceof MethodSpec.Budgeted budgeted) {
      checkBudget(budgeted.budget());
    }
    if (trainsItsOwnWay(method) && settings.compute().device() == Device.CUDA) {
      throw new DataException("the method " + method + " learns on the CPU; use the device auto or cpu", "device");
    }
    checkTraining(method);
    if (target.unlabelled() != null && method != Method.TEACHERS) {
      throw new DataException("the method " + method + " does not learn from rows without labels; the method teachers does", "unlabelled", "method");
    }
    if (method == Method.COKRIGING_BMA && target.rows().rows() > Corrections.mostAveraged()) {
      throw unfit("is for up to " + Corrections.mostAveraged() + " rows; of more cokriging learns better");
    }
    if ((method == Method.STACK || method == Method.COKRIGING_BMA) && from.sample() == null) {
      throw unfit(
          "needs rows of the source, and the model keeps none: those with more than 500 columns, and of versions before, don't; train the"
              + " model anew, or take another method");
    }
    if (method.needs(Need.SOURCE_ROWS) && source == null && !hasSourceRows(method, from)) {
      throw new DataException(
          "the method " + method + " learns from the source's rows too: name them", "source");
    }
    if (!target.ownInputs(phases.schema()).isEmpty() && !method.takesOwnInputs() && method != Method.UNTOUCHED) {
      throw new DataException(
          "the method " + method + " can't learn from columns that the source does not have; stack, cokriging, cokriging-bma, gp-residual and"
              + " ridge-residual do, and logistic for classes", "method", "extra");
    }
    PruningScope scope = from.requirePruned().scope();
    PruningScope wanted = settings.pruningScope();
    boolean demanded = method.needs(Need.RANDOM_MASK) || method.needs(Need.LAYERWISE_MASK);
    if (demanded && scope != wanted) {
      throw unfit(
          "needs a base that was pruned "
              + (wanted == PruningScope.RANDOM ? "at random" : "layer by layer")
              + ": train the model with that method from the start");
    }
  }

  private void checkTraining(Method method) {
    boolean curriculum = settings.calibrate().curriculum();
    if (changesTraining(settings) && !trains(method)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s what networks are trained on, and the method %s trains none so: take one that does, such as pac",
              curriculum ? "a curriculum orders" : "jitter changes",
              method),
          curriculum ? "curriculum" : "jitter",
          "method");
    }
    if (curriculum && settings.network() instanceof Pinn) {
      throw new DataException("points of an equation are neither easy nor hard to learn: leave the curriculum out", "curriculum");
    }
    if (!settings.calibrate().jitter().isEmpty() && !Phases.predictsLabels(settings, target.schema())) {
      throw new DataException("there is noise on columns of tables of inputs and labels only: leave the jitter out", "jitter");
    }
  }

  // A layer learns whole or not at all.
  private void checkBudget(double budget) {
    Map<Integer, Long> moving = new HashMap<>();
    double all = 0;
    for (TensorInfo tensor : tensors()) {
      all += tensor.size();
      if (tensor.prunable() && !isNew(tensor)) {
        moving.merge(tensor.layer(), Swr.learnt(this, tensor), Long::sum);
      }
    }
    double least = moving.values().stream().filter(count -> count > 0).mapToLong(count -> count).min().orElse(0) / all;
    if (least > budget) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the smallest layer has %.1f %% of the parameters to change, more than the budget of %.1f %%: give a larger budget",
              100 * least,
              100 * budget),
          "budget");
    }
  }

  /** Whether a method can learn from those of the source's rows that a model keeps. */
  public static boolean hasSourceRows(Method method, ModelState from) {
    return from.sample() != null
        && (method == Method.POOLED_LINEAR || (method == Method.TREES && Corrections.treesPossible()));
  }

  private DataException unfit(String why) {
    return new DataException("the method " + settings.method().kind() + " " + why, "method");
  }

  /** Whether the fit sees the target's rows in another order, or otherwise than they are. */
  private static boolean changesTraining(TransferConfig how) {
    return how.calibrate().curriculum() || !how.calibrate().jitter().isEmpty();
  }

  /** The same settings without what only a network's training can have, for a method that trains none. */
  public static TransferConfig asTrained(TransferConfig how) {
    return trains(how.method().kind()) ? how : how.toBuilder().calibrate(c -> c.curriculum(false).jitter(Map.of())).build();
  }

  private static boolean trains(Method method) {
    return method.trainsNetwork() && !trainsItsOwnWay(method);
  }

  private static boolean trainsItsOwnWay(Method method) {
    return method == Method.HUB || method == Method.TEACHERS;
  }

  /** Whether targets of the source's classes can have their fits together, whatever their rows are. */
  public static boolean canShare(TransferConfig how) {
    return how.network() instanceof Perceptron perceptron
        && perceptron.dropout() == 0
        && !(how.method() instanceof MethodSpec.Ensemble)
        && Techniques.pullsAlone(how.method().kind())
        && how.target().validationShare() == 0
        && !changesTraining(how)
        && how.compute().precision() == Precision.FP32;
  }

  /** What this target's fit is but for its rows; of one that {@link #canShare} and has no classes of its own. */
  public SharedFit shared() {
    start = start(settings.seed());
    return new SharedFit(settings, Techniques.range(settings.method().kind(), this), start);
  }

  public TargetModel run(String name) {
    return run(name, null);
  }

  /**
   * The same.
   *
   * @param done what its fit gave, where that was done together with others'
   */
  public TargetModel run(String name, @Nullable Fitted done) {
    long begun = System.nanoTime();
    if (done != null && done.diverged() > 0) {
      throw new DivergedException(
          "the loss is no longer finite in epoch " + done.diverged() + "; lower the learning rate, or standardise the data");
    }
    settings = Relatives.resolved(settings, from, name);
    return switch (settings.method().kind()) {
      case HUB -> hub(name, begun);
      case TEACHERS -> taught(name, begun);
      default -> settings.method().kind().trainsNetwork() ? networks(name, done, begun) : correction(name, begun);
    };
  }

  private TargetModel networks(String name, @Nullable Fitted done, long begun) {
    Metrics before = null;
    List<FitOutcome> outcomes = new ArrayList<>();
    List<Learnt> learnt = new ArrayList<>();
    List<float[]> outputs = new ArrayList<>();
    Method method = settings.method().kind();
    Folds folds = Folds.of(target.rows(), settings.method() instanceof MethodSpec.Ensemble ensemble ? ensemble.members() : 1, settings.seed());
    EncodedData trainedOn = JitteredRows.of(target.rows(), target.schema(), settings.calibrate().jitter());
    double[] hardness = done == null && settings.calibrate().curriculum() ? hardness(trainedOn) : null;
    for (int member = 0; member < folds.count(); member++) {
      TransferConfig how = settings.toBuilder().seed(settings.seed() + MEMBER_SEED * member).build();
      float[] weights = start(how.seed());
      if (!own.head() && method != Method.SCRATCH && member == 0) {
        network.setParameters(weights);
        before = phases.measure(network, target.schema(), target.rows(), settings.compute().threads());
      }
      start = withSourceHead(weights);
      float[] trained;
      if (done != null) {
        outcomes.add(done.outcome());
        trained = done.parameters();
      } else {
        FitRange range = Techniques.range(method, this);
        fitted.setParameters(start);
        // Each sees all rows but those of its fold: that tells them apart, and the fold is there to ask.
        EncodedData rows =
            folds.count() == 1 && hardness == null ? trainedOn : new Subset(trainedOn, easiestFirst(folds.outside(member), hardness));
        outcomes.add(phases.fit(fitted, Phase.CALIBRATE, how, range, rows, monitor));
        trained = fitted.parameters();
      }
      trained = ownHead(trained);
      network.setParameters(trained);
      outputs.add(Phases.predict(network, target.rows(), settings.compute().threads()));
      learnt.add(learnt(trained));
    }
    Correction.Corrected said = Ensemble.of(target.schema(), outputs);
    float[] predicted = said.outputs();
    Correction stack = null;
    if (method == Method.PAC_STACK) {
      Correction.Rows rows = baseRows(target.rows());
      stack = stack(rows, folds, outputs);
      predicted = stack.apply(rows, new Correction.Networks(outputs, said), Corrections.PROCESSES).outputs();
    }
    double seconds = (System.nanoTime() - begun) / 1e9 + (done == null ? 0 : done.seconds());
    return model(name, learnt, stack, outcomes, before, predicted, seconds);
  }

  // Beside what the target's own outputs are made of, what the source's are.
  private float[] withSourceHead(float[] weights) {
    return fitted == network
        ? weights
        : Heads.join(weights, network.tensors(), from.source(), phases.tensorsOf(phases.schema()), fitted.tensors());
  }

  private float[] ownHead(float[] weights) {
    return fitted == network ? weights : Heads.first(weights, fitted.tensors(), network.tensors());
  }

  // The loss on each row of a network that learnt from others.
  private double[] hardness(EncodedData trainedOn) {
    double[] losses = new double[target.rows().rows()];
    Folds folds = Folds.of(target.rows(), CURRICULUM_FOLDS, settings.seed());
    TransferConfig plain = settings.toBuilder().calibrate(c -> c.curriculum(false)).build();
    for (int fold = 0; folds.count() > 1 && fold < folds.count(); fold++) {
      start = withSourceHead(start(settings.seed()));
      FitRange range = Techniques.range(settings.method().kind(), this);
      fitted.setParameters(start);
      phases.fit(fitted, Phase.CALIBRATE, plain, range, new Subset(trainedOn, folds.outside(fold)), monitor.cancelOnly());
      network.setParameters(ownHead(fitted.parameters()));
      int[] asked = folds.inside(fold);
      EncodedData others = new Subset(target.rows(), asked);
      double[] own = Measure.losses(target.schema(), others, Phases.predict(network, others, settings.compute().threads()));
      for (int i = 0; i < asked.length; i++) {
        losses[asked[i]] = own[i];
      }
    }
    return losses;
  }

  // Equal ones in their order.
  private static int[] easiestFirst(int[] rows, double @Nullable [] hardness) {
    return hardness == null
        ? rows
        : Arrays.stream(rows).boxed().sorted(Comparator.comparingDouble(row -> hardness[row])).mapToInt(Integer::intValue).toArray();
  }

  private TargetModel hub(String name, long begun) {
    List<String> names = ((MethodSpec.Hub) settings.method()).relatives();
    List<float[]> members = Relatives.weights(phases, from, names);
    double[] likely = likely(members);
    Correction.Rows rows = baseRows(target.rows());
    final Metrics before = Measure.brief(target.schema(), target.rows(), rows.outputs());
    HubFit.Learned learned = HubFit.run(phases, target.schema(), from.requirePruned().mask(), members, likely, target.rows(), settings, monitor);
    List<float[]> outputs = learned.networks().stream().map(this::predict).toList();
    float[] predicted =
        learned.router().apply(rows, new Correction.Networks(outputs, Ensemble.of(target.schema(), outputs)), Corrections.PROCESSES).outputs();
    counted(names, learned.router().shares(rows));
    List<Learnt> learnt = learned.networks().stream().map(this::learnt).toList();
    return model(name, learnt, learned.router(), List.of(learned.outcome()), before, predicted, (System.nanoTime() - begun) / 1e9);
  }

  private TargetModel taught(String name, long begun) {
    List<String> names = ((MethodSpec.Teachers) settings.method()).relatives();
    List<float[]> teachers = Relatives.weights(phases, from, names);
    double[] likely = likely(teachers);
    start = from.requireBase();
    final Metrics before = Measure.brief(target.schema(), target.rows(), predict(start));
    FitRange range = Techniques.range(settings.method().kind(), this);
    TaughtFit.Learned learned =
        TaughtFit.run(phases, target.schema(), range, start, teachers, likely, target.rows(), withoutLabels(), settings, monitor);
    counted(names, learned.shares());
    List<Learnt> learnt = List.of(learnt(learned.network()));
    return model(name, learnt, null, List.of(learned.outcome()), before, predict(learned.network()), (System.nanoTime() - begun) / 1e9);
  }

  // On which teachers are followed: what somebody brought, else what the model keeps of the source.
  private @Nullable FloatBuffer withoutLabels() {
    EncodedData unlabelled = target.unlabelled();
    if (unlabelled != null) {
      return Objects.requireNonNull(unlabelled.features());
    }
    SourceSample sample = from.sample();
    return sample == null ? null : features(sample);
  }

  private static FloatBuffer features(SourceSample sample) {
    return Phases.direct(sample.features().length).put(sample.features()).flip();
  }

  private Learnt learnt(float[] weights) {
    List<TensorInfo> tensors = network.tensors();
    return new Learnt(own.mask(from.requirePruned().mask(), tensors).gather(weights), own.gather(weights, tensors));
  }

  private void counted(List<String> names, double[] shares) {
    counted = new LinkedHashMap<>();
    for (int k = 0; k < shares.length; k++) {
      counted.put(names.get(k), shares[k]);
    }
  }

  private Correction stack(Correction.Rows rows, Folds folds, List<float[]> outputs) {
    int width = rows.width();
    float[] unseen = new float[rows.rows() * width];
    for (int f = 0; f < folds.count(); f++) {
      for (int row : folds.inside(f)) {
        System.arraycopy(outputs.get(f), row * width, unseen, row * width, width);
      }
    }
    return Corrections.pacStack(
        labelled(rows), unseen, inside(folds), part(rows, folds), settings.compute().threads());
  }

  private Correction stackOfBoth(Correction.Rows rows) {
    SourceSample sample = Objects.requireNonNull(from.sample());
    Folds folds = Folds.of(target.rows(), STACK_FOLDS, settings.seed());
    List<int[]> all = inside(folds);
    return Corrections.stack(
        labelled(rows),
        sample,
        ofSample(sample),
        from.besideLinear(false),
        from.linear(),
        target.rows().rows() > STACK_MOST_FOLDED ? all.subList(0, 1) : all,
        part(rows, folds),
        settings.calibrate().targetShare(),
        settings.compute().threads(),
        settings.seed(),
        this::partLearnt);
  }

  private void partLearnt(int done, int of) {
    if (done > 0) {
      monitor.report(new Progress(Phase.CALIBRATE, done, of, Double.NaN, Double.NaN));
    }
    if (monitor.isCancelled() || Thread.currentThread().isInterrupted()) {
      throw new CancelledException("calibrating was cancelled");
    }
  }

  // What the base says of the source's rows that the model keeps.
  private float[] ofSample(SourceSample sample) {
    return network.predict(features(sample), sample.rows(), settings.compute().threads());
  }

  private Labelled labelled(Correction.Rows rows) {
    return labelled(target.rows(), rows);
  }

  private Labelled labelled(EncodedData some, Correction.Rows rows) {
    return new Labelled(rows, some.labels(), some.inOrder() ? null : some.groups(), RowWeights.of(some, settings));
  }

  private static List<int[]> inside(Folds folds) {
    return IntStream.range(0, folds.count()).mapToObj(folds::inside).toList();
  }

  // A fold's rows and all others, with what the base says of them.
  private IntFunction<Corrections.Fold> part(Correction.Rows rows, Folds folds) {
    return f -> {
      int[] outside = folds.outside(f);
      return new Corrections.Fold(
          rows.chosen(folds.inside(f)), labelled(new Subset(target.rows(), outside), rows.chosen(outside)));
    };
  }

  // Rows with what the base says of them.
  private Correction.Rows baseRows(EncodedData rows) {
    return phases.correctionRows(target.schema(), rows, ofBase(rows));
  }

  // What is no number can't be corrected.
  private float[] ofBase(EncodedData rows) {
    network.setParameters(from.requireBase());
    float[] outputs = Phases.predict(network, rows, settings.compute().threads());
    Finite.check(rows, outputs);
    return outputs;
  }

  private TargetModel correction(String name, long begun) {
    float[] outputs = ofBase(target.rows());
    final Metrics before = Measure.brief(target.schema(), target.rows(), outputs);
    Correction correction = null;
    if (settings.method().kind() != Method.UNTOUCHED) {
      Correction.Rows rows = phases.correctionRows(target.schema(), target.rows(), outputs);
      correction =
          switch (settings.method().kind()) {
            case STACK -> stackOfBoth(rows);
            case COKRIGING_BMA -> {
              SourceSample sample = Objects.requireNonNull(from.sample());
              yield Corrections.averaged(labelled(rows), sample, ofSample(sample), from.besideLinear(false), from.linear());
            }
            default ->
                Corrections.fit(
                    settings.method().kind(),
                    labelled(rows),
                    pool(),
                    from.linear(),
                    from.besideLinear(target.schema().classification()),
                    settings.compute().threads(),
                    settings.seed());
          };
      outputs = correction.apply(rows, null, Corrections.PROCESSES).outputs();
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    return model(name, List.of(), correction, List.of(), before, outputs, seconds);
  }

  // All of the source's rows where somebody brought them, else those that the model keeps.
  private Corrections.@Nullable Pool pool() {
    if (source != null) {
      return new Corrections.Pool(
          Objects.requireNonNull(source.features()), source.labels(), source.rows(), RowWeights.of(source, settings), target.schema().classes().size(),
          settings.calibrate().targetShare());
    }
    SourceSample sample = from.sample();
    return sample == null ? null : Corrections.pool(sample, settings.calibrate().targetShare());
  }

  private TargetModel model(
      String name,
      List<Learnt> learnt,
      @Nullable Correction correction,
      List<FitOutcome> outcomes,
      @Nullable Metrics before,
      float[] outputs,
      double seconds) {
    FitOutcome outcome =
        outcomes.isEmpty() ? new FitOutcome(0, 0, false, List.of(), List.of()) : outcomes.get(0);
    PhaseReport report =
        Phases.report(
            Phase.CALIBRATE,
            outcome,
            seconds,
            before,
            Measure.brief(target.schema(), target.rows(), outputs),
            target.rows(),
            settings.compute().threads());
    List<String> classes = target.ownHead() ? target.schema().classes() : null;
    List<Schema.Input> inputs = settings.method().kind().takesOwnInputs() ? target.ownInputs(phases.schema()) : List.of();
    return new TargetModel(
        name, settings, classes, inputs, learnt, correction, null, null, counted == null ? report : report.with(counted));
  }

  private float[] start(long seed) {
    MaskBits mask = from.requirePruned().mask();
    float[] weights = Techniques.weights(settings.method().kind(), from.source(), mask, from.requireBase());
    if (weights == null) {
      network.initialize(seed);
      return network.parameters();
    }
    if (settings.method() instanceof MethodSpec.Merge merge) {
      return merged(merge);
    }
    if (settings.method() instanceof MethodSpec.MetaVote vote) {
      return voted(vote);
    }
    if (!own.head()) {
      return weights;
    }
    network.initializeHead(seed);
    float[] withNewHead = network.parameters();
    OwnTensors.putBody(
        weights, phases.tensorsOf(phases.schema()), withNewHead, network.tensors());
    return withNewHead;
  }

  private float[] voted(MethodSpec.MetaVote vote) {
    Relatives.Vote found = Relatives.vote(phases, from, vote.relatives(), vote.neighbours(), from.requirePruned().ratio(), this::loss);
    voted = MaskBits.where(network.tensors(), found.flags());
    double[] alike = new double[found.voters().size()];
    Arrays.fill(alike, 1.0 / alike.length);
    counted(found.voters(), alike);
    return found.start();
  }

  @Override
  public MaskBits voted() {
    return Objects.requireNonNull(voted, "nobody has voted");
  }

  // What a loss of one more takes off the log likelihood: by squared errors the noise is as large as the best is off; by probabilities there is no
  // noise to be known.
  private double perLoss(double lowest) {
    return (target.schema().classification() ? 1 : 0.5 / Math.max(lowest, 1e-12)) * target.rows().rows();
  }

  // But for a constant; none is given up for good. Throws unless one is nearer than the base.
  private double[] likely(List<float[]> networks) {
    double[] losses = networks.stream().mapToDouble(this::loss).toArray();
    double lowest = Arrays.stream(losses).min().orElseThrow();
    Relatives.checkNear(lowest, loss(from.requireBase()), networks.size());
    return Arrays.stream(losses).map(loss -> Math.max(-MOST_UNLIKELY, -perLoss(lowest) * (loss - lowest))).toArray();
  }

  private float[] merged(MethodSpec.Merge merge) {
    Relatives.Merged merged =
        Relatives.merged(
            phases,
            from,
            merge.relatives(),
            target.rows(),
            settings.seed(),
            this::loss,
            this::perLoss);
    counted(merge.relatives(), merged.shares());
    return merged.weights();
  }

  @Override
  public List<TensorInfo> tensors() {
    return fitted.tensors();
  }

  @Override
  public MaskBits kept() {
    return own.maskOfNew(from.requirePruned().mask(), fitted.tensors());
  }

  @Override
  public boolean isNew(TensorInfo tensor) {
    return own.isNew(tensor);
  }

  @Override
  public double strength() {
    return settings.strength();
  }

  @Override
  public int lastLayers() {
    return settings.method() instanceof MethodSpec.LastLayers last ? last.layers() : 0;
  }

  @Override
  public int rank() {
    MethodSpec method = settings.method();
    return method instanceof MethodSpec.LowRank low ? low.rank() : method instanceof MethodSpec.Budgeted budgeted ? budgeted.rank() : 0;
  }

  @Override
  public double budget() {
    return settings.method() instanceof MethodSpec.Budgeted budgeted ? budgeted.budget() : 1;
  }

  @Override
  public boolean authors() {
    return settings.method() instanceof MethodSpec.Gated gated && gated.authors();
  }

  @Override
  public long seed() {
    return settings.seed();
  }

  @Override
  public float[] start() {
    return start;
  }

  @Override
  public int firstSourceOutput() {
    return fitted == network ? 0 : target.schema().outputWidth();
  }

  @Override
  public int outputs() {
    return firstSourceOutput()
        + (fitted == network ? target.schema() : phases.schema()).outputWidth();
  }

  @Override
  public int rows() {
    return target.rows().rows();
  }

  @Override
  public int label(int row) {
    return (int) target.rows().labels().get(row);
  }

  @Override
  public float[] predict(float[] weights) {
    fitted.setParameters(weights);
    return Phases.predict(fitted, target.rows(), settings.compute().threads());
  }

  @Override
  public double loss(float[] weights) {
    Schema schema = target.schema();
    float[] outputs = predict(weights);
    Double entropy = Measure.of(schema, target.rows(), outputs).crossEntropy();
    if (entropy != null) {
      return entropy;
    }
    double sum = 0;
    for (int i = 0; i < outputs.length; i++) {
      double difference = outputs[i] - target.rows().labels().get(i);
      sum += difference * difference;
    }
    return sum / outputs.length;
  }

  @Override
  public float[] fitted(FitRange range) {
    fitted.setParameters(start);
    phases.fit(fitted, Phase.CALIBRATE, settings, range, target.rows(), monitor);
    return fitted.parameters();
  }

  @Override
  public List<float[]> sourceTrail(int epochs) {
    EncodedData rows = source;
    if (rows == null) {
      throw new IllegalStateException("there are no rows of the source");
    }
    List<float[]> trail = new ArrayList<>();
    try (NativeNetwork sourceNetwork = phases.network(phases.schema(), 0)) {
      FitRange all = FitRange.all(sourceNetwork.tensors());
      sourceNetwork.setParameters(from.source());
      for (int epoch = 0; epoch < epochs; epoch++) {
        TransferConfig one =
            settings.toBuilder()
                .source(f -> f.epochs(1).patience(0).validationShare(0))
                .seed(settings.seed() + epoch)
                .build();
        phases.fit(sourceNetwork, Phase.TRAIN, one, all, rows, monitor);
        float[] weights = sourceNetwork.parameters();
        if (own.head()) {
          float[] body = weights;
          weights = start.clone();
          OwnTensors.putBody(body, sourceNetwork.tensors(), weights, fitted.tensors());
        }
        trail.add(weights);
      }
    }
    return trail;
  }

  @Override
  public void close() {
    network.close();
    fitted.close();
  }
}
