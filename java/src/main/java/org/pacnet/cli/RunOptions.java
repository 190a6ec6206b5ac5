package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.Device;
import org.pacnet.TransferConfig;
import picocli.CommandLine.Option;

/** What one run of the phases goes by, besides how it trains. */
final class RunOptions {

  @Option(names = "--seed", paramLabel = "N", description = "Of all that is random (default: 0)")
  private @Nullable Long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "At most so many threads for a step; small steps use one (default: the processors)")
  private @Nullable Integer threads;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto (default: cpu), cpu or cuda (perceptrons)")
  private @Nullable Device device;

  void apply(TransferConfig.Builder builder) {
    if (seed != null) {
      builder.seed(seed);
    }
    if (device != null) {
      builder.device(device);
    }
    builder.threads(threads != null ? threads : Runtime.getRuntime().availableProcessors());
  }
}
