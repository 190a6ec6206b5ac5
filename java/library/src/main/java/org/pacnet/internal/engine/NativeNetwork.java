package org.pacnet.internal.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;
import org.pacnet.binding.BatchSource;
import org.pacnet.binding.FitListener;
import org.pacnet.binding.FitOptions;
import org.pacnet.binding.FitResult;
import org.pacnet.binding.FitScope;
import org.pacnet.binding.Network;
import org.pacnet.binding.PacNetLibrary;
import org.pacnet.binding.ScriptModule;
import org.pacnet.error.NativeException;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/**
 * A network in native memory. One thread at a time: the methods are synchronised, so that a close
 * can't happen during use. Forgotten, it is freed by JavaCPP's deallocator after its collection.
 */
public final class NativeNetwork implements AutoCloseable {

  /** Told of every finished epoch; false stops the fit. */
  @FunctionalInterface
  public interface EpochListener {
    boolean onEpoch(long epoch, double trainLoss, double validationLoss);
  }

  /** Given what each of many targets learnt, in their order. */
  @FunctionalInterface
  public interface EachFitted {
    /**
     * Takes one's.
     *
     * @param diverged the epoch whose loss was not finite; 0: none, otherwise the parameters are those of the start
     */
    void accept(FitOutcome outcome, float[] parameters, long diverged);
  }

  private static final int PREDICTED_AT_ONCE = 32;

  private final List<TensorInfo> tensors;
  private final int parameterCount;
  private final int inputs;
  private final int outputs;
  private @Nullable Network network;
  private boolean fitting;

  /**
   * @param description what it is, as {@code pacnet::Network} understands it
   */
  public NativeNetwork(String description) {
    this(() -> new Network(description));
  }

  NativeNetwork(String description, ScriptModule module) {
    this(() -> new Network(description, module));
  }

  private NativeNetwork(Supplier<Network> make) {
    NativeLibrary.load();
    Network created = call(make);
    network = created;
    tensors = call(() -> readTensors(created));
    parameterCount = Math.toIntExact(created.parameter_count());
    inputs = Math.toIntExact(created.inputs());
    outputs = Math.toIntExact(created.outputs());
  }

  private static List<TensorInfo> readTensors(Network network) {
    List<TensorInfo> list = new ArrayList<>();
    int offset = 0;
    for (int t = 0; t < network.tensor_count(); t++) {
      List<Long> shape = new ArrayList<>();
      long size = 1;
      for (int d = 0; d < network.tensor_rank(t); d++) {
        shape.add(network.tensor_dim(t, d));
        size *= network.tensor_dim(t, d);
      }
      try (BytePointer name = network.tensor_name(t)) {
        list.add(
            new TensorInfo(
                t,
                name.getString(),
                List.copyOf(shape),
                offset,
                Math.toIntExact(size),
                Math.toIntExact(network.tensor_layer(t)),
                roles(network.tensor_roles(t))));
      }
      offset = Math.addExact(offset, Math.toIntExact(size));
    }
    return List.copyOf(list);
  }

  private static final Map<Integer, TensorInfo.Role> ROLES =
      Map.of(
          PacNetLibrary.kRolePrunable, TensorInfo.Role.PRUNABLE,
          PacNetLibrary.kRoleHead, TensorInfo.Role.HEAD,
          PacNetLibrary.kRoleNormalisation, TensorInfo.Role.NORMALISATION,
          PacNetLibrary.kRoleStatistics, TensorInfo.Role.STATISTICS);

  private static Set<TensorInfo.Role> roles(int bits) {
    Set<TensorInfo.Role> roles = EnumSet.noneOf(TensorInfo.Role.class);
    ROLES.forEach(
        (bit, role) -> {
          if ((bits & bit) != 0) {
            roles.add(role);
          }
        });
    return roles;
  }

  private static <T> T call(Supplier<T> body) {
    try {
      return body.get();
    } catch (RuntimeException e) {
      throw NativeLibrary.translate(e);
    }
  }

  private Network open() {
    Network open = network;
    if (open == null) {
      throw new IllegalStateException("the network is closed");
    }
    if (fitting) {
      // Only a listener gets here: it is called on the thread that holds this object's monitor.
      throw new IllegalStateException("the network is being trained: its listener can't use it");
    }
    return open;
  }

  private static void run(Runnable body) {
    call(
        () -> {
          body.run();
          return true;
        });
  }

  /** In the order of the flat parameters. */
  public List<TensorInfo> tensors() {
    return tensors;
  }

  public int parameterCount() {
    return parameterCount;
  }

  /** Draws all parameters anew. */
  public synchronized void initialize(long seed) {
    Network open = open();
    run(() -> open.initialize(seed));
  }

