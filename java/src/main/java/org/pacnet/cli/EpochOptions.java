package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.BatchNorm;
import org.pacnet.TransferConfig;
import org.pacnet.method.Method;
import picocli.CommandLine.Option;

/** How long each phase trains, and what Calibrate may change. */
final class EpochOptions {

  static final String METHOD =
      "How the target is learnt: pac (default), scratch, finetune, finetune-head, l2, l2sp, or PAC"
          + " less a part of it: pac-nolambda, pac-noallocate, pac-nozero";

  static final String BATCH_NORM =
      "BatchNorm in Calibrate: frozen (default), or per-target: scale, shift and statistics of the"
          + " target's own";

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
      names = "--allocate-epochs",
      paramLabel = "N",
      description = "Of Allocate, where it is not to be as many as of Train")
  private @Nullable Integer allocateEpochs;

  @Option(names = "--method", paramLabel = "NAME", description = METHOD)
  private @Nullable Method method;

  @Option(names = "--batch-norm", paramLabel = "HOW", description = BATCH_NORM)
  private @Nullable BatchNorm batchNorm;

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
    if (method != null) {
      builder.method(method);
    }
    if (batchNorm != null) {
      builder.batchNorm(batchNorm);
    }
    if (targetEpochs != null) {
      builder.targetEpochs(targetEpochs);
    }
  }
}
