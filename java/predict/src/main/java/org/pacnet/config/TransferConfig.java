package org.pacnet.config;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * Everything that a transfer can be told; immutable. {@link #builder(String...)} starts from defaults
 * that were chosen on generated problems; those of the PAC-Net paper are {@link Builder#paper()}.
 *
 * @param labels columns to predict, at least one; exactly one for a classification. Of trajectories the
 *     columns of the state; empty: all but trajectory, time and the ignored
 * @param task regression or classification
 * @param categorical input columns to be read as categories even if they hold numbers
 * @param dates input columns of dates or moments, which become year, day of the year and time of day
 * @param ignored columns that are neither input nor label
 * @param missing what to do with missing input values: {@code ERROR}, {@code MEAN} of the source,
 *     {@code DROP} the row
 * @param missingWords texts that stand for a missing value, besides the empty one
 * @param standardizeInputs scale inputs with the source's mean and deviation
 * @param standardizeLabels likewise for the labels of a regression; undone at prediction
 * @param imageSize what images are scaled to, in pixels; 0: as they are, all of one size
 * @param augment what is done to images at random in training; never in Prune's and the errors' data
 * @param network what to train
 * @param loss {@code CROSS_ENTROPY} for a classification, one of the others for a regression
 * @param huberDelta where Huber's loss turns linear, in standardised units
 * @param optimizer a new one, with fresh state, for each phase
 * @param momentum of SGD, [0, 1)
 * @param weightDecay of AdamW, decoupled; touches trainable weights only
 * @param learningRate positive
 * @param schedule of the learning rate over each phase
 * @param batchSize rows a step; a smaller data set is one batch
 * @param sourceEpochs of Train; 0 where the weights that it starts from are taken as they are
 * @param allocateEpochs of Allocate; 0: as many as of Train
 * @param targetEpochs of Calibrate
 * @param validationShare share of a phase's rows held out, [0, 1): the weights of the epoch with the
 *     lowest validation loss are taken
 * @param patience stop a phase after so many epochs without a lower validation loss; 0: never
 * @param ratio share of the prunable weights that Prune removes, (0, 1)
 * @param scope among which weights the largest are kept
 * @param excluded glob patterns such as {@code layers.0.*} of weights never pruned
 * @param lambda strength of Calibrate's pull of the pruned weights toward zero: adds λ·Σw² to the
 *     loss; of another method its own penalty. Null: what suits the method
 * @param method how targets are learnt
 * @param lastLayers how many layers, counted from the output, the method {@code finetune-last} trains
 * @param members how many networks the method {@code pac-ensemble} calibrates
 * @param intervals whether calibrations cross-validate themselves, five more times, so that predictions can
 *     have bounds
 * @param batchNorm what Calibrate does with BatchNorm, where the network has it
 * @param seed of initial weights, shuffles, splits and dropout
 * @param newClasses take classes of a target that differ from the source's in spelling only for new
 *     ones, which get an output layer of the target's own; otherwise they are refused
 * @param threads at most this many for one training step; small steps use one
 * @param device where to train
 * @param precision of a GPU's products
 */
public record TransferConfig(
    List<String> labels,
    Task task,
    List<String> categorical,
    List<String> dates,
    List<String> ignored,
    Missing missing,
    List<String> missingWords,
    boolean standardizeInputs,
    boolean standardizeLabels,
    int imageSize,
    Set<Augmentation> augment,
    NetworkSpec network,
    Loss loss,
    double huberDelta,
    Optimizer optimizer,
    double momentum,
    double weightDecay,
    double learningRate,
    Schedule schedule,
    int batchSize,
    int sourceEpochs,
    int allocateEpochs,
    int targetEpochs,
    double validationShare,
    int patience,
    double ratio,
    PruningScope scope,
    List<String> excluded,
    @Nullable Double lambda,
    Method method,
    int lastLayers,
    int members,
    boolean intervals,
    BatchNorm batchNorm,
    long seed,
    boolean newClasses,
    int threads,
    Device device,
    Precision precision) {

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public TransferConfig {
    labels = List.copyOf(labels);
    categorical = List.copyOf(categorical);
    dates = List.copyOf(dates);
    ignored = List.copyOf(ignored);
    missingWords = List.copyOf(missingWords);
    augment = Set.copyOf(augment);
    excluded = List.copyOf(excluded);
    check(
        imageSize >= 0 && imageSize <= 4096,
        "imageSize",
        "the image size",
        "must be between 1 and 4096, or 0",
        imageSize);
    check(
        device != Device.CPU || precision == Precision.FP32,
        "precision", "the precision",
        "is fp32 on the cpu",
        precision);
    boolean pinn = network instanceof Pinn;
    check(
        !pinn || (!standardizeInputs && !standardizeLabels && missing == Missing.ERROR),
        "network", "the network",
        "takes inputs and labels that are not standardised, and none that is missing",
        network);
    check(!pinn || loss == Loss.MSE, "loss", "the loss", "of points of an equation must be mse", loss);
    boolean ode = network instanceof NeuralOde;
    check(
        ode || !labels.isEmpty(),
        "labels", "the labels",
        "must name at least one column to predict",
        labels);
    check(!ode || task == Task.REGRESSION, "task", "the task", "of trajectories must be regression", task);
    check(
        !ode || missing != Missing.MEAN,
        "missing", "what to do with missing states",
        "must be error or drop",
        missing);
    check(
        task == Task.REGRESSION || labels.size() == 1,
        "labels", "the labels",
        "must be exactly one in a classification",
        labels);
    check(
        (task == Task.CLASSIFICATION) == (loss == Loss.CROSS_ENTROPY),
        "loss", "the loss",
        "must be cross_entropy for a classification, and mse, mae or huber for a regression",
        loss);
    check(positive(huberDelta), "huberDelta", "Huber's delta", "must be positive", huberDelta);
    check(momentum >= 0 && momentum < 1, "momentum", "the momentum", "must be at least 0 and below 1", momentum);
    check(
        weightDecay == 0 || positive(weightDecay),
        "weightDecay", "the weight decay",
        "must be 0 or more",
        weightDecay);
    check(
        weightDecay == 0 || optimizer == Optimizer.ADAMW,
        "weightDecay", "the weight decay",
        "needs the optimizer adamw",
        weightDecay);
    check(
        weightDecay == 0 || method != Method.TAPS,
        "weightDecay", "the weight decay",
        "goes with any method but taps, whose weights are a start and a change",
        weightDecay);
    check(positive(learningRate), "learningRate", "the learning rate", "must be positive", learningRate);
    check(batchSize > 0, "batchSize", "the batch size", "must be at least 1", batchSize);
    check(sourceEpochs >= 0, "sourceEpochs", "the number of source epochs", "must be 0 or more", sourceEpochs);
    check(
        allocateEpochs >= 0,
        "allocateEpochs",
        "the number of Allocate's epochs",
        "must be 0 or more",
        allocateEpochs);
    check(targetEpochs > 0, "targetEpochs", "the number of target epochs", "must be at least 1", targetEpochs);
    check(
        validationShare >= 0 && validationShare < 1,
        "validationShare", "the validation share",
        "must be at least 0 and below 1",
        validationShare);
    check(patience >= 0, "patience", "the patience", "must be 0 or more", patience);
    check(
        patience == 0 || validationShare > 0, "patience", "the patience", "needs a validation share", patience);
    check(ratio > 0 && ratio < 1, "ratio", "the pruning ratio", "must be between 0 and 1, both excluded", ratio);
    check(
        lambda == null || lambda == 0 || positive(lambda),
        "lambda", "lambda",
        "must be 0 or more",
        lambda);
    check(lastLayers > 0, "lastLayers", "the number of last layers", "must be at least 1", lastLayers);
    check(members > 1 && members <= 1000, "members", "the number of members", "must be between 2 and 1000", members);
    check(threads > 0, "threads", "the number of threads", "must be at least 1", threads);
  }

  /** The defaults, for a regression on these label columns. */
  public static Builder builder(String... labels) {
    return new Builder(List.of(labels));
  }

  /** The λ that counts: where none is given the method's own, times {@link NetworkSpec#pullScale()}. */
  public double strength() {
    return lambda != null ? lambda : method.strength() * network.pullScale();
  }

  /** The rule that Prune goes by: the method's, if it demands one. */
  public PruningScope pruningScope() {
    return method.needs(Method.Need.RANDOM_MASK)
        ? PruningScope.RANDOM
        : method.needs(Method.Need.LAYERWISE_MASK) ? PruningScope.PER_LAYER : scope;
  }

  /** A builder that starts from these settings. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  // The core computes with floats.
  private static boolean positive(double value) {
    return value > 0 && value <= Float.MAX_VALUE;
  }

  private static void check(
      boolean valid, String setting, String words, String rule, @Nullable Object value) {
    if (!valid) {
      throw new DataException(words + " " + rule + ", not " + value, setting);
    }
  }

  /** Collects settings; each method is the component of the same name. */
  public static final class Builder {
    private static final Perceptron DEFAULT_NETWORK =
        new Perceptron(List.of(128, 128, 128), Activation.SILU, 0.0);

    private List<String> labels;
    private Task task = Task.REGRESSION;
    private List<String> categorical = List.of();
    private List<String> dates = List.of();
    private List<String> ignored = List.of();
    private Missing missing = Missing.ERROR;
    private List<String> missingWords = Missing.WORDS;
    private boolean standardizeInputs = true;
    private boolean standardizeLabels = true;
    private int imageSize = 0;
    private Set<Augmentation> augment = Set.of();
    private NetworkSpec network = DEFAULT_NETWORK;
    private Loss loss = Loss.MSE;
    private double huberDelta = 1.0;
    private Optimizer optimizer = Optimizer.ADAM;
    private double momentum = 0.9;
    private double weightDecay = 0.0;
    private double learningRate = 3e-3;
    private Schedule schedule = Schedule.COSINE;
    private int batchSize = 128;
    private int sourceEpochs = 30;
    private int allocateEpochs = 0;
    private int targetEpochs = 300;
    private double validationShare = 0.0;
    private int patience = 0;
    private double ratio = 0.8;
    private PruningScope scope = PruningScope.GLOBAL;
    private List<String> excluded = List.of();
    private @Nullable Double lambda = null;
    private Method method = Method.AUTO;
    private int lastLayers = 2;
    private int members = 5;
    private boolean intervals = false;
    private BatchNorm batchNorm = BatchNorm.FROZEN;
    private long seed = 0;
    private boolean newClasses = false;
    private int threads = 1;
    private Device device = Device.AUTO;
    private Precision precision = Precision.FP32;

    private Builder(List<String> labels) {
      this.labels = labels;
    }

    private Builder(TransferConfig c) {
      labels = c.labels;
      task = c.task;
      categorical = c.categorical;
      dates = c.dates;
      ignored = c.ignored;
      missing = c.missing;
      missingWords = c.missingWords;
      standardizeInputs = c.standardizeInputs;
      standardizeLabels = c.standardizeLabels;
      imageSize = c.imageSize;
      augment = c.augment;
      network = c.network;
      loss = c.loss;
      huberDelta = c.huberDelta;
      optimizer = c.optimizer;
      momentum = c.momentum;
      weightDecay = c.weightDecay;
      learningRate = c.learningRate;
      schedule = c.schedule;
      batchSize = c.batchSize;
      sourceEpochs = c.sourceEpochs;
      allocateEpochs = c.allocateEpochs;
      targetEpochs = c.targetEpochs;
      validationShare = c.validationShare;
      patience = c.patience;
      ratio = c.ratio;
      scope = c.scope;
      excluded = c.excluded;
      lambda = c.lambda;
      method = c.method;
      lastLayers = c.lastLayers;
      members = c.members;
      intervals = c.intervals;
      batchNorm = c.batchNorm;
      seed = c.seed;
      newClasses = c.newClasses;
      threads = c.threads;
      device = c.device;
      precision = c.precision;
    }

    /**
     * Sets what the PAC-Net paper says of a perceptron and its training, or leaves to custom, in place of
     * what was found to do better since (docs/adr/0009-defaults.md): PAC as the method, ReLU, Adam at a constant
     * 0.001, ratio 0.8 over all weights together without a smallest share, λ 0.01.
     */
    public Builder paper() {
      return activation(Activation.RELU)
          .learningRate(1e-3)
          .schedule(Schedule.CONSTANT)
          .ratio(0.8)
          .scope(PruningScope.PLAIN)
          .method(Method.PAC)
          .lambda(0.01);
    }

    /** Sets the task and with it the loss: cross-entropy, or squared error. */
    public Builder task(Task value) {
      task = value;
      loss = value == Task.CLASSIFICATION ? Loss.CROSS_ENTROPY : Loss.MSE;
      return this;
    }

    /**
     * Columns to predict, at least one; exactly one for a classification. Of trajectories the columns of
     * the state; empty: all but trajectory, time and the ignored.
     */
    public Builder labels(List<String> value) {
      labels = value;
      return this;
    }

    /** Input columns to be read as categories even if they hold numbers; by default none. */
    public Builder categorical(String... columns) {
      categorical = List.of(columns);
      return this;
    }

    /**
     * Input columns of dates or moments, which become year, day of the year and time of day; by default
     * none.
     */
    public Builder dates(String... columns) {
      dates = List.of(columns);
      return this;
    }

    /** Columns that are neither input nor label; by default none. */
    public Builder ignored(String... columns) {
      ignored = List.of(columns);
      return this;
    }

    /**
     * What to do with missing input values: {@code ERROR}, {@code MEAN} of the source, {@code DROP} the
     * row; by default {@link Missing#ERROR}.
     */
    public Builder missing(Missing value) {
      missing = value;
      return this;
    }

    /** Texts that stand for a missing value, besides the empty one; by default {@link Missing#WORDS}. */
    public Builder missingWords(String... words) {
      missingWords = List.of(words);
      return this;
    }

    /** Scale inputs with the source's mean and deviation; by default yes. */
    public Builder standardizeInputs(boolean value) {
      standardizeInputs = value;
      return this;
    }

    /** Likewise for the labels of a regression; undone at prediction; by default yes. */
    public Builder standardizeLabels(boolean value) {
      standardizeLabels = value;
      return this;
    }

    /** What images are scaled to, in pixels; 0: as they are, all of one size; by default 0. */
    public Builder imageSize(int value) {
      imageSize = value;
      return this;
    }

    /**
     * What is done to images at random in training; never in Prune's and the errors' data; by default none.
     */
    public Builder augment(Augmentation... values) {
      augment = Set.of(values);
      return this;
    }

    /** Of a {@link Pinn} also that columns are taken as they are, not standardised. */
    public Builder network(NetworkSpec value) {
      network = value;
      if (value instanceof Pinn) {
        standardizeInputs = false;
        standardizeLabels = false;
      }
      return this;
    }

    /** A perceptron with these hidden layers, otherwise as it was. */
    public Builder hidden(int... widths) {
      Perceptron is = perceptron();
      List<Integer> list = Arrays.stream(widths).boxed().toList();
      return network(new Perceptron(list, is.activation(), is.dropout()));
    }

    /** A perceptron with this activation, otherwise as it was. */
    public Builder activation(Activation value) {
      Perceptron is = perceptron();
      return network(new Perceptron(is.hidden(), value, is.dropout()));
    }

    /** A perceptron with this dropout, otherwise as it was. */
    public Builder dropout(double value) {
      Perceptron is = perceptron();
      return network(new Perceptron(is.hidden(), is.activation(), value));
    }

    private Perceptron perceptron() {
      return network instanceof Perceptron is ? is : DEFAULT_NETWORK;
    }

    /**
     * {@code CROSS_ENTROPY} for a classification, one of the others for a regression; by default {@link
     * Loss#MSE}.
     */
    public Builder loss(Loss value) {
      loss = value;
      return this;
    }

    /** Where Huber's loss turns linear, in standardised units; by default 1. */
    public Builder huberDelta(double value) {
      huberDelta = value;
      return this;
    }

    /** A new one, with fresh state, for each phase; by default {@link Optimizer#ADAM}. */
    public Builder optimizer(Optimizer value) {
      optimizer = value;
      return this;
    }

    /** Of SGD, [0, 1); by default 0.9. */
    public Builder momentum(double value) {
      momentum = value;
      return this;
    }

    /** Of AdamW, decoupled; touches trainable weights only; by default 0. */
    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    /** Positive; by default 0.003. */
    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    /** Of the learning rate over each phase; by default {@link Schedule#COSINE}. */
    public Builder schedule(Schedule value) {
      schedule = value;
      return this;
    }

    /** Rows a step; a smaller data set is one batch; by default 128. */
    public Builder batchSize(int value) {
      batchSize = value;
      return this;
    }

    /** Of Train; 0 where the weights that it starts from are taken as they are; by default 30. */
    public Builder sourceEpochs(int value) {
      sourceEpochs = value;
      return this;
    }

    /** Of Allocate; 0: as many as of Train; by default 0. */
    public Builder allocateEpochs(int value) {
      allocateEpochs = value;
      return this;
    }

    /** Of Calibrate; by default 300. */
    public Builder targetEpochs(int value) {
      targetEpochs = value;
      return this;
    }

    /**
     * Share of a phase's rows held out, [0, 1): the weights of the epoch with the lowest validation loss
     * are taken; by default 0.
     */
    public Builder validationShare(double value) {
      validationShare = value;
      return this;
    }

    /** Stop a phase after so many epochs without a lower validation loss; 0: never; by default 0. */
    public Builder patience(int value) {
      patience = value;
      return this;
    }

    /** Share of the prunable weights that Prune removes, (0, 1); by default 0.8. */
    public Builder ratio(double value) {
      ratio = value;
      return this;
    }

    /** Among which weights the largest are kept; by default {@link PruningScope#GLOBAL}. */
    public Builder scope(PruningScope value) {
      scope = value;
      return this;
    }

    /** Glob patterns such as {@code layers.0.*} of weights never pruned; by default none. */
    public Builder excluded(String... patterns) {
      excluded = List.of(patterns);
      return this;
    }

    /**
     * Strength of Calibrate's pull of the pruned weights toward zero: adds λ·Σw² to the loss; of another
     * method its own penalty. Null: what suits the method.
     */
    public Builder lambda(@Nullable Double value) {
      lambda = value;
      return this;
    }

    /** How targets are learnt; by default {@link Method#AUTO}. */
    public Builder method(Method value) {
      method = value;
      return this;
    }

    /** How many layers, counted from the output, the method {@code finetune-last} trains; by default 2. */
    public Builder lastLayers(int value) {
      lastLayers = value;
      return this;
    }

    /** How many networks the method {@code pac-ensemble} calibrates; by default 5. */
    public Builder members(int value) {
      members = value;
      return this;
    }

    /**
     * Whether calibrations cross-validate themselves, five more times, so that predictions can have bounds;
     * by default no.
     */
    public Builder intervals(boolean value) {
      intervals = value;
      return this;
    }

    /** What Calibrate does with BatchNorm, where the network has it; by default {@link BatchNorm#FROZEN}. */
    public Builder batchNorm(BatchNorm value) {
      batchNorm = value;
      return this;
    }

    /** Of initial weights, shuffles, splits and dropout; by default 0. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Take classes of a target that differ from the source's in spelling only for new ones, which get an
     * output layer of the target's own; otherwise they are refused; by default no.
     */
    public Builder newClasses(boolean value) {
      newClasses = value;
      return this;
    }

    /** At most this many for one training step; small steps use one; by default 1. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /** Where to train; by default {@link Device#AUTO}. */
    public Builder device(Device value) {
      device = value;
      return this;
    }

    /** Of a GPU's products; by default {@link Precision#FP32}. */
    public Builder precision(Precision value) {
      precision = value;
      return this;
    }

    /** Throws a {@link DataException} that names the setting if one is out of its range. */
    public TransferConfig build() {
      return new TransferConfig(
          labels,
          task,
          categorical,
          dates,
          ignored,
          missing,
          missingWords,
          standardizeInputs,
          standardizeLabels,
          imageSize,
          augment,
          network,
          loss,
          huberDelta,
          optimizer,
          momentum,
          weightDecay,
          learningRate,
          schedule,
          batchSize,
          sourceEpochs,
          allocateEpochs,
          targetEpochs,
          validationShare,
          patience,
          ratio,
          scope,
          excluded,
          lambda,
          method,
          lastLayers,
          members,
          intervals,
          batchNorm,
          seed,
          newClasses,
          threads,
          device,
          precision);
    }
  }
}
