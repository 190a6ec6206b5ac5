package org.pacnet;

import java.math.BigDecimal;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pacnet.binding.FitOptions;
import org.pacnet.binding.PacNetLibrary;
import org.pacnet.core.FitOutcome;
import org.pacnet.core.MaskBits;
import org.pacnet.core.NativeLibrary;
import org.pacnet.core.NativeNetwork;
import org.pacnet.core.TensorInfo;
import org.pacnet.data.Data;
import org.pacnet.data.DataOptions;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Encoder;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;

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

  // A file of tensors is read into one array: 2 GiB, less the header.
  private static final long MOST_PARAMETERS = (Integer.MAX_VALUE - (1 << 20)) / Float.BYTES;

  private final Schema schema;
  private final TransferConfig config;
  private final List<TensorInfo> tensors;
  private final ReentrantLock phase = new ReentrantLock();
  private volatile State state;
  private volatile boolean closed;

  /**
   * What a model knows; immutable, so that whoever reads sees one state and no mixture. A phase works
   * on a network of its own and ends with a new state.
   */
  record State(
      float[] source,
      @Nullable Pruning pruning,
      float @Nullable [] base,
      Map<Phase, PhaseReport> reports,
      Map<String, TargetModel> targets,
      Map<String, ModelFormatException> damaged) {

    State withPhase(Phase phase, PhaseReport report) {
      Map<Phase, PhaseReport> all = new EnumMap<>(Phase.class);
      all.putAll(reports);
      all.keySet().removeIf(other -> other.compareTo(phase) > 0);
      all.put(phase, report);
      return new State(source, pruning, base, all, targets, damaged);
    }

    State withTarget(TargetModel target) {
      Map<String, TargetModel> sound = new TreeMap<>(targets);
      sound.put(target.name(), target);
      Map<String, ModelFormatException> others = new TreeMap<>(damaged);
      others.remove(target.name());
      return new State(source, pruning, base, reports, sound, others);
    }
  }

  /** What Prune decided: how, and the mask. */
  record Pruning(double ratio, PruningScope scope, List<String> excluded, MaskBits mask) {

    /** Whether the mask covers this tensor. */
    boolean prunes(TensorInfo tensor) {
      return tensor.prunable() && !isExcluded(tensor.name(), excluded);
    }
  }

  private Model(Schema schema, TransferConfig config) {
    this.schema = schema;
    this.config = config;
    try (NativeNetwork network = newNetwork(schema, config)) {
      tensors = network.tensors();
    }
    state = new State(new float[0], null, null, Map.of(), Map.of(), Map.of());
  }

  static int[] sizes(Schema schema, TransferConfig config) {
    int[] sizes = new int[config.hidden().size() + 2];
    sizes[0] = schema.inputWidth();
    for (int i = 0; i < config.hidden().size(); i++) {
      sizes[i + 1] = config.hidden().get(i);
    }
    sizes[sizes.length - 1] = schema.outputWidth();
    return sizes;
  }

  private static NativeNetwork newNetwork(Schema schema, TransferConfig config) {
    int[] sizes = sizes(schema, config);
    long parameters = NativeNetwork.parameterCount(sizes);
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
    return new NativeNetwork(sizes, config.activation().ordinal(), config.dropout());
  }

  /** Throws a {@link DataException} unless a phase with these settings fits a model of that schema. */
  static void checkFits(Schema schema, TransferConfig settings) {
    List<String> labels = schema.labels().stream().map(Schema.Label::name).toList();
    boolean classification = settings.task() == Task.CLASSIFICATION;
    if (classification != schema.classification() || !labels.equals(settings.labels())) {
      throw new DataException(
          "the settings are for a %s of %s, the model is a %s of %s; start from the model's own: config().toBuilder()"
              .formatted(
                  name(classification),
                  String.join(", ", settings.labels()),
                  name(schema.classification()),
                  String.join(", ", labels)));
    }
  }

  private static String name(boolean classification) {
    return classification ? "classification" : "regression";
  }

  // One phase at a time. Other threads wait; the thread that runs one is in its listener.
  private <T> T inPhase(Supplier<T> body) {
    if (phase.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "a phase of this model is running: its progress listener can't start another");
    }
    phase.lock();
    try {
      current();
      return body.get();
    } finally {
      phase.unlock();
    }
  }

  private State current() {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
    return state;
  }

  private void commit(State next) {
    current();
    state = next;
  }

  /**
   * All phases: {@link #train}, {@link #prune}, {@link #allocate}, {@link #calibrate}. Everything is
   * read and checked before the first of them begins.
   *
   * @param test labelled rows of the target for a later {@link #evaluate(String, Data)}, which no
   *     phase sees; read only to find out now whether they fit. Null for none
   */
  public static Model transfer(
      Data source,
      String name,
      Data target,
      @Nullable Data test,
      TransferConfig config,
      Monitor monitor) {
    checkName(name);
    Encoder.Learned learned = learn(source, config, monitor);
    Schema schema = learned.schema();
    Model model = new Model(schema, config);
    model.checkPatterns(config.excluded());
    TargetRows targetRows = readTarget(target, schema, config, monitor);
    if (test != null) {
      Encoder.evaluation(test, targetRows.schema(), monitor.reading());
    }
    EncodedData sourceRows = learned.rows();
    model.train(sourceRows, monitor);
    model.prune(config, sourceRows);
    model.allocate(sourceRows, monitor);
    model.calibrate(name, targetRows, config, monitor);
    return model;
  }

  /** {@link #transfer(Data, String, Data, Data, TransferConfig, Monitor)} without test rows. */
  public static Model transfer(
      Data source, String name, Data target, TransferConfig config, Monitor monitor) {
    return transfer(source, name, target, null, config, monitor);
  }

  /** Phase 0: trains all weights on the source. */
  public static Model train(Data source, TransferConfig config, Monitor monitor) {
    Encoder.Learned learned = learn(source, config, monitor);
    Model model = new Model(learned.schema(), config);
    model.train(learned.rows(), monitor);
    return model;
  }

  private static Encoder.Learned learn(
      Data source, TransferConfig config, Monitor monitor) {
    checkDevice(config); // before a long read
    return Encoder.learn(
        source,
        new DataOptions(
            config.labels(),
            config.task() == Task.CLASSIFICATION,
            Set.copyOf(config.categorical()),
            Set.copyOf(config.ignored()),
            config.missing(),
            config.missingWords(),
            config.standardizeInputs(),
            config.standardizeLabels()),
        monitor.reading());
  }

  private static void checkDevice(TransferConfig config) {
    if (config.device() == Device.CUDA) {
      throw new DataException("this build runs on the CPU only; use the device auto or cpu", "device");
    }
  }

  private void train(EncodedData rows, Monitor monitor) {
    try (NativeNetwork network = newNetwork(schema, config);
        FitOptions options = options(config, Phase.TRAIN)) {
      network.initialize(config.seed());
      PhaseReport report = fit(network, options, Phase.TRAIN, config, schema, rows, null, monitor);
      commit(
          new State(network.parameters(), null, null, Map.of(), Map.of(), Map.of())
              .withPhase(Phase.TRAIN, report));
    }
  }

  /**
   * Phase 1: keeps the weights of largest magnitude, K = round((1 − ratio)·n) of n, and sets the
   * others to zero. Drops an earlier base and its targets.
   */
  public PhaseReport prune(double ratio, PruningScope scope, String... excluded) {
    TransferConfig how =
        config.toBuilder().ratio(ratio).scope(scope).excluded(excluded).build();
    return prune(how, null);
  }

  /** {@link #prune(double, PruningScope, String...)} with the configuration's settings. */
  public PhaseReport prune() {
    return prune(config, null);
  }

  private PhaseReport prune(TransferConfig how, @Nullable EncodedData rows) {
    return inPhase(
        () -> {
          long start = System.nanoTime();
          State from = current();
          boolean[] prunable = new boolean[tensors.size()];
          for (TensorInfo tensor : tensors) {
            prunable[tensor.index()] =
                tensor.prunable() && !isExcluded(tensor.name(), how.excluded());
          }
          checkPatterns(how.excluded());
          try (NativeNetwork network = newNetwork(schema, config)) {
            network.setParameters(from.source());
            MaskBits mask = network.prune(how.ratio(), how.scope().ordinal(), prunable);
            double seconds = (System.nanoTime() - start) / 1e9;
            PhaseReport report =
                new PhaseReport(
                    Phase.PRUNE,
                    0,
                    0,
                    List.of(),
                    List.of(),
                    seconds,
                    rows == null ? null : before(from.reports().get(Phase.TRAIN)),
                    rows == null ? null : measure(network, schema, rows, how.threads()),
                    null,
                    1);
            Pruning pruning = new Pruning(how.ratio(), how.scope(), how.excluded(), mask);
            commit(
                new State(from.source(), pruning, null, from.reports(), Map.of(), Map.of())
                    .withPhase(Phase.PRUNE, report));
            return report;
          }
        });
  }

  private static @Nullable Metrics before(@Nullable PhaseReport earlier) {
    return earlier == null ? null : earlier.after();
  }

  private void checkPatterns(List<String> patterns) {
    for (String pattern : patterns) {
      boolean used =
          tensors.stream().anyMatch(t -> t.prunable() && isExcluded(t.name(), List.of(pattern)));
      if (!used) {
        throw new DataException(
            "the pattern '"
                + pattern
                + "' excludes no weight; there are "
                + String.join(
                    ", ",
                    tensors.stream().filter(TensorInfo::prunable).map(TensorInfo::name).toList()),
            "excluded");
      }
    }
  }

  private static boolean isExcluded(String name, List<String> patterns) {
    for (String pattern : patterns) {
      PathMatcher matcher;
      try {
        matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
      } catch (IllegalArgumentException e) {
        throw new DataException("'" + pattern + "' is no valid glob pattern", e, "excluded");
      }
      if (matcher.matches(Path.of(name))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Phase 2: trains the kept weights, biases included, on the source; pruned weights stay +0.0. Drops
   * targets of an earlier base.
   *
   * @param source with the columns that the model was trained on
   */
  public PhaseReport allocate(Data source, Monitor monitor) {
    requirePruned(current());
    Set<String> ignored = Set.copyOf(config.ignored());
    return allocate(Encoder.training(source, schema, ignored, monitor.reading()), monitor);
  }

  private PhaseReport allocate(EncodedData rows, Monitor monitor) {
    return inPhase(
        () -> {
          State from = current();
          Pruning pruning = requirePruned(from);
          try (NativeNetwork network = newNetwork(schema, config);
              FitOptions options = options(config, Phase.ALLOCATE)) {
            network.setParameters(pruning.mask().zeroPruned(from.source()));
            network.setMask(pruning.mask());
            options.trainable(PacNetLibrary.kTrainKept);
            Metrics before = measure(network, schema, rows, config.threads());
            PhaseReport report =
                fit(network, options, Phase.ALLOCATE, config, schema, rows, before, monitor);
            commit(
                new State(
                        from.source(),
                        pruning,
                        network.parameters(),
                        from.reports(),
                        Map.of(),
                        Map.of())
                    .withPhase(Phase.ALLOCATE, report));
            return report;
          }
        });
  }

  private static Pruning requirePruned(State state) {
    if (state.pruning() == null) {
      throw new DataException("the model is not pruned yet: run prune first");
    }
    return state.pruning();
  }

  private static float[] requireBase(State state) {
    requirePruned(state);
    if (state.base() == null) {
      throw new DataException("the model has no base yet: run allocate first");
    }
    return state.base();
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
   * @param name letters, digits, dots, dashes and underscores
   * @param target with the columns that the model was trained on
   * @param settings the training settings, λ, seed and threads of this target; data and network are
   *     the model's own, and task and labels must be those of the model
   */
  public PhaseReport calibrate(
      String name, Data target, TransferConfig settings, Monitor monitor) {
    checkName(name);
    checkFits(schema, settings);
    requireBase(current());
    TransferConfig how = settings.toBuilder().ignored(config.ignored().toArray(String[]::new)).build();
    return calibrate(name, readTarget(target, schema, how, monitor), settings, monitor);
  }

  private record TargetRows(Schema schema, boolean ownHead, EncodedData rows) {}

  private static TargetRows readTarget(
      Data target, Schema schema, TransferConfig settings, Monitor monitor) {
    Set<String> ignored = Set.copyOf(settings.ignored());
    if (schema.classification()) {
      List<String> found = Encoder.distinctLabels(target, schema);
      if (!schema.classes().containsAll(found)) {
        if (!settings.newClasses()) {
          checkSpelling(target, schema.classes(), found);
        }
        Schema own = schema.withClasses(found);
        return new TargetRows(own, true, Encoder.training(target, own, ignored, monitor.reading()));
      }
    }
    return new TargetRows(schema, false, Encoder.training(target, schema, ignored, monitor.reading()));
  }

  // An output layer of the target's own, made because somebody wrote 0.0 for 0, would forget silently
  // what the source knows of the classes.
  private static void checkSpelling(Data target, List<String> known, List<String> found) {
    Map<String, String> bySense = new HashMap<>();
    known.forEach(name -> bySense.put(sense(name), name));
    for (String name : found) {
      String same = bySense.get(sense(name));
      if (same != null && !known.contains(name)) {
        throw new DataException(
            "%s: class '%s' differs from the source's class '%s' in spelling only; write it alike, or say that it is a new class"
                .formatted(target.name(), name, same),
            "newClasses");
      }
    }
  }

  private static String sense(String name) {
    String plain = name.strip().toLowerCase(Locale.ROOT);
    try {
      return new BigDecimal(plain).stripTrailingZeros().toPlainString();
    } catch (NumberFormatException e) {
      return plain;
    }
  }

  private PhaseReport calibrate(
      String name, TargetRows target, TransferConfig settings, Monitor monitor) {
    return inPhase(
        () -> {
          State from = current();
          float[] frozen = requireBase(from);
          MaskBits mask = requirePruned(from).mask();
          try (NativeNetwork network = newNetwork(target.schema(), config);
              FitOptions options = options(settings, Phase.CALIBRATE)) {
            options.trainable(PacNetLibrary.kTrainPruned).l2(settings.lambda());
            MaskBits own = mask;
            Metrics before = null;
            if (target.ownHead()) {
              own = bodyMask(mask, network);
              network.initialize(settings.seed());
              network.setParameters(withBody(network.parameters(), frozen, network));
              network.initializeHead(settings.seed());
              options.train_head(true);
            } else {
              network.setParameters(frozen);
              before = measure(network, schema, target.rows(), settings.threads());
            }
            network.setMask(own);
            PhaseReport report =
                fit(
                    network,
                    options,
                    Phase.CALIBRATE,
                    settings,
                    target.schema(),
                    target.rows(),
                    before,
                    monitor);
            float[] trained = network.parameters();
            TargetModel result =
                new TargetModel(
                    name,
                    settings,
                    target.ownHead() ? target.schema().classes() : null,
                    own.gather(trained),
                    target.ownHead()
                        ? Arrays.copyOfRange(trained, headOffset(network), trained.length)
                        : null,
                    report);
            commit(from.withTarget(result));
            return report;
          }
        });
  }

  // The last weight matrix and its bias are what a target with classes of its own replaces.
  private static int headOffset(NativeNetwork network) {
    return network.tensors().get(network.tensors().size() - 2).offset();
  }

  // The body's mask with everything of the new head kept, which train_head then trains.
  private static MaskBits bodyMask(MaskBits mask, NativeNetwork own) {
    List<TensorInfo> tensors = own.tensors();
    List<byte[]> bits = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      bits.add(
          tensor.index() < tensors.size() - 2 ? mask.of(tensor) : MaskBits.allKept(tensor.size()));
    }
    return new MaskBits(tensors, bits);
  }

  private static float[] withBody(float[] parameters, float[] body, NativeNetwork own) {
    System.arraycopy(body, 0, parameters, 0, headOffset(own));
    return parameters;
  }

  private static FitOptions options(TransferConfig c, Phase phase) {
    checkDevice(c);
    NativeLibrary.load();
    return new FitOptions()
        .loss(c.loss().ordinal())
        .huber_delta(c.huberDelta())
        .optimizer(c.optimizer().ordinal())
        .learning_rate(c.learningRate())
        .momentum(c.momentum())
        .weight_decay(c.weightDecay())
        .schedule(c.schedule().ordinal())
        .epochs(phase == Phase.CALIBRATE ? c.targetEpochs() : c.sourceEpochs())
        .batch_size(c.batchSize())
        // Each phase draws its own numbers, so that running one alone gives the same ones.
        .seed(c.seed() * Phase.values().length + phase.ordinal())
        .validation_share(c.validationShare())
        .patience(c.patience())
        .threads(c.threads());
  }

  private static PhaseReport fit(
      NativeNetwork network,
      FitOptions options,
      Phase phase,
      TransferConfig config,
      Schema schema,
      EncodedData rows,
      @Nullable Metrics before,
      Monitor monitor) {
    long start = System.nanoTime();
    long epochs = options.epochs();
    FitOutcome outcome =
        network.fit(
            options,
            rows.features(),
            rows.labels(),
            rows.rows(),
            (epoch, trainLoss, validationLoss) -> {
              monitor.report(new Progress(phase, epoch, epochs, trainLoss, validationLoss));
              return !monitor.isCancelled() && !Thread.currentThread().isInterrupted();
            });
    if (outcome.cancelled()) {
      throw new CancelledException(
          phase + " was cancelled in epoch " + outcome.epochsRun() + " of " + epochs);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new PhaseReport(
        phase,
        outcome.epochsRun(),
        outcome.bestEpoch(),
        outcome.trainLosses(),
        outcome.validationLosses(),
        seconds,
        before,
        measure(network, schema, rows, config.threads()),
        rows.provenance(),
        config.threads());
  }

  private static Metrics measure(
      NativeNetwork network, Schema schema, EncodedData rows, int threads) {
    return Metrics.of(
        schema, rows, network.predict(rows.features(), rows.rows(), threads));
  }

  /**
   * The source task's errors on labelled data: those of the base, or of the trained network as long
   * as there is no base.
   */
  public Metrics evaluate(Data data) {
    float[] weights = sourceWeights();
    EncodedData rows = Encoder.evaluation(data, schema, ReadMonitor.NONE);
    return Metrics.of(schema, rows, outputs(schema, weights, rows));
  }

  /** A target's errors on labelled data. */
  public Metrics evaluate(String target, Data data) {
    TargetModel model = target(target);
    Schema own = schemaOf(model);
    float[] weights = weights(model);
    EncodedData rows = Encoder.evaluation(data, own, ReadMonitor.NONE);
    return Metrics.of(own, rows, outputs(own, weights, rows));
  }

  /** The source task's predictions, by the base or, as long as there is none, the trained network. */
  public Predictions predict(Data data) {
    float[] weights = sourceWeights();
    EncodedData rows = Encoder.prediction(data, schema);
    return new Predictions(schema, rows, outputs(schema, weights, rows));
  }

  /** A target's predictions. */
  public Predictions predict(String target, Data data) {
    TargetModel model = target(target);
    Schema own = schemaOf(model);
    float[] weights = weights(model);
    EncodedData rows = Encoder.prediction(data, own);
    return new Predictions(own, rows, outputs(own, weights, rows));
  }

  private float[] outputs(Schema own, float[] weights, EncodedData rows) {
    try (NativeNetwork network = newNetwork(own, config)) {
      network.setParameters(weights);
      return network.predict(rows.features(), rows.rows(), config.threads());
    }
  }

  /** The dense parameters of a target: the base, what Calibrate learnt, and its own head if any. */
  private float[] weights(TargetModel target) {
    State from = current();
    MaskBits mask = requirePruned(from).mask();
    float[] frozen = requireBase(from);
    float[] head = target.head();
    if (head == null) {
      return mask.scatter(frozen, target.values());
    }
    try (NativeNetwork own = newNetwork(schemaOf(target), config)) {
      float[] dense = withBody(new float[own.parameterCount()], frozen, own);
      System.arraycopy(head, 0, dense, headOffset(own), head.length);
      return bodyMask(mask, own).scatter(dense, target.values());
    }
  }

  private float[] sourceWeights() {
    State from = current();
    return from.base() != null ? from.base() : from.source();
  }

  Schema schemaOf(TargetModel target) {
    return target.classes() == null ? schema : schema.withClasses(target.classes());
  }

  TargetModel target(String name) {
    State from = current();
    TargetModel found = from.targets().get(name);
    if (found != null) {
      return found;
    }
    ModelFormatException damage = from.damaged().get(name);
    if (damage != null) {
      throw damage;
    }
    throw new DataException(
        "the model has no target '"
            + name
            + "'; it has "
            + (from.targets().isEmpty()
                ? "none yet: run calibrate"
                : String.join(", ", from.targets().keySet())));
  }

  static void checkName(String name) {
    if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")) {
      throw new DataException(
          "the target's name can't be '"
              + name
              + "': use up to 100 letters, digits, dots, dashes and underscores, no dot in front",
          "name");
    }
  }

  /** What the model was trained with. */
  public TransferConfig config() {
    return config;
  }

  /** The columns that the model reads, and how. */
  public Schema schema() {
    return schema;
  }

  /** The phases of the source side that have run, in order. */
  public List<PhaseReport> reports() {
    return List.copyOf(state.reports().values());
  }

  /** What Calibrate reported for each target, by name. */
  public Map<String, PhaseReport> targets() {
    Map<String, PhaseReport> result = new TreeMap<>();
    state.targets().forEach((name, target) -> result.put(name, target.report()));
    return result;
  }

  /**
   * The targets whose files are damaged, with what is wrong: they can't be used, and don't keep the
   * others from being used, nor a calibration from replacing them.
   */
  public Map<String, String> damagedTargets() {
    Map<String, String> result = new TreeMap<>();
    state.damaged().forEach((name, damage) -> result.put(name, damage.getMessage()));
    return result;
  }

  /** Whether a target has classes, and so an output layer, of its own. */
  public boolean hasOwnClasses(String target) {
    return target(target).classes() != null;
  }

  /** The weight matrices with what the mask keeps of them, input side first. */
  public List<LayerReport> layers() {
    Pruning pruning = state.pruning();
    List<LayerReport> result = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      if (tensor.prunable()) {
        result.add(
            new LayerReport(
                tensor.name(),
                tensor.shape().get(0),
                tensor.shape().get(1),
                pruning == null ? tensor.size() : pruning.mask().kept(tensor),
                pruning != null && isExcluded(tensor.name(), pruning.excluded())));
      }
    }
    return result;
  }

  /** Number of weights and biases. */
  public int parameterCount() {
    TensorInfo last = tensors.get(tensors.size() - 1);
    return last.offset() + last.size();
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

  /** Writes one target into the directory that holds this model's base. */
  public void saveTarget(Path directory, String name, boolean overwrite) {
    try (ModelPlace place = ModelPlace.forTarget(directory, name, overwrite)) {
      place.save(this);
    }
  }

  /**
   * Reads a model, checking every file before a byte of it is used. Throws a {@link
   * ModelFormatException} that names the file; damage in a target is kept for who asks for that one.
   */
  public static Model load(Path directory) {
    return ModelStore.load(directory);
  }

  /** The dense weights of which model {@link #export} writes. */
  public enum Weights {
    /** After Train. */
    SOURCE,
    /** After Allocate; pruned positions are zero. */
    BASE
  }

  /**
   * Writes a target's dense weights as safetensors that {@code torch.nn.Sequential} loads: tensors
   * {@code 0.weight}, {@code 0.bias}…, metadata with the network and the standardisation.
   */
  public void export(String target, Path file) {
    TargetModel model = target(target);
    ModelStore.export(this, schemaOf(model), weights(model), file);
  }

  /** The same for the source side. */
  public void export(Weights what, Path file) {
    State from = current();
    ModelStore.export(
        this, schema, what == Weights.BASE ? requireBase(from) : from.source(), file);
  }

  /**
   * Ends the model's use; a phase that is running ends with an exception and changes nothing. Closing
   * twice is harmless.
   */
  @Override
  public void close() {
    closed = true;
  }

  // For ModelStore, which turns all of this into files and back.

  static Model restore(
      Schema schema,
      TransferConfig config,
      Collection<PhaseReport> reports,
      Function<List<TensorInfo>, State> read) {
    Model model = new Model(schema, config);
    State parts = read.apply(model.tensors);
    Map<Phase, PhaseReport> byPhase = new EnumMap<>(Phase.class);
    reports.forEach(report -> byPhase.put(report.phase(), report));
    model.state =
        new State(parts.source(), parts.pruning(), parts.base(), byPhase, Map.of(), Map.of());
    return model;
  }

  State state() {
    return current();
  }

  List<TensorInfo> tensors() {
    return tensors;
  }

  /** The tensors of the network with a schema's output layer. */
  List<TensorInfo> tensorsOf(Schema own) {
    if (own.outputWidth() == schema.outputWidth()) {
      return tensors;
    }
    try (NativeNetwork other = newNetwork(own, config)) {
      return other.tensors();
    }
  }

  /** How many pruned values and how many head parameters a target must have. */
  int[] targetSizes(TargetModel target) {
    MaskBits mask = requirePruned(current()).mask();
    if (target.classes() == null) {
      return new int[] {mask.prunedCount(), 0};
    }
    try (NativeNetwork own = newNetwork(schemaOf(target), config)) {
      return new int[] {
        bodyMask(mask, own).prunedCount(), own.parameterCount() - headOffset(own)
      };
    }
  }

  void addTarget(TargetModel target) {
    state = state.withTarget(target);
  }

  void addDamagedTarget(String name, ModelFormatException damage) {
    Map<String, ModelFormatException> all = new TreeMap<>(state.damaged());
    all.put(name, damage);
    state =
        new State(
            state.source(), state.pruning(), state.base(), state.reports(), state.targets(), all);
  }
}
