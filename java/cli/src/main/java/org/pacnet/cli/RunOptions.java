package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What one run of the phases goes by, besides how it trains. */
final class RunOptions {

  @Option(names = "--seed", paramLabel = "N", description = "Of all that is random (default: 0)")
  private @Nullable Long seed;

  @Mixin private ComputeOptions compute = new ComputeOptions();

  void apply(TransferConfig.Builder builder) {
    if (seed != null) {
      builder.seed(seed);
    }
    builder.compute(compute.compute());
  }
}