  /** Draws the last layer anew. */
  public synchronized void initializeHead(long seed) {
    Network open = open();
    run(() -> open.initialize_head(seed));
  }

  /** Takes the weights that a module came with; those of an output layer that it has otherwise are drawn. */
  public synchronized void takeWeights(long seed) {
    Network open = open();
    run(() -> open.take_weights(seed));
  }

  /**
   * Writes the network as a TorchScript module; {@code pacnet::Network::save_script} says more.
   *
   * @param units of the outputs; empty for the classes' probabilities
   */
  public synchronized void saveScript(Path file, float[] shift, float[] scale, float[] units, float[] offsets, String metadata) {
    Network open = open();
    try (BytePointer name = new BytePointer(file.toString(), StandardCharsets.UTF_8);
        BytePointer text = new BytePointer(metadata, StandardCharsets.UTF_8);
        FloatPointer shifts = new FloatPointer(shift);
        FloatPointer scales = new FloatPointer(scale);
        FloatPointer unit = new FloatPointer(units);
        FloatPointer offset = new FloatPointer(offsets)) {
      run(() -> open.save_script(name, shifts, scales, shift.length, unit, offset, units.length, text));
    }
  }

  /** A copy of all parameters. */
  public synchronized float[] parameters() {
    Network open = open();
    float[] values = new float[parameterCount];
    run(() -> open.get_parameters(values, values.length));
    return values;
  }

  /** Replaces all parameters; as many as {@link #parameterCount()}. */
  public synchronized void setParameters(float[] values) {
    if (values.length != parameterCount) {
      throw new IllegalArgumentException(
          values.length + " parameters for a network of " + parameterCount);
    }
    Network open = open();
    run(() -> open.set_parameters(values, values.length));
  }

