package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** How long each phase trains, and how hard Calibrate is held. */
final class EpochOptions {

  @Option(
      names = "--lambda",
      paramLabel = "L",
      description =
          "Strength of the method's own penalty; of pac the pull of the pruned weights toward zero,"
              + " L*sum(w^2) (default: what suits the method, of pac 0.01)")
  private @Nullable Double lambda;

  @Option(
      names = "--source-epochs",
      paramLabel = "N",
      description = "Of Train, and again of Allocate (default: 30)")
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

  void apply(TransferConfig.Builder builder) {
    if (lambda != null) {
      builder.lambda(lambda);
    }
    if (sourceEpochs != null) {
      builder.sourceEpochs(sourceEpochs);
    }
    if (allocateEpochs != null) {
      builder.allocateEpochs(allocateEpochs);
    }
    if (targetEpochs != null) {
      builder.targetEpochs(targetEpochs);
    }
  }
}
