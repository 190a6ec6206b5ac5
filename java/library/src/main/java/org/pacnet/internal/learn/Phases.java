package org.pacnet.internal.learn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Cnn;
import org.pacnet.config.Device;
import org.pacnet.config.Fit;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Precision;
import org.pacnet.config.PruningScope;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Solver;
import org.pacnet.config.Task;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.engine.FitOutcome;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitSettings;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.engine.NativeLibrary;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.fit.Corrections;
import org.pacnet.internal.fit.Labelled;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TargetParts;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.Rollouts;
import org.pacnet.result.HeldOut;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Progress;

/**
 * Runs the phases, each on a network of its own: what a model knows goes in, what it then knows comes
 * out, and nothing else changes.
 */
public final class Phases {

  private static final int LINEAR_MOST_ROWS = 5000;
  private static final int LINEAR_MOST_INPUTS = 500;
  // Rows by numbers to be found, for logistic regression, which takes hundreds of steps; with fewer rows than that it isn't worth having.
  private static final int LINEAR_MOST_CLASS_WORK = 1_000_000;
  private static final int LINEAR_FEWEST_ROWS = 200;
  // So many are learnt from beside a handful, again and again.
  private static final int SAMPLE_MOST_ROWS = 1000;
  // Operations of a step, by docs/adr/0010-cuda.md.
  private static final double GPU_WORK = 1e8;
  // Of all steps of all targets: sixteen threads of a processor are longer at it than a GPU takes to start.
  private static final double GPU_WORK_TOGETHER = 1e12;
  // A file of tensors is read into one array: 2 GiB, less the header.
  private static final long MOST_PARAMETERS = (Integer.MAX_VALUE - (1 << 20)) / Float.BYTES;

  private final Schema schema;
  private final TransferConfig config;
  // By the number of outputs.
  private final Map<Integer, List<TensorInfo>> tensors = new ConcurrentHashMap<>();

  /**
   * @param schema of the source task
   * @param config the model's
   */
  public Phases(Schema schema, TransferConfig config) {
    this.schema = schema;
    this.config = config;
  }