  /**
   * See {@code pacnet::Network::prune}; one flag a tensor. Returns the new mask.
   *
   * @param rule the core's constant
   * @param seed of the rule that draws
   * @param cuda whether on the GPU
   */
  public synchronized MaskBits prune(
      double ratio, int rule, long seed, boolean[] prunable, int threads, boolean cuda) {
    Network open = open();
    int device = cuda ? PacNetLibrary.kCuda : PacNetLibrary.kCpu;
    call(() -> open.prune(ratio, rule, seed, prunable, prunable.length, threads, device));
    List<byte[]> bits = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      byte[] packed = new byte[(tensor.size() + 7) / 8];
      run(() -> open.get_mask(tensor.index(), packed, packed.length));
      bits.add(packed);
    }
    return new MaskBits(tensors, bits);
  }

  /** How many parameters a network has, without making it. */
  public static long parameterCount(String description) {
    NativeLibrary.load();
    return call(() -> PacNetLibrary.parameter_count_of(description));
  }

  /**
   * Runs a whole phase in one native call. What the listener throws ends the fit and is thrown here;
   * the listener can't use or close this network.
   *
   * @param x direct, [rows, inputs]
   * @param y direct, [rows, outputs] or [rows] class indices
   */
  public synchronized FitOutcome fit(
      FitSettings settings,
      FitRange range,
      FloatBuffer x,
      FloatBuffer y,
      int rows,
      EpochListener listener) {
    Network open = open();
    return fit(
        settings,
        range,
        listener,
        (options, scope, callback) ->
            open.fit(options, scope, x, x.remaining(), y, y.remaining(), rows, callback));
  }

  @FunctionalInterface
  private interface NativeFit {
    FitResult run(FitOptions options, FitScope scope, FitListener listener);
  }

  private FitOutcome fit(
      FitSettings settings, FitRange range, EpochListener listener, NativeFit body) {
    fitting = true;
    try (Callback callback = new Callback(listener);
        FitOptions options = options(settings);
        FitScope scope = scope(range);
        FitResult result = call(() -> body.run(options, scope, callback))) {
      // Java's exceptions lose their type on the way through C++: the original is thrown on from here.
      if (callback.thrown instanceof RuntimeException e) {
        throw e;
      }
      if (callback.thrown instanceof Error e) {
        throw e;
      }
      return new FitOutcome(
          result.epochs_run(),
          result.best_epoch(),
          result.cancelled(),
          List.copyOf(callback.train),
          settings.validationShare() > 0 ? List.copyOf(callback.validation) : List.of());
    } finally {
      fitting = false;
    }
  }

  /** The same with rows that are pulled. What the feed throws is thrown here. */
  public synchronized FitOutcome fit(
      FitSettings settings, FitRange range, RowFeed feed, int rows, EpochListener listener) {
    Network open = open();
    try (Pull pull = new Pull(feed, inputs, labelWidth(settings))) {
      try {
        return fit(
            settings,
            range,
            listener,
            (options, scope, callback) -> open.fit(options, scope, pull, rows, callback));
      } catch (NativeException e) {
        pull.rethrow();
        throw e;
      }
    }
  }

  /**
   * Fits a copy of this network for each target, from these parameters and to its own rows, in one native call: on a GPU all at
   * once. {@code pacnet::Network::fit_many} says what of the settings and the range can be.
   *
   * @param x direct, the targets' rows one behind the other, [rows, inputs]
   * @param y direct, [rows, outputs] or [rows] class indices
   * @param rows of each target
   * @param listener told of the epochs of as many as are fitted at once, one such group behind the other
   * @return false if the listener ended it
   */
  public synchronized boolean fitMany(
      FitSettings settings,
      FitRange range,
      FloatBuffer x,
      FloatBuffer y,
      int[] rows,
      EpochListener listener,
      EachFitted each) {
    Network open = open();
    int epochs = Math.toIntExact(settings.epochs());
    LongBuffer counts = LongBuffer.wrap(Arrays.stream(rows).asLongStream().toArray());
    FloatBuffer parameters = direct(Math.multiplyExact(rows.length, parameterCount));
    DoubleBuffer losses = DoubleBuffer.allocate(Math.multiplyExact(rows.length, epochs));
    LongBuffer diverged = LongBuffer.allocate(rows.length);
    FitOutcome all =
        fit(
            settings,
            range,
            listener,
            (options, scope, callback) ->
                open.fit_many(
                    options,
                    scope,
                    x,
                    x.remaining(),
                    y,
                    y.remaining(),
                    counts,
                    rows.length,
                    parameters,
                    parameters.remaining(),
                    losses,
                    losses.capacity(),
                    diverged,
                    diverged.capacity(),
                    callback));
    if (all.cancelled()) {
      return false;
    }
    for (int t = 0; t < rows.length; t++) {
      float[] own = new float[parameterCount];
      parameters.get(own);
      List<Double> train = Arrays.stream(losses.array(), t * epochs, (t + 1) * epochs).boxed().toList();
      each.accept(new FitOutcome(epochs, epochs, false, train, List.of()), own, diverged.get(t));
    }
    return true;
  }

  /** Numbers of a row that goes in. */
  public int inputs() {
    return inputs;
  }

  private int labelWidth(FitSettings settings) {
    return (settings.loss() == PacNetLibrary.kCrossEntropy ? 1 : outputs) + (settings.weighted() ? 1 : 0);
  }

  /** Held by {@link #fit} for as long as C++ may call it. */
  private static final class Pull extends BatchSource {
    private final RowFeed feed;
    private final int inputs;
    private final int labels;
    private @Nullable Throwable thrown;

    Pull(RowFeed feed, int inputs, int labels) {
      this.feed = feed;
      this.inputs = inputs;
      this.labels = labels;
    }

    @Override
    public boolean begin(long epoch, IntPointer order, long count, long batch) {
      try {
        int[] rows = new int[Math.toIntExact(count)];
        order.get(rows);
        feed.begin(epoch, rows, Math.toIntExact(batch));
        return true;
      } catch (RuntimeException | Error e) {
        thrown = e;
        return false;
      }
    }

    @Override
    public boolean next(long rows, FloatPointer x, FloatPointer y) {
      try {
        feed.next(
            Math.toIntExact(rows),
            x.capacity(rows * inputs).asBuffer(),
            y.capacity(rows * labels).asBuffer());
        return true;
      } catch (RuntimeException | Error e) {
        thrown = e;
        return false;
      }
    }

    void rethrow() {
      if (thrown instanceof RuntimeException e) {
        throw e;
      }
      if (thrown instanceof Error e) {
        throw e;
      }
    }
  }

  private static FitOptions options(FitSettings s) {
    return new FitOptions()
        .loss(s.loss())
        .huber_delta(s.huberDelta())
        .weighted(s.weighted())
        .optimizer(s.optimizer())
        .momentum(s.momentum())
        .weight_decay(s.weightDecay())
        .learning_rate(s.learningRate())
        .schedule(s.schedule())
        .epochs(s.epochs())
        .batch_size(s.batchSize())
        .validation_share(s.validationShare())
        .patience(s.patience())
        .curriculum(s.curriculum())
        .seed(s.seed())
        .threads(s.threads())
        .device(s.cuda() ? PacNetLibrary.kCuda : PacNetLibrary.kCpu)
        .precision(s.precision());
  }

  private FitScope scope(FitRange range) {
    FitScope scope = call(() -> new FitScope(Objects.requireNonNull(network)));
    run(
        () -> {
          for (TensorInfo tensor : tensors) {
            byte[] bits = range.trainable().of(tensor);
            scope.set_trainable(tensor.index(), bits, bits.length);
            scope.set_pull(tensor.index(), range.pull().get(tensor.index()));
          }
          float[] anchor = range.anchor();
          if (anchor != null) {
            scope.set_anchor(anchor, anchor.length);
          }
          range.terms().forEach(term -> term.addTo(scope));
          if (range.frozenZero()) {
            scope.require_frozen_zero();
          }
        });
    return scope;
  }

  /** Held by {@link #fit} for as long as C++ may call it. */
  private static final class Callback extends FitListener {
    private final EpochListener listener;
    private final List<Double> train = new ArrayList<>();
    private final List<Double> validation = new ArrayList<>();
    private @Nullable Throwable thrown;

    Callback(EpochListener listener) {
      this.listener = listener;
    }

    @Override
    public boolean on_epoch(long epoch, double trainLoss, double validationLoss) {
      try {
        train.add(trainLoss);
        validation.add(validationLoss);
        return listener.onEpoch(epoch, trainLoss, validationLoss);
      } catch (RuntimeException | Error e) {
        thrown = e;
        return false;
      }
    }
  }

  /**
   * The network's raw outputs, [rows, outputs].
   *
   * @param x direct, [rows, inputs]
   */
  public synchronized float[] predict(FloatBuffer x, int rows, int threads) {
    Network open = open();
    // Direct, so that the core writes in place; a heap array would be copied in as well as out.
    FloatBuffer out = direct(Math.multiplyExact(rows, outputs));
    run(() -> open.predict(x, x.remaining(), rows, out, out.remaining(), threads));
    float[] values = new float[rows * outputs];
    out.get(values);
    return values;
  }

  /** The diagonal of the Fisher information of all parameters at the present weights; {@code pacnet::Network::fisher} says more. */
  public synchronized float[] fisher(FloatBuffer x, int rows, boolean classes, int threads) {
    Network open = open();
    FloatBuffer out = direct(parameterCount);
    run(() -> open.fisher(x, x.remaining(), rows, classes, out, out.remaining(), threads));
    float[] values = new float[parameterCount];
    out.get(values);
    return values;
  }

  /** How many numbers the head is given. */
  public synchronized int featureCount() {
    Network open = open();
    return Math.toIntExact(call(open::feature_count));
  }

  /** What the head is given, [rows, {@link #featureCount()}]. */
  public synchronized float[] features(FloatBuffer x, int rows, int threads) {
    Network open = open();
    FloatBuffer out = direct(Math.multiplyExact(rows, featureCount()));
    run(() -> open.features(x, x.remaining(), rows, out, out.remaining(), threads));
    float[] values = new float[out.remaining()];
    out.get(values);
    return values;
  }

  /** The same for rows that are pulled. */
  public synchronized float[] features(RowFeed feed, int rows, int threads) {
    return pulled(feed, rows, featureCount(), (x, count) -> features(x, count, threads));
  }

  /** {@link #predict(FloatBuffer, int, int)} for rows that are pulled. */
  public synchronized float[] predict(RowFeed feed, int rows, int threads) {
    return pulled(feed, rows, outputs, (x, count) -> predict(x, count, threads));
  }

  @FunctionalInterface
  private interface Asked {
    float[] of(FloatBuffer x, int rows);
  }

  private float[] pulled(RowFeed feed, int rows, int width, Asked asked) {
    float[] values = new float[Math.multiplyExact(rows, width)];
    int[] order = new int[rows];
    Arrays.setAll(order, row -> row);
    FloatBuffer x = direct(Math.multiplyExact(Math.min(rows, PREDICTED_AT_ONCE), inputs));
    FloatBuffer labels = FloatBuffer.allocate(Math.min(rows, PREDICTED_AT_ONCE));
    feed.begin(0, order, PREDICTED_AT_ONCE);
    for (int first = 0; first < rows; first += PREDICTED_AT_ONCE) {
      int count = Math.min(PREDICTED_AT_ONCE, rows - first);
      feed.next(count, x.clear(), labels.clear());
      float[] part = asked.of(x.flip(), count);
      System.arraycopy(part, 0, values, first * width, part.length);
    }
    return values;
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(floats, 4))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** Frees the native memory. Closing twice is harmless; any use afterwards throws. */
  @Override
  public synchronized void close() {
    if (fitting) {
      throw new IllegalStateException("the network is being trained: its listener can't close it");
    }
    if (network != null) {
      network.close();
      network = null;
    }
  }
}
