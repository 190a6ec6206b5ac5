package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.Fit;
import org.pacnet.config.Loss;
import org.pacnet.config.Objective;
import org.pacnet.config.Optimizer;
import org.pacnet.config.Schedule;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** How phases train. What is not given stays as it is: the default, or what the model was made with. */
final class TrainingOptions {

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate (default: 0.003)")
  private @Nullable Double learningRate;

  @Option(names = "--batch-size", paramLabel = "ROWS", description = "Rows a step (default: 128)")
  private @Nullable Integer batchSize;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description = "mse (default), mae or huber; a classification has cross_entropy")
  private @Nullable Loss loss;

  @Option(
      names = "--huber-delta",
      paramLabel = "D",
      description = "Where the Huber loss turns linear, in standardised units (default: 1)")
  private @Nullable Double huberDelta;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "adam (default), adamw or sgd")
  private @Nullable Optimizer optimizer;

  @Option(names = "--momentum", paramLabel = "M", description = "Of sgd (default: 0.9)")
  private @Nullable Double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "W",
      description = "Of adamw, decoupled (default: 0)")
  private @Nullable Double weightDecay;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "Learning rate over a phase: cosine (default), linear (both down to zero) or constant")
  private @Nullable Schedule schedule;

  @Option(
      names = "--validation-share",
      paramLabel = "SHARE",
      description =
          "Share of each phase's rows held out; the epoch with the lowest loss there is taken"
              + " (default: 0)")
  private @Nullable Double validationShare;

  @Option(
      names = "--patience",
      paramLabel = "EPOCHS",
      description = "Stop a phase after so many epochs without a lower validation loss")
  private @Nullable Integer patience;

  /** To both sides. */
  void apply(TransferConfig.Builder builder) {
    builder.fits(this::apply).objective(this::apply);
  }

  /** To the target's alone. */
  void applyToTarget(TransferConfig.Builder builder) {
    builder.target(this::apply).objective(this::apply);
  }

  private void apply(Objective.Builder objective) {
    if (loss != null) {
      objective.loss(loss);
    }
    if (huberDelta != null) {
      objective.huberDelta(huberDelta);
    }
  }

  private void apply(Fit.Builder fit) {
    if (learningRate != null) {
      fit.learningRate(learningRate);
    }
    if (batchSize != null) {
      fit.batchSize(batchSize);
    }
    if (optimizer != null) {
      fit.optimizer(optimizer);
    }
    if (momentum != null) {
      fit.momentum(momentum);
    }
    if (weightDecay != null) {
      fit.weightDecay(weightDecay);
    }
    if (schedule != null) {
      fit.schedule(schedule);
    }
    if (validationShare != null) {
      fit.validationShare(validationShare);
    }
    if (patience != null) {
      fit.patience(patience);
    }
  }
}
