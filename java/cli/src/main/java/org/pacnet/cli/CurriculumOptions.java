package org.pacnet.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Option;

/** In what order, and how changed, networks see the target's rows. */
final class CurriculumOptions {

  @Option(
      names = "--curriculum",
      description =
          "Have networks learn the easiest third of the target's rows first and the others as training goes on; five more calibrations say what is easy.")
  private boolean curriculum;

  @Option(
      names = "--jitter",
      split = ",",
      paramLabel = "COLUMN=SD",
      description =
          "Noise of that standard deviation, in the column's unit, on the target's rows when a network is trained on them, anew in each"
              + " epoch: what the column was measured with; several of them with commas")
  private Map<String, Double> jitter = new LinkedHashMap<>();

  @Option(
      names = "--time-shift",
      description = "Have pieces of the target's trajectories begin up to half a piece earlier or later in each epoch.")
  private boolean timeShift;

  void apply(TransferConfig.Builder builder) {
    if (curriculum) {
      builder.calibrate(c -> c.curriculum(true));
    }
    if (!jitter.isEmpty()) {
      builder.calibrate(c -> c.jitter(jitter));
    }
    if (timeShift) {
      builder.calibrate(c -> c.timeShift(true));
    }
  }
}
