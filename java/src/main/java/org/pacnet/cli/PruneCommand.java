package org.pacnet.cli;

import java.nio.file.Path;
import org.pacnet.Model;
import org.pacnet.PhaseReport;
import org.pacnet.TransferConfig;
import org.pacnet.error.DataException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet prune}. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Remove the smallest weights of a trained model: the second phase alone.",
      ""
    })
final class PruneCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A trained model")
  private String directory = "";

  @Option(
      names = "--overwrite",
      description = "Go ahead although the model has targets; they stand on the old mask and go.")
  private boolean overwrite;

  @Mixin private PruneOptions prune = new PruneOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (Model model = Model.load(Path.of(directory))) {
      requireNoTargets(model, overwrite);
      TransferConfig.Builder builder = model.config().toBuilder();
      prune.apply(builder);
      TransferConfig how = builder.build();
      PhaseReport report =
          model.prune(how.ratio(), how.scope(), how.excluded().toArray(String[]::new));
      model.save(Path.of(directory), true);
      output.print(
          Output.object("model", directory, "layers", model.layers(), "phase", report),
          text -> {
            Text.layers(text, model.layers());
            text.println("Next: ./pacnet allocate --model " + directory + " --source FILE");
          });
    }
  }

  static void requireNoTargets(Model model, boolean overwrite) {
    if (!model.targets().isEmpty() && !overwrite) {
      throw new DataException(
          "the model has targets ("
              + String.join(", ", model.targets().keySet())
              + ") that stand on its present base: add --overwrite to drop them");
    }
  }
}
