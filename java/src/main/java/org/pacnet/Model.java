package org.pacnet;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
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
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;

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
 * ran in one go or one by one through files. Methods may be called from any thread, one at a time.
 */
public final class Model implements AutoCloseable {

  private final Schema schema;
  private final TransferConfig config;
  private final NativeNetwork network;
  private final Map<Phase, PhaseReport> reports = new EnumMap<>(Phase.class);
  private final Map<String, TargetModel> targets = new TreeMap<>();
  private float[] source;
  private @Nullable Pruning pruning;
  private float @Nullable [] base;

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
    network = newNetwork(schema, config);
    source = new float[0];
  }

  private static NativeNetwork newNetwork(Schema schema, TransferConfig config) {
    int[] sizes = new int[config.hidden().size() + 2];
    sizes[0] = schema.inputWidth();
    for (int i = 0; i < config.hidden().size(); i++) {
      sizes[i + 1] = config.hidden().get(i);
    }
    sizes[sizes.length - 1] = schema.outputWidth();
    return new NativeNetwork(sizes, config.activation().ordinal(), config.dropout());
  }

  /** All phases: {@link #train}, {@link #prune}, {@link #allocate}, {@link #calibrate}. */
  public static Model transfer(
      Data source, String name, Data target, TransferConfig config, Monitor monitor) {
    checkName(name);
    Schema schema = learnSchema(source, config);
    EncodedData sourceRows = Encoder.training(source, schema);
    // Read before any training, so that a fault in the small file is not found after an hour's work.
    TargetRows targetRows = readTarget(target, schema);
    Model model = new Model(schema, config);
    try {
      model.train(sourceRows, monitor);
      model.prune(config, sourceRows);
      model.allocate(sourceRows, monitor);
      model.calibrate(name, targetRows, config, monitor);
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** Phase 0: trains all weights on the source. */
  public static Model train(Data source, TransferConfig config, Monitor monitor) {
    Schema schema = learnSchema(source, config);
    EncodedData rows = Encoder.training(source, schema);
    Model model = new Model(schema, config);
    try {
      model.train(rows, monitor);
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static Schema learnSchema(Data source, TransferConfig config) {
    checkDevice(config); // before a long read
    return Schema.learn(
        source,
        new DataOptions(
            config.labels(),
            config.task() == Task.CLASSIFICATION,
            Set.copyOf(config.categorical()),
            config.missing(),
            config.standardizeInputs(),
            config.standardizeLabels()));
  }

  private static void checkDevice(TransferConfig config) {
    if (config.device() == Device.CUDA) {
      throw new DataException("--device cuda: this build runs on the CPU only; use auto or cpu");
    }
  }

  private void train(EncodedData rows, Monitor monitor) {
    network.initialize(config.seed());
    try (FitOptions options = options(config, Phase.TRAIN)) {
      PhaseReport report =
          fit(network, options, Phase.TRAIN, config, schema, rows, null, monitor);
      source = network.parameters();
      reports.put(Phase.TRAIN, report);
    }
  }

  /**
   * Phase 1: keeps the weights of largest magnitude, K = round((1 − ratio)·n) of n, and sets the
   * others to zero. Drops an earlier base and its targets.
   */
  public synchronized PhaseReport prune(double ratio, PruningScope scope, String... excluded) {
    TransferConfig how =
        config.toBuilder().ratio(ratio).scope(scope).excluded(excluded).build();
    return prune(how, null);
  }

  /** {@link #prune(double, PruningScope, String...)} with the configuration's settings. */
  public synchronized PhaseReport prune() {
    return prune(config, null);
  }

  private PhaseReport prune(TransferConfig how, @Nullable EncodedData rows) {
    long start = System.nanoTime();
    boolean[] prunable = new boolean[network.tensors().size()];
    for (TensorInfo tensor : network.tensors()) {
      prunable[tensor.index()] = tensor.prunable() && !isExcluded(tensor.name(), how.excluded());
    }
    checkPatterns(how.excluded());
    network.setParameters(source);
    MaskBits mask = network.prune(how.ratio(), how.scope() == PruningScope.PER_LAYER, prunable);
    double seconds = (System.nanoTime() - start) / 1e9;
    PhaseReport report =
        new PhaseReport(
            Phase.PRUNE,
            0,
            0,
            List.of(),
            List.of(),
            seconds,
            rows == null ? null : before(reports.get(Phase.TRAIN)),
            rows == null ? null : measure(network, schema, rows, how.threads()),
            null,
            1);
    pruning = new Pruning(how.ratio(), how.scope(), how.excluded(), mask);
    base = null;
    targets.clear();
    reports.put(Phase.PRUNE, report);
    reports.remove(Phase.ALLOCATE);
    return report;
  }

  private static @Nullable Metrics before(@Nullable PhaseReport earlier) {
    return earlier == null ? null : earlier.after();
  }

  private void checkPatterns(List<String> patterns) {
    for (String pattern : patterns) {
      boolean used =
          network.tensors().stream()
              .anyMatch(t -> t.prunable() && isExcluded(t.name(), List.of(pattern)));
      if (!used) {
        throw new DataException(
            "--exclude '"
                + pattern
                + "' matches no weight; there are "
                + String.join(
                    ", ",
                    network.tensors().stream()
                        .filter(TensorInfo::prunable)
                        .map(TensorInfo::name)
                        .toList()));
      }
    }
  }

  private static boolean isExcluded(String name, List<String> patterns) {
    for (String pattern : patterns) {
      PathMatcher matcher;
      try {
        matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
      } catch (IllegalArgumentException e) {
        throw new DataException("--exclude '" + pattern + "' is no valid glob pattern", e);
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
  public synchronized PhaseReport allocate(Data source, Monitor monitor) {
    requirePruned();
    return allocate(Encoder.training(source, schema), monitor);
  }

  private PhaseReport allocate(EncodedData rows, Monitor monitor) {
    MaskBits mask = requirePruned().mask();
    network.setParameters(mask.zeroPruned(source));
    network.setMask(mask);
    try (FitOptions options = options(config, Phase.ALLOCATE)) {
      options.trainable(PacNetLibrary.kTrainKept);
      Metrics before = measure(network, schema, rows, config.threads());
      PhaseReport report =
          fit(network, options, Phase.ALLOCATE, config, schema, rows, before, monitor);
      base = network.parameters();
      targets.clear();
      reports.put(Phase.ALLOCATE, report);
      return report;
    }
  }

  private Pruning requirePruned() {
    if (pruning == null) {
      throw new DataException("the model is not pruned yet: run prune first");
    }
    return pruning;
  }

  private float[] requireBase() {
    requirePruned();
    if (base == null) {
      throw new DataException("the model has no base yet: run allocate first");
    }
    return base;
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
   *     the model's own
   */
  public synchronized PhaseReport calibrate(
      String name, Data target, TransferConfig settings, Monitor monitor) {
    checkName(name);
    requireBase();
    return calibrate(name, readTarget(target, schema), settings, monitor);
  }

  private record TargetRows(Schema schema, boolean ownHead, EncodedData rows) {}

  private static TargetRows readTarget(Data target, Schema schema) {
    if (schema.classification()) {
      List<String> found = Encoder.distinctLabels(target, schema);
      if (!schema.classes().containsAll(found)) {
        Schema own = schema.withClasses(found);
        return new TargetRows(own, true, Encoder.training(target, own));
      }
    }
    return new TargetRows(schema, false, Encoder.training(target, schema));
  }

  private PhaseReport calibrate(
      String name, TargetRows target, TransferConfig settings, Monitor monitor) {
    float[] frozen = requireBase();
    MaskBits mask = requirePruned().mask();
    try (FitOptions options = options(settings, Phase.CALIBRATE)) {
      options.trainable(PacNetLibrary.kTrainPruned).l2(settings.lambda());
      TargetModel result;
      if (target.ownHead()) {
        try (NativeNetwork own = newNetwork(target.schema(), config)) {
          MaskBits ownMask = bodyMask(mask, own);
          own.initialize(settings.seed());
          own.setParameters(withBody(own.parameters(), frozen, own));
          own.initializeHead(settings.seed());
          own.setMask(ownMask);
          options.train_head(true);
          PhaseReport report =
              fit(
                  own,
                  options,
                  Phase.CALIBRATE,
                  settings,
                  target.schema(),
                  target.rows(),
                  null,
                  monitor);
          float[] trained = own.parameters();
          float[] head = Arrays.copyOfRange(trained, headOffset(own), trained.length);
          result =
              new TargetModel(
                  name,
                  settings,
                  target.schema().classes(),
                  ownMask.gather(trained),
                  head,
                  report);
        }
      } else {
        network.setParameters(frozen);
        network.setMask(mask);
        Metrics before = measure(network, schema, target.rows(), settings.threads());
        PhaseReport report =
            fit(
                network,
                options,
                Phase.CALIBRATE,
                settings,
                schema,
                target.rows(),
                before,
                monitor);
        result =
            new TargetModel(
                name, settings, null, mask.gather(network.parameters()), null, report);
      }
      targets.put(name, result);
      return result.report();
    }
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
              return !monitor.isCancelled();
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
  public synchronized Metrics evaluate(Data data) {
    EncodedData rows = Encoder.evaluation(data, schema);
    network.setParameters(sourceWeights());
    return measure(network, schema, rows, config.threads());
  }

  /** A target's errors on labelled data. */
  public synchronized Metrics evaluate(String target, Data data) {
    TargetModel model = target(target);
    Schema own = schemaOf(model);
    EncodedData rows = Encoder.evaluation(data, own);
    try (NativeNetwork calibrated = calibrated(model)) {
      return measure(calibrated, own, rows, config.threads());
    }
  }

  /** The source task's predictions, by the base or, as long as there is none, the trained network. */
  public synchronized Predictions predict(Data data) {
    EncodedData rows = Encoder.prediction(data, schema);
    network.setParameters(sourceWeights());
    return new Predictions(
        schema, rows, network.predict(rows.features(), rows.rows(), config.threads()));
  }

  /** A target's predictions. */
  public synchronized Predictions predict(String target, Data data) {
    TargetModel model = target(target);
    Schema own = schemaOf(model);
    EncodedData rows = Encoder.prediction(data, own);
    try (NativeNetwork calibrated = calibrated(model)) {
      return new Predictions(
          own, rows, calibrated.predict(rows.features(), rows.rows(), config.threads()));
    }
  }

  private NativeNetwork calibrated(TargetModel target) {
    NativeNetwork own = newNetwork(schemaOf(target), config);
    own.setParameters(weights(target));
    return own;
  }

  /** The dense parameters of a target: the base, what Calibrate learnt, and its own head if any. */
  float[] weights(TargetModel target) {
    MaskBits mask = requirePruned().mask();
    float[] frozen = requireBase();
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

  float[] sourceWeights() {
    return base != null ? base : source;
  }

  Schema schemaOf(TargetModel target) {
    return target.classes() == null ? schema : schema.withClasses(target.classes());
  }

  TargetModel target(String name) {
    TargetModel found = targets.get(name);
    if (found == null) {
      throw new DataException(
          "the model has no target '"
              + name
              + "'; it has "
              + (targets.isEmpty() ? "none yet: run calibrate" : String.join(", ", targets.keySet())));
    }
    return found;
  }

  private static void checkName(String name) {
    if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")) {
      throw new DataException(
          "--name '"
              + name
              + "': use up to 100 letters, digits, dots, dashes and underscores, no dot in front");
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
  public synchronized List<PhaseReport> reports() {
    return List.copyOf(reports.values());
  }

  /** What Calibrate reported for each target, by name. */
  public synchronized Map<String, PhaseReport> targets() {
    Map<String, PhaseReport> result = new TreeMap<>();
    targets.forEach((name, target) -> result.put(name, target.report()));
    return result;
  }

  /** Whether a target has classes, and so an output layer, of its own. */
  public synchronized boolean hasOwnClasses(String target) {
    return target(target).classes() != null;
  }

  /** The weight matrices with what the mask keeps of them, input side first. */
  public synchronized List<LayerReport> layers() {
    List<LayerReport> result = new ArrayList<>();
    for (TensorInfo tensor : network.tensors()) {
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
    return network.parameterCount();
  }

  /**
   * Writes the model as a directory, whole or not at all.
   *
   * @param overwrite replace a model that is there; anything else there is never replaced
   */
  public synchronized void save(Path directory, boolean overwrite) {
    ModelStore.save(this, directory, overwrite);
  }

  /**
   * Throws what {@link #save} would throw for this place. For long runs: better found out before.
   */
  public static void checkReplaceable(Path directory, boolean overwrite) {
    ModelStore.checkReplaceable(directory, overwrite);
  }

  /** Writes one target into the directory that holds this model's base. */
  public synchronized void saveTarget(Path directory, String name, boolean overwrite) {
    ModelStore.saveTarget(this, directory, name, overwrite);
  }

  /**
   * Reads a model, checking every file before a byte of it is used. Throws a {@link
   * org.pacnet.error.ModelFormatException} that names the file.
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
  public synchronized void export(String target, Path file) {
    TargetModel model = target(target);
    ModelStore.export(this, schemaOf(model), weights(model), file);
  }

  /** The same for the source side. */
  public synchronized void export(Weights what, Path file) {
    ModelStore.export(this, schema, what == Weights.BASE ? requireBase() : source, file);
  }

  /** Frees the native memory. Closing twice is harmless. */
  @Override
  public void close() {
    network.close();
  }

  // For ModelStore, which turns all of this into files and back.

  static Model restore(
      Schema schema,
      TransferConfig config,
      Collection<PhaseReport> reports,
      Function<List<TensorInfo>, State> state) {
    Model model = new Model(schema, config);
    try {
      State parts = state.apply(model.network.tensors());
      model.source = parts.source();
      model.pruning = parts.pruning();
      model.base = parts.base();
      for (PhaseReport report : reports) {
        model.reports.put(report.phase(), report);
      }
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  record State(float[] source, @Nullable Pruning pruning, float @Nullable [] base) {}

  State state() {
    return new State(source, pruning, base);
  }

  List<TensorInfo> tensors() {
    return network.tensors();
  }

  Collection<TargetModel> targetModels() {
    return targets.values();
  }

  /** The tensors of the network with a schema's output layer. */
  List<TensorInfo> tensorsOf(Schema own) {
    if (own.outputWidth() == schema.outputWidth()) {
      return network.tensors();
    }
    try (NativeNetwork other = newNetwork(own, config)) {
      return other.tensors();
    }
  }

  /** How many pruned values and how many head parameters a target must have. */
  int[] targetSizes(TargetModel target) {
    MaskBits mask = requirePruned().mask();
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
    targets.put(target.name(), target);
  }
}
