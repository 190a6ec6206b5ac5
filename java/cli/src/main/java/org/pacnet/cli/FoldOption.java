package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** How rows are held out. */
final class FoldOption {

  @Option(
      names = "--fold-by",
      paramLabel = "COLUMN",
      description =
          "A column of the target that says which of its rows belong together, one batch or one patient say: what is"
              + " held out to cross-validate are then whole groups. It is no input.")
  private @Nullable String foldBy;

  @Option(
      names = "--fold-time",
      paramLabel = "COLUMN",
      description =
          "A column of the target that says when a row was measured, a number or a date: what are held out to cross-validate"
              + " are then later rows than those learnt from. It is no input.")
  private @Nullable String foldTime;

  void apply(TransferConfig.Builder builder) {
    if (foldBy != null) {
      builder.calibrate(c -> c.foldBy(foldBy));
    }
    if (foldTime != null) {
      builder.calibrate(c -> c.foldTime(foldTime));
    }
  }
}
