package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.Loss;
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

  void apply(TransferConfig.Builder builder) {
    if (learningRate != null) {
      builder.learningRate(learningRate);
    }
    if (batchSize != null) {
      builder.batchSize(batchSize);
    }
    if (loss != null) {
      builder.loss(loss);
    }
    if (huberDelta != null) {
      builder.huberDelta(huberDelta);
    }
    if (optimizer != null) {
      builder.optimizer(optimizer);
    }
    if (momentum != null) {
      builder.momentum(momentum);
    }
    if (weightDecay != null) {
      builder.weightDecay(weightDecay);
    }
    if (schedule != null) {
      builder.schedule(schedule);
    }
    if (validationShare != null) {
      builder.validationShare(validationShare);
    }
    if (patience != null) {
      builder.patience(patience);
    }
  }
}
