package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** How much rows count. */
final class WeightOptions {

  @Option(
      names = "--weight",
      paramLabel = "COLUMN",
      arity = "0..1",
      fallbackValue = "",
      description =
          "A column of positive numbers that says how much a row counts in what is learnt: one of weight 2 as much as two of weight 1."
              + " It is no input, and in every table that is learnt from; none: --weight ''")
  private @Nullable String weight;

  @Option(names = "--balanced", description = "Have classes count the same, however many rows each has.")
  private boolean balanced;

  @Option(
      names = "--target-share",
      paramLabel = "SHARE",
      description =
          "Where the target's rows are learnt from together with the source's (methods pooled-linear, trees, stack): of all weight what"
              + " they have, above 0 and below 1 (default: half, or by their number where they are more)")
  private @Nullable Double targetShare;

  void apply(TransferConfig.Builder builder) {
    if (weight != null) {
      builder.columns(c -> c.weight(weight.isEmpty() ? null : weight));
    }
    if (targetShare != null) {
      builder.calibrate(c -> c.targetShare(targetShare));
    }
    if (balanced) {
      builder.objective(o -> o.balanced(true));
    }
  }
}
