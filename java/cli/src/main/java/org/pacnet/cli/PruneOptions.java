package org.pacnet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.PruningScope;
import org.pacnet.config.TransferConfig;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** Which weights go. */
final class PruneOptions {

  @Option(
      names = "--ratio",
      paramLabel = "R",
      description = "Share of the weights that Prune removes (default: 0.8)")
  private @Nullable Double ratio;

  @Option(
      names = "--per-layer",
      description = "Remove that share in each layer, not over all layers together.")
  private boolean perLayer;

  @Option(
      names = "--plain",
      description =
          "Keep the largest over all layers and nothing else, as in the paper; otherwise each layer"
              + " keeps at least half the overall share.")
  private boolean plain;

  @Option(
      names = "--exclude",
      split = ",",
      paramLabel = "PATTERN",
      description = "Weights never pruned, by name: 'layers.0.*'")
  private List<String> excluded = List.of();

  void apply(TransferConfig.Builder builder) {
    if (ratio != null) {
      builder.prune(p -> p.ratio(ratio));
    }
    if (perLayer && plain) {
      throw new DataException("--per-layer and --plain exclude each other: give one of them");
    }
    if (perLayer || plain) {
      builder.prune(p -> p.scope(perLayer ? PruningScope.PER_LAYER : PruningScope.PLAIN));
    }
    if (!excluded.isEmpty()) {
      builder.prune(p -> p.excluded(excluded.toArray(String[]::new)));
    }
  }
}
