package org.pacnet.config;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * Everything that a transfer can be told; immutable. {@link #builder(String...)} starts from defaults
 * that were chosen on generated problems and real tables; those of the PAC-Net paper are {@link Builder#paper()}.
 *
 * @param columns which columns are read, and how
 * @param images what is made of images
 * @param objective what training makes small
 * @param network what to train
 * @param source how Train and Allocate train
 * @param prune which weights go
 * @param target how Calibrate trains
 * @param method how targets are learnt
 * @param calibrate what else Calibrate does
 * @param compute what computes; no part of a saved model
 * @param seed of initial weights, shuffles, splits and dropout
 */
public record TransferConfig(
    Columns columns,
    Images images,
    Objective objective,
    NetworkSpec network,
    Fit source,
    Pruning prune,
    Fit target,
    MethodSpec method,
    Calibrating calibrate,
    Compute compute,
    long seed) {

  /** Throws a {@link DataException} that names the setting if some do not go together. */
  public TransferConfig {
    List<String> labels = columns.labels();
    Missing missing = columns.missing();
    Task task = objective.task();
    boolean pinn = network instanceof Pinn;
    Check.that(
        !pinn || (!columns.standardizeInputs() && !columns.standardizeLabels() && missing == Missing.ERROR),
        "network", "the network",
        "takes inputs and labels that are not standardised, and none that is missing",
        network);
    Check.that(
        !pinn || objective.loss() == Loss.MSE,
        "loss",
        "the loss",
        "of points of an equation must be mse",
        objective.loss());
    boolean ode = network instanceof TrajectoryNetwork;
    Check.that(
        ode || !labels.isEmpty(),
        "labels", "the labels",
        "must name at least one column to predict",
        labels);
    Check.that(!ode || task == Task.REGRESSION, "task", "the task", "of trajectories must be regression", task);
    Check.that(
        !ode || missing != Missing.MEAN,
        "missing", "what to do with missing states",
        "must be error or drop",
        missing);
    Check.that(
        task == Task.REGRESSION || labels.size() == 1,
        "labels", "the labels",
        "must be exactly one in a classification",
        labels);
    Check.that(
        target.weightDecay() == 0 || method.kind() != Method.TAPS,
        "weightDecay", "the weight decay",
        "goes with any method but taps, whose weights are a start and a change",
        target.weightDecay());
    Check.that(
        source.epochs() >= 0 || source.epochs() == Fit.CHOSEN,
        "sourceEpochs",
        "the number of source epochs",
        "must be 0 or more",
        source.epochs());
    Check.that(
        target.epochs() > 0,
        "targetEpochs",
        "the number of target epochs",
        "must be at least 1",
        target.epochs());
  }

  /** The defaults, for a regression on these label columns. */
  public static Builder builder(String... labels) {
    return new Builder(List.of(labels));
  }

  /** The λ that counts: where none is given the method's own, times {@link NetworkSpec#pullScale()}. */
  public double strength() {
    Double lambda = method.lambda();
    return lambda != null ? lambda : method.kind().strength() * network.pullScale();
  }

  /** The rule that Prune goes by: the method's, if it demands one. */
  public PruningScope pruningScope() {
    return method.kind().needs(Method.Need.RANDOM_MASK)
        ? PruningScope.RANDOM
        : method.kind().needs(Method.Need.LAYERWISE_MASK) ? PruningScope.PER_LAYER : prune.scope();
  }

  /** A builder that starts from these settings. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * Collects settings. Those of a part are changed where the part is: {@code builder.prune(p -> p.ratio(0.9))}.
   * What is out of its range is refused at once, what does not go together when it is built.
   */
  public static final class Builder {
    private static final Perceptron DEFAULT_NETWORK =
        new Perceptron(List.of(128, 128, 128), Activation.SILU, 0.0);

    private Columns columns;
    private Images images = Images.DEFAULT;
    private Objective objective = Objective.DEFAULT;
    private NetworkSpec network = DEFAULT_NETWORK;
    private Fit source = Fit.SOURCE;
    private Pruning prune = Pruning.DEFAULT;
    private Fit target = Fit.TARGET;
    private MethodSpec method = MethodSpec.of(Method.AUTO);
    private Calibrating calibrate = Calibrating.DEFAULT;
    private Compute compute = Compute.DEFAULT;
    private long seed = 0;

    private Builder(List<String> labels) {
      columns = Columns.of(labels);
    }

    private Builder(TransferConfig c) {
      columns = c.columns;
      images = c.images;
      objective = c.objective;
      network = c.network;
      source = c.source;
      prune = c.prune;
      target = c.target;
      method = c.method;
      calibrate = c.calibrate;
      compute = c.compute;
      seed = c.seed;
    }

    /**
     * Sets what the PAC-Net paper says of a perceptron and its training, or leaves to custom, in place of
     * what was found to do better since (docs/adr/0009-defaults.md): PAC as the method, ReLU, Adam at a constant
     * 0.001, ratio 0.8 over all weights together without a smallest share, λ 0.01.
     */
    public Builder paper() {
      return activation(Activation.RELU)
          .fits(f -> f.learningRate(1e-3).schedule(Schedule.CONSTANT))
          .prune(p -> p.ratio(0.8).scope(PruningScope.PLAIN))
          .method(Method.PAC)
          .lambda(0.01);
    }

    /** Which columns are read, and how. */
    public Builder columns(Consumer<Columns.Builder> change) {
      Columns.Builder builder = new Columns.Builder(columns);
      change.accept(builder);
      columns = builder.build();
      return this;
    }

    /** What is made of images. */
    public Builder images(Consumer<Images.Builder> change) {
      Images.Builder builder = new Images.Builder(images);
      change.accept(builder);
      images = builder.build();
      return this;
    }

    /** What training makes small. */
    public Builder objective(Consumer<Objective.Builder> change) {
      Objective.Builder builder = new Objective.Builder(objective);
      change.accept(builder);
      objective = builder.build();
      return this;
    }

    /** What to train; of a {@link Pinn} also that columns are taken as they are, not standardised. */
    public Builder network(NetworkSpec value) {
      network = value;
      return value instanceof Pinn
          ? columns(c -> c.standardizeInputs(false).standardizeLabels(false))
          : this;
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

    /** How Train and Allocate train. */
    public Builder source(Consumer<Fit.Builder> change) {
      source = changed(source, change);
      return this;
    }

    /** How Calibrate trains. */
    public Builder target(Consumer<Fit.Builder> change) {
      target = changed(target, change);
      return this;
    }

    /** The same of both. */
    public Builder fits(Consumer<Fit.Builder> change) {
      return source(change).target(change);
    }

    private static Fit changed(Fit fit, Consumer<Fit.Builder> change) {
      Fit.Builder builder = new Fit.Builder(fit);
      change.accept(builder);
      return builder.build();
    }

    /** Which weights go. */
    public Builder prune(Consumer<Pruning.Builder> change) {
      Pruning.Builder builder = new Pruning.Builder(prune);
      change.accept(builder);
      prune = builder.build();
      return this;
    }

    /** How targets are learnt, with what is the method's own to be set. */
    public Builder method(MethodSpec value) {
      method = value;
      return this;
    }

    /** How targets are learnt, with the method's defaults; by default {@link Method#AUTO}. */
    public Builder method(Method value) {
      return method(MethodSpec.of(value));
    }

    /** {@link MethodSpec#lambda()} of the method that was set before. */
    public Builder lambda(@Nullable Double value) {
      return method(method.withLambda(value));
    }

    /** What else Calibrate does. */
    public Builder calibrate(Consumer<Calibrating.Builder> change) {
      Calibrating.Builder builder = new Calibrating.Builder(calibrate);
      change.accept(builder);
      calibrate = builder.build();
      return this;
    }

    /** What computes. */
    public Builder compute(Consumer<Compute.Builder> change) {
      Compute.Builder builder = new Compute.Builder(compute);
      change.accept(builder);
      compute = builder.build();
      return this;
    }

    /** What computes. */
    public Builder compute(Compute value) {
      compute = value;
      return this;
    }

    /** Of initial weights, shuffles, splits and dropout; by default 0. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Throws a {@link DataException} that names the setting if some do not go together. */
    public TransferConfig build() {
      return new TransferConfig(
          columns, images, objective, network, source, prune, target, method, calibrate, compute, seed);
    }
  }
}
