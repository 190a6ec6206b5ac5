package org.pacnet.cli;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.Compute;
import org.pacnet.config.Device;
import org.pacnet.config.Precision;
import org.pacnet.internal.base.Machine;
import picocli.CommandLine.Option;

/** What computes. It is of a run, and no part of a model. */
final class ComputeOptions {

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

  /** Of a command that trains nothing. */
  static Compute processors() {
    return Compute.threads(Machine.processors());
  }

  /** What the options say. */
  Compute compute() {
    return new Compute(
        threads != null ? threads : Machine.processors(),
        device != null ? device : Compute.DEFAULT.device(),
        precision != null ? precision : Compute.DEFAULT.precision());
  }
}