  /** The network of a task, and so many outputs behind the task's own, with weights not yet set. */
  NativeNetwork network(Schema own, int moreOutputs) {
    // A target's own inputs are not the network's.
    Schema common = own.withFirstInputs(schema.inputs().size());
    int outputs = own.outputWidth() + moreOutputs;
    long parameters = NetworkDescription.parameterCount(config.network(), common, outputs);
    if (parameters > MOST_PARAMETERS) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the network would have %,d parameters, more than the %,d that a model file holds;"
                  + " make the hidden layers narrower",
              parameters,
              MOST_PARAMETERS),
          "hidden");
    }
    return NetworkDescription.network(config.network(), common, outputs);
  }

  private NativeNetwork network(Schema own) {
    return network(own, 0);
  }

  /** Of the source task. */
  public Schema schema() {
    return schema;
  }

  /** The model's. */
  public TransferConfig config() {
    return config;
  }

  /** Throws a {@link DataException} unless a phase with these settings fits a model of that schema. */
  public static void checkFits(Schema schema, TransferConfig settings) {
    List<String> labels = schema.labels().stream().map(Schema.Label::name).toList();
    boolean classification = settings.objective().task() == Task.CLASSIFICATION;
    // Of trajectories that is whatever columns the source had.
    boolean same = settings.columns().labels().isEmpty() || labels.equals(settings.columns().labels());
    if (classification != schema.classification() || !same) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the settings are for a %s of %s, the model is a %s of %s; start from the model's"
                  + " own: config().toBuilder()",
              name(classification),
              String.join(", ", settings.columns().labels()),
              name(schema.classification()),
              String.join(", ", labels)));
    }
  }

  private static String name(boolean classification) {
    return classification ? "classification" : "regression";
  }

  /** What can be found out before a long read. */
  public static void check(TransferConfig config, @Nullable Path init) {
    checkDevice(config);
    if (config.source().epochs() == 0 && init == null && !(config.network() instanceof TorchScript)) {
      throw new DataException(
          "no source epochs, and no weights to start from: there is nothing to train",
          "sourceEpochs",
          "init");
    }
  }

  private static int epochs(TransferConfig c, Phase phase) {
    int epochs =
        switch (phase) {
          case TRAIN, PRUNE -> c.source().epochs();
          case ALLOCATE -> c.prune().allocateEpochs() > 0 ? c.prune().allocateEpochs() : c.source().epochs();
          case CALIBRATE -> c.target().epochs();
        };
    if (epochs == 0) {
      throw new DataException(phase + " needs at least one epoch", "allocateEpochs");
    }
    return epochs;
  }

  /** Whether of rows of a table the labels are predicted, so that they can be corrected. */
  public static boolean predictsLabels(TransferConfig config, Schema schema) {
    return schema.image() == null && config.network().predictsLabels();
  }

  static void checkDevice(TransferConfig config) {
    if (config.compute().device() == Device.CUDA) {
      if (config.network() instanceof TorchScript) {
        throw new DataException("the network torchscript runs on the CPU; use the device auto or cpu", "device");
      }
      NativeLibrary.Gpu gpu = NativeLibrary.gpu();
      if (!gpu.usable()) {
        throw new DataException(gpu.words() + "; use the device auto or cpu", "device");
      }
    }
  }

  /** Whether a fit goes to the GPU. */
  private static boolean onGpu(TransferConfig config, Phase phase, NativeNetwork network, FitRange range) {
    return switch (config.compute().device()) {
      case CPU -> false;
      case CUDA -> true;
      case AUTO -> suitsGpu(config, phase, network, range) && NativeLibrary.gpu().usable();
    };
  }

  // By a step's work: below it a CPU is done before a GPU has started.
  private static boolean suitsGpu(TransferConfig config, Phase phase, NativeNetwork network, FitRange range) {
    boolean images = config.network() instanceof Cnn || config.network() instanceof ResNet18;
    boolean adaptive = config.network() instanceof NeuralOde ode && (ode.tolerance() > 0 || ode.solver() == Solver.IMPLICIT);
    boolean gated = range.terms().stream().anyMatch(term -> term instanceof FitTerm.Gates || term instanceof FitTerm.Policy || term instanceof FitTerm.Adapter);
    double work = 6.0 * network.parameterCount() * fit(config, phase).batchSize();
    boolean own = config.network() instanceof TorchScript;
    return !own && !adaptive && !gated && (images || work >= GPU_WORK);
  }

  /**
   * Train.
   *
   * @param init a file of weights to start from; null for random ones
   * @param heldOut what the number of epochs was chosen by, for the report
   */
  public ModelState train(EncodedData rows, @Nullable Path init, @Nullable HeldOut heldOut, Monitor monitor) {
    try (NativeNetwork network = network(schema)) {
      if (init != null) {
        network.setParameters(InitialWeights.read(init, network.tensors()));
      } else {
        begin(network);
      }
      if (config.source().epochs() == 0) {
        return trained(network, rows).withPhase(untrained(network, rows));
      }
      FitRange all = FitRange.all(network.tensors());
      PhaseReport report = fitSource(network, Phase.TRAIN, all, rows, null, monitor);
      return trained(network, rows).withPhase(report.with(heldOut));
    }
  }

  // At random, or as a module came.
  private void begin(NativeNetwork network) {
    if (config.network() instanceof TorchScript) {
      network.takeWeights(config.seed());
    } else {
      network.initialize(config.seed());
    }
  }

  /** What a model of these weights knows, and what else is kept of rows. */
  ModelState knowing(float[] weights, EncodedData rows) {
    try (NativeNetwork network = network(schema)) {
      network.setParameters(weights);
      return trained(network, rows);
    }
  }

  // With what else is kept of the source's rows.
  private ModelState trained(NativeNetwork network, EncodedData rows) {
    boolean table = rows.features() != null && predictsLabels(config, schema) && schema.inputWidth() <= LINEAR_MOST_INPUTS;
    return ModelState.trained(network.parameters(), table ? linear(rows) : null, table && !schema.classification() ? sample(rows) : null);
  }

  // Rows evenly taken, of which nothing is said.
  private Labelled some(EncodedData rows, int count) {
    FloatBuffer features = Objects.requireNonNull(rows.features());
    int inputs = schema.inputWidth();
    int labels = schema.classification() ? 1 : schema.outputWidth();
    FloatBuffer x = FloatBuffer.allocate(count * inputs);
    FloatBuffer y = FloatBuffer.allocate(count * labels);
    int[] chosen = IntStream.range(0, count).map(i -> (int) ((long) i * rows.rows() / count)).toArray();
    for (int i = 0; i < count; i++) {
      x.put(i * inputs, features, chosen[i] * inputs, inputs);
      y.put(i * labels, rows.labels(), chosen[i] * labels, labels);
    }
    int width = schema.outputWidth();
    Correction.Rows silent = new Correction.Rows(x, count, inputs, new float[count * width], width);
    return new Labelled(silent, y, null, RowWeights.of(new Subset(rows, chosen), config));
  }

  // A linear model needs no more rows than these; and its time grows with the cube of the columns.
  private @Nullable LinearCorrection linear(EncodedData rows) {
    boolean classes = schema.classification();
    int width = schema.outputWidth();
    int most =
        classes
            ? Math.min(LINEAR_MOST_ROWS, LINEAR_MOST_CLASS_WORK / (width * (1 + width + schema.inputWidth())))
            : LINEAR_MOST_ROWS;
    int count = Math.min(rows.rows(), most);
    if (classes && count < Math.min(rows.rows(), LINEAR_FEWEST_ROWS)) {
      return null;
    }
    return Corrections.linear(some(rows, count), classes);
  }

  private SourceSample sample(EncodedData rows) {
    int count = Math.min(rows.rows(), SAMPLE_MOST_ROWS);
    return Corrections.sample(some(rows, count), config.compute().threads(), config.seed());
  }

  /** What a network says of some rows that was trained on others. */
  float[] trial(EncodedData others, EncodedData inside, Monitor monitor) {
    try (NativeNetwork network = network(schema)) {
      begin(network);
      fit(network, Phase.TRAIN, config, FitRange.all(network.tensors()), others, monitor.cancelOnly());
      return predict(network, inside, config.compute().threads());
    }
  }

  /** The same of a linear model; null where there are too many columns for one. */
  float @Nullable [] linearTrial(EncodedData others, EncodedData inside) {
    LinearCorrection learnt = schema.inputWidth() <= LINEAR_MOST_INPUTS ? linear(others) : null;
    if (learnt == null) {
      return null;
    }
    float[] nothing = new float[inside.rows() * schema.outputWidth()];
    return learnt.apply(correctionRows(schema, inside, nothing), null, Corrections.PROCESSES).outputs();
  }

  /** Writes the network with these weights as a TorchScript module; {@link NativeNetwork#saveScript} says more. */
  public void saveScript(
      Schema own, float[] weights, Path file, float[] shift, float[] scale, float[] units, float[] offsets, String metadata) {
    try (NativeNetwork network = network(own)) {
      network.setParameters(weights);
      network.saveScript(file, shift, scale, units, offsets, metadata);
    }
  }

  /** Number of weights and biases. */
  public int parameterCount() {
    return tensorsOf(schema).stream().mapToInt(TensorInfo::size).sum();
  }

  private PhaseReport untrained(NativeNetwork network, EncodedData rows) {
    Metrics after = measure(network, schema, rows, config.compute().threads());
    return new PhaseReport(
        Phase.TRAIN,
        0,
        0,
        List.of(),
        List.of(),
        0,
        null,
        after,
        rows.provenance(),
        null,
        null,
        config.compute().threads());
  }

  /**
   * Prune.
   *
   * @param how its ratio and exclusions count
   * @param rows what to measure the errors on; null for nothing
   */
  public ModelState prune(
      ModelState from, TransferConfig how, PruningScope scope, @Nullable EncodedData rows) {
    long start = System.nanoTime();
    try (NativeNetwork network = network(schema)) {
      checkPatterns(how.prune().excluded(), network.tensors());
      boolean[] prunable = new boolean[network.tensors().size()];
      for (TensorInfo tensor : network.tensors()) {
        prunable[tensor.index()] =
            tensor.prunable() && !ModelState.Pruning.excludes(tensor, how.prune().excluded());
      }
      network.setParameters(from.source());
      checkDevice(how);
      boolean cuda = how.compute().device() == Device.CUDA;
      MaskBits mask =
          network.prune(how.prune().ratio(), scope.ordinal(), how.seed(), prunable, how.compute().threads(), cuda);
      double seconds = (System.nanoTime() - start) / 1e9;
      PhaseReport trained = from.reports().get(Phase.TRAIN);
      PhaseReport report =
          new PhaseReport(
              Phase.PRUNE,
              0,
              0,
              List.of(),
              List.of(),
              seconds,
              rows == null || trained == null ? null : trained.after(),
              rows == null ? null : measure(network, schema, rows, how.compute().threads()),
              null,
              null,
              null,
              1);
      return from.withPruning(
              new ModelState.Pruning(how.prune().ratio(), scope, how.prune().excluded(), mask))
          .withPhase(report);
    }
  }

  public static void checkPatterns(List<String> patterns, List<TensorInfo> tensors) {
    List<TensorInfo> weights = tensors.stream().filter(TensorInfo::prunable).toList();
    for (String pattern : patterns) {
      if (weights.stream().noneMatch(t -> ModelState.Pruning.excludes(t, List.of(pattern)))) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "the pattern '%s' excludes no weight; there are %s",
                pattern,
                String.join(", ", weights.stream().map(TensorInfo::name).toList())),
            "excluded");
      }
    }
  }

  public ModelState allocate(ModelState from, EncodedData rows, Monitor monitor) {
    MaskBits mask = from.requirePruned().mask();
    try (NativeNetwork network = network(schema)) {
      network.setParameters(mask.zeroPruned(from.source()));
      FitRange kept = FitRange.kept(mask, network.tensors());
      Metrics before = measure(network, schema, rows, config.compute().threads());
      PhaseReport report = fitSource(network, Phase.ALLOCATE, kept, rows, before, monitor);
      return from.withBase(network.parameters()).withPhase(report);
    }
  }

  /** The tensors of the network with a schema's output layer. */
  public List<TensorInfo> tensorsOf(Schema own) {
    return tensors.computeIfAbsent(
        own.outputWidth(),
        width -> {
          try (NativeNetwork network = network(own)) {
            return network.tensors();
          }
        });
  }

  /** The network's raw outputs for these rows, [rows, outputs]. */
  public float[] outputs(Schema own, float[] weights, EncodedData rows) {
    if (rows instanceof Rollouts rollouts) {
      if (config.network() instanceof LatentDynamics) {
        return new LatentRollOut(own, rollouts).run(steps -> withWeights(own.withSteps(steps), weights), config.compute().threads());
      }
      try (NativeNetwork network = withWeights(own.withSteps(1), weights)) {
        return RollOut.run(network, own, rollouts, config.compute().threads());
      }
    }
    try (NativeNetwork network = withWeights(fitting(own, rows), weights)) {
      return predict(network, rows, config.compute().threads());
    }
  }

  /** A network for that schema with these weights. The caller closes it. */
  public NativeNetwork withWeights(Schema own, float[] weights) {
    NativeNetwork network = network(own);
    network.setParameters(weights);
    return network;
  }

  // The same for pieces of trajectories as they are here, which may be shorter.
  private static Schema fitting(Schema own, EncodedData rows) {
    FloatBuffer features = rows.features();
    return own.trajectories() == null || features == null
        ? own
        : own.withSteps((features.remaining() / rows.rows() - own.trajectories().states() - 1) / (1 + own.trajectories().actions().size()));
  }

  /**
   * What the head of the network with these weights is given of rows, [rows, features]; its outputs where that can't be seen.
   */
  public float[] features(float[] weights, EncodedData rows) {
    try (NativeNetwork network = network(schema)) {
      network.setParameters(weights);
      int threads = config.compute().threads();
      if (!config.network().hasFeatures()) {
        return predict(network, rows, threads);
      }
      FloatBuffer features = rows.features();
      if (features != null) {
        return network.features(common(features, rows.rows(), network.inputs()), rows.rows(), threads);
      }
      try (RowFeed feed = Objects.requireNonNull(rows.feed(0))) {
        return network.features(feed, rows.rows(), threads);
      }
    }
  }

  /** The diagonal of the Fisher information of all parameters at these weights, over so many of the rows, evenly taken. */
  float[] fisher(float[] weights, FloatBuffer features, int rows, int most) {
    return fisher(weights, evenly(features, rows, most), Math.min(rows, most));
  }

  /** The same, over the first of rows that are pulled. */
  float[] fisher(float[] weights, EncodedData rows, int most) {
    FloatBuffer features = rows.features();
    if (features != null) {
      return fisher(weights, features, rows.rows(), most);
    }
    int count = Math.min(rows.rows(), most);
    FloatBuffer x = direct(Math.multiplyExact(count, schema.inputWidth()));
    try (RowFeed feed = Objects.requireNonNull(rows.feed(0))) {
      feed.begin(0, IntStream.range(0, count).toArray(), count);
      feed.next(count, x, FloatBuffer.allocate(count));
    }
    return fisher(weights, x.clear(), count);
  }

  private float[] fisher(float[] weights, FloatBuffer x, int rows) {
    try (NativeNetwork network = network(schema)) {
      network.setParameters(weights);
      return network.fisher(x, rows, schema.classification(), config.compute().threads());
    }
  }

  /** So many of the rows at most, evenly taken. */
  static FloatBuffer evenly(FloatBuffer features, int rows, int most) {
    int each = features.remaining() / rows;
    int count = Math.min(rows, most);
    FloatBuffer some = direct(Math.multiplyExact(count, each));
    for (int i = 0; i < count; i++) {
      some.put(features.slice((int) ((long) i * rows / count) * each, each));
    }
    return some.flip();
  }

  /** Floats that the core can read where they are. */
  public static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES)).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** The schema of a target, with classes and inputs of its own if it has some. */
  public Schema schemaOf(TargetModel target) {
    Schema own = target.classes() == null ? schema : schema.withClasses(target.classes());
    return own.withInputs(target.inputs());
  }

  /** The dense parameters of a target's networks: the base, what Calibrate learnt, and its own head if any. */
  public List<float[]> weights(ModelState from, TargetModel target) {
    MaskBits mask = from.requirePruned().mask();
    float[] base = from.requireBase();
    if (target.networks().isEmpty()) {
      return List.of(base);
    }
    List<TensorInfo> network = tensorsOf(schemaOf(target));
    return TargetParts.dense(
        mask, base, tensorsOf(schema), target.ownTensors(), target.networks(), network);
  }

  /** What a target says of rows. */
  public Correction.Corrected outputs(ModelState from, TargetModel target, EncodedData rows) {
    Schema own = schemaOf(target);
    List<float[]> each = weights(from, target).stream().map(w -> outputs(own, w, rows)).toList();
    Correction.Corrected said = Ensemble.of(own, each);
    if (target.correction() == null) {
      return said;
    }
    // Where the target trained no network, what was asked is the base already.
    boolean trained = !target.networks().isEmpty();
    float[] base = trained ? outputs(own, from.requireBase(), rows) : said.outputs();
    return target
        .correction()
        .apply(correctionRows(own, rows, base), trained ? new Correction.Networks(each, said) : null, Corrections.PROCESSES);
  }

  /**
   * The mean of that and of what it says of copies, of a classification of the probabilities; the spread is that of the rows themselves.
   *
   * @param rows of {@link Rows#changing}
   * @param copies how many, each changed in another way
   */
  public Correction.Corrected outputs(ModelState from, TargetModel target, EncodedData rows, int copies) {
    Correction.Corrected plain = outputs(from, target, rows);
    List<float[]> all = new ArrayList<>(List.of(plain.outputs()));
    for (int copy = 1; copy <= copies; copy++) {
      all.add(outputs(from, target, new ChangedCopy(rows, target.config().seed(), copy)).outputs());
    }
    return new Correction.Corrected(Ensemble.of(schemaOf(target), all).outputs(), plain.spread());
  }

  /** Rows with what the base says of them. */
  public Correction.Rows baseRows(ModelState from, Schema own, EncodedData rows) {
    return correctionRows(own, rows, outputs(own, from.requireBase(), rows));
  }

  /** Rows with what the base says of them, for what corrects it. */
  Correction.Rows correctionRows(Schema own, EncodedData rows, float[] outputs) {
    FloatBuffer features = Objects.requireNonNull(rows.features(), "images are not corrected");
    return new Correction.Rows(
        features, rows.rows(), own.inputWidth(), schema.inputWidth(), outputs, own.outputWidth());
  }

  // The network takes what is the source's too, the first of a row's numbers.
  private static FloatBuffer common(FloatBuffer features, int rows, int inputs) {
    int each = features.remaining() / rows;
    if (each == inputs) {
      return features;
    }
    FloatBuffer some = direct(Math.multiplyExact(rows, inputs));
    for (int r = 0; r < rows; r++) {
      some.put(features.slice(r * each, inputs));
    }
    return some.flip();
  }

  static float[] predict(NativeNetwork network, EncodedData rows, int threads) {
    FloatBuffer features = rows.features();
    if (features != null) {
      return network.predict(common(features, rows.rows(), network.inputs()), rows.rows(), threads);
    }
    try (RowFeed feed = Objects.requireNonNull(rows.feed(0))) {
      return network.predict(feed, rows.rows(), threads);
    }
  }

  private static FitSettings settings(TransferConfig c, Phase phase, boolean weighted, boolean gpu) {
    checkDevice(c);
    Fit fit = fit(c, phase);
    return new FitSettings(
        c.objective().loss().ordinal(),
        c.objective().huberDelta(),
        weighted,
        fit.optimizer().ordinal(),
        fit.momentum(),
        fit.weightDecay(),
        fit.learningRate(),
        fit.schedule().ordinal(),
        epochs(c, phase),
        fit.batchSize(),
        fit.validationShare(),
        fit.patience(),
        phase == Phase.CALIBRATE && c.calibrate().curriculum(),
        // Each phase draws its own numbers, so that running one alone gives the same ones.
        c.seed() * Phase.values().length + phase.ordinal(),
        c.compute().threads(),
        gpu,
        gpu ? c.compute().precision().ordinal() : Precision.FP32.ordinal());
  }

  private static Fit fit(TransferConfig config, Phase phase) {
    return phase == Phase.CALIBRATE ? config.target() : config.source();
  }

  /** Runs a phase's fit; throws if it was cancelled. */
  FitOutcome fit(
      NativeNetwork network,
      Phase phase,
      TransferConfig how,
      FitRange range,
      EncodedData rows,
      Monitor monitor) {
    float[] weights = RowWeights.of(rows, how);
    FitSettings settings = settings(how, phase, weights != null, onGpu(how, phase, network, range));
    NativeNetwork.EpochListener listener =
        (epoch, trainLoss, validationLoss) -> {
          monitor.report(new Progress(phase, epoch, settings.epochs(), trainLoss, validationLoss));
          return !monitor.isCancelled() && !Thread.currentThread().isInterrupted();
        };
    FitOutcome outcome;
    try (RowFeed feed = rows.training(settings.seed())) {
      if (feed != null) {
        outcome = network.fit(settings, range, weights == null ? feed : RowWeights.beside(feed, weights), rows.rows(), listener);
      } else {
        FloatBuffer features = Objects.requireNonNull(rows.features());
        outcome = network.fit(settings, range, features, labels(rows, weights), rows.rows(), listener);
      }
    }
    if (outcome.cancelled()) {
      throw new CancelledException(
          phase + " was cancelled in epoch " + outcome.epochsRun() + " of " + settings.epochs());
    }
    return outcome;
  }

  // As the core takes them in a fit.
  private static FloatBuffer labels(EncodedData rows, float @Nullable [] weights) {
    return weights == null ? rows.labels() : RowWeights.beside(rows.labels(), weights);
  }

  /** Whether the GPU learns so many targets at once. */
  public boolean togetherOnGpu(TransferConfig how, int targets) {
    return Calibration.canShare(how)
        && switch (how.compute().device()) {
          case CPU -> false;
          case CUDA -> true;
          case AUTO ->
              6.0 * parameterCount() * how.target().batchSize() * targets * how.target().epochs() >= GPU_WORK_TOGETHER
                  && NativeLibrary.gpu().usable();
        };
  }

  /** The fits of many targets, each in its place: all at once on the GPU, one after another on the CPU. */
  public List<Fitted> fitTogether(SharedFit shared, List<EncodedData> targets, Monitor monitor) {
    List<float @Nullable []> weights = new ArrayList<>();
    targets.forEach(target -> weights.add(RowWeights.of(target, shared.how())));
    FitSettings settings = settings(shared.how(), Phase.CALIBRATE, weights.get(0) != null, togetherOnGpu(shared.how(), targets.size()));
    int[] rows = targets.stream().mapToInt(EncodedData::rows).toArray();
    FloatBuffer x = joined(targets.stream().map(t -> Objects.requireNonNull(t.features())).toList());
    FloatBuffer y = joined(IntStream.range(0, targets.size()).mapToObj(t -> labels(targets.get(t), weights.get(t))).toList());
    NativeNetwork.EpochListener listener =
        (epoch, trainLoss, validationLoss) -> !monitor.isCancelled() && !Thread.currentThread().isInterrupted();
    try (NativeNetwork network = network(schema)) {
      network.setParameters(shared.start());
      long begun = System.nanoTime();
      List<Fitted> each = new ArrayList<>();
      NativeNetwork.EachFitted add =
          (outcome, parameters, diverged) ->
              each.add(new Fitted(outcome, parameters, diverged, (System.nanoTime() - begun) / 1e9 / rows.length));
      if (!network.fitMany(settings, shared.range(), x, y, rows, listener, add)) {
        throw new CancelledException("calibrating was cancelled");
      }
      return each;
    }
  }

  private static FloatBuffer joined(List<FloatBuffer> parts) {
    int floats = parts.stream().mapToInt(FloatBuffer::remaining).reduce(0, Math::addExact);
    FloatBuffer all = direct(floats);
    parts.forEach(part -> all.put(part.duplicate()));
    return all.flip();
  }

  private PhaseReport fitSource(
      NativeNetwork network,
      Phase phase,
      FitRange range,
      EncodedData rows,
      @Nullable Metrics before,
      Monitor monitor) {
    long start = System.nanoTime();
    FitOutcome outcome = fit(network, phase, config, range, rows, monitor);
    double seconds = (System.nanoTime() - start) / 1e9;
    Metrics after = measure(network, schema, rows, config.compute().threads());
    return report(phase, outcome, seconds, before, after, rows, config.compute().threads());
  }

  static PhaseReport report(
      Phase phase,
      FitOutcome outcome,
      double seconds,
      @Nullable Metrics before,
      Metrics after,
      EncodedData rows,
      int threads) {
    return new PhaseReport(
        phase,
        outcome.epochsRun(),
        outcome.bestEpoch(),
        outcome.trainLosses(),
        outcome.validationLosses(),
        seconds,
        before,
        after,
        rows.provenance(),
        null,
        null,
        threads);
  }

  Metrics measure(
      NativeNetwork network, Schema schema, EncodedData rows, int threads) {
    return Measure.brief(schema, rows, predict(network, rows, threads));
  }
}
