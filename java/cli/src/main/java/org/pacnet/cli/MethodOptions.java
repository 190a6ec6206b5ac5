package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** How the target is learnt. */
final class MethodOptions {

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "How the target is learnt; docs/methods.md says what each does (default: auto, what is safe:"
              + " cokriging or, for classes, logistic in a table of up to 1,000 rows, pac otherwise): ${COMPLETION-CANDIDATES}")
  private @Nullable Method method;

  @Option(
      names = "--last-layers",
      paramLabel = "N",
      description = "How many layers finetune-last trains, counted from the output (default: 2)")
  private @Nullable Integer lastLayers;

  @Option(
      names = "--members",
      paramLabel = "N",
      description = "How many networks pac-ensemble calibrates (default: 5)")
  private @Nullable Integer members;

  @Option(
      names = "--batch-norm",
      paramLabel = "HOW",
      description =
          "BatchNorm in Calibrate: frozen (default), or per-target: scale, shift and statistics of the"
              + " target's own")
  private @Nullable BatchNorm batchNorm;

  @Option(
      names = "--intervals",
      description =
          "Cross-validate the calibration, five more times, so that predict --interval can give bounds.")
  private boolean intervals;

  @Option(
      names = "--tune",
      description =
          "Choose method, lambda, learning rate, epochs and, in transfer, ratio by cross-validation on the target's rows, and say"
              + " whether the transfer helps.")
  private boolean tune;

  @Option(
      names = "--learning-curve",
      description = "Say what more rows of the target would buy, by cross-validation on parts of them.")
  private boolean learningCurve;

  boolean tune() {
    return tune;
  }

  boolean learningCurve() {
    return learningCurve;
  }

  /** What is there comes from a model; its λ is that of its own method's penalty. */
  void apply(TransferConfig.Builder builder, TransferConfig model) {
    if (method != null && method != model.method()) {
      builder.lambda(null);
    }
    apply(builder);
  }

  void apply(TransferConfig.Builder builder) {
    if (method != null) {
      builder.method(method);
    }
    if (lastLayers != null) {
      builder.lastLayers(lastLayers);
    }
    if (members != null) {
      builder.members(members);
    }
    if (intervals) {
      builder.intervals(true);
    }
    if (batchNorm != null) {
      builder.batchNorm(batchNorm);
    }
  }
}
