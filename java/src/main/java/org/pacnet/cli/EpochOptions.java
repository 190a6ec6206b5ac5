package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.TransferConfig;
import picocli.CommandLine.Option;

/** How long each side trains, and how strongly Calibrate is pulled toward zero. */
final class EpochOptions {

  @Option(
      names = "--lambda",
      paramLabel = "L",
      description = "Calibrate's pull of the pruned weights toward zero, L*sum(w^2) (default: 0.01)")
  private @Nullable Double lambda;

  @Option(
      names = "--source-epochs",
      paramLabel = "N",
      description = "Of Train, and again of Allocate (default: 30)")
  private @Nullable Integer sourceEpochs;

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
    if (targetEpochs != null) {
      builder.targetEpochs(targetEpochs);
    }
  }
}
