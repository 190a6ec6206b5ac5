package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** Which rows belong together. */
final class FoldOption {

  @Option(
      names = "--fold-by",
      paramLabel = "COLUMN",
      description =
          "A column of the target that says which of its rows belong together, one batch or one patient say: what is"
              + " held out to cross-validate are then whole groups. It is no input.")
  private @Nullable String foldBy;

  void apply(TransferConfig.Builder builder) {
    if (foldBy != null) {
      builder.calibrate(c -> c.foldBy(foldBy));
    }
  }
}
