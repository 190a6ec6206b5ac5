package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.Device;
import org.pacnet.config.Precision;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.base.Machine;
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
      description = "auto (default: the GPU for large steps, where there is one), cpu or cuda")
  private @Nullable Device device;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "Of a GPU's products: fp32 (default), tf32 or bf16")
  private @Nullable Precision precision;

  void apply(TransferConfig.Builder builder) {
    if (seed != null) {
      builder.seed(seed);
    }
    if (device != null) {
      builder.device(device);
    }
    if (precision != null) {
      builder.precision(precision);
    }
    builder.threads(threads != null ? threads : Machine.processors());
  }
}
