package org.pacnet.cli;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Fit;
import org.pacnet.config.TransferConfig;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** How long each phase trains, and what is Calibrate's own. */
final class EpochOptions {

  static final String SOURCE_DEFAULT =
      "30; for a table of 20 to 1,000 rows up to 1000, where rows that are held out in turn are predicted clearly better so; 1000 for points of an equation";

  @Option(
      names = "--lambda",
      paramLabel = "L",
      description =
          "Strength of the method's own penalty; of pac the pull of the pruned weights toward zero,"
              + " L*sum(w^2) (default: what suits the method, of pac 0.01, of few trajectories more)")
  private @Nullable Double lambda;

  @Option(
      names = "--source-epochs",
      paramLabel = "N",
      description = "Of Train, and again of Allocate (default: " + SOURCE_DEFAULT + ")")
  private @Nullable Integer sourceEpochs;

  @Option(
      names = "--allocate-epochs",
      paramLabel = "N",
      description = "Of Allocate, where it is not to be as many as of Train")
  private @Nullable Integer allocateEpochs;

  @Option(
      names = "--target-epochs",
      paramLabel = "N",
      description = "Of Calibrate (default: 300)")
  private @Nullable Integer targetEpochs;

  @Option(
      names = "--target-lr",
      paramLabel = "RATE",
      description = "Of Calibrate, where it is not to be that of --lr")
  private @Nullable Double targetLearningRate;

  @Option(
      names = "--target-batch-size",
      paramLabel = "ROWS",
      description = "Of Calibrate, where it is not to be that of --batch-size")
  private @Nullable Integer targetBatchSize;

  /** As many epochs of the source as somebody said, which is not {@link Fit#CHOSEN}. */
  static void source(TransferConfig.Builder builder, int epochs) {
    if (epochs < 0) {
      throw new DataException("the number of source epochs must be 0 or more, not " + epochs, "sourceEpochs");
    }
    builder.source(f -> f.epochs(epochs));
  }

  /** After those that are of both sides. */
  void apply(TransferConfig.Builder builder) {
    if (lambda != null) {
      builder.lambda(lambda);
    }
    if (sourceEpochs != null) {
      source(builder, sourceEpochs);
    }
    if (allocateEpochs != null) {
      builder.prune(p -> p.allocateEpochs(allocateEpochs));
    }
    if (targetEpochs != null) {
      builder.target(f -> f.epochs(targetEpochs));
    }
    if (targetLearningRate != null) {
      target(builder, "--target-lr", f -> f.learningRate(targetLearningRate));
    }
    if (targetBatchSize != null) {
      target(builder, "--target-batch-size", f -> f.batchSize(targetBatchSize));
    }
  }

  // The setting is called as the source's, and the option is not.
  private static void target(TransferConfig.Builder builder, String option, Consumer<Fit.Builder> change) {
    try {
      builder.target(change);
    } catch (DataException e) {
      throw new DataException(e.getMessage() + " (" + option + ")", e);
    }
  }
}
