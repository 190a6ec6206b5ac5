package org.pacnet.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.result.PhaseReport;
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
    try (ModelPlace place = ModelPlace.forChange(Path.of(directory));
        Model model = place.load(ComputeOptions.processors())) {
      requireNoTargets(model, overwrite);
      TransferConfig.Builder builder = model.config().toBuilder();
      prune.apply(builder);
      TransferConfig how = builder.build();
      PhaseReport report =
          model.prune(how.prune().ratio(), how.prune().scope(), how.prune().excluded().toArray(String[]::new));
      List<Path> others = Saving.save(place, model);
      output.print(
          Json.object(
              "model", directory,
              "layers", model.layers(),
              "phase", report,
              "others", Saving.names(others)),
          text -> {
            Text.layers(text, model.layers());
            Text.others(text, others);
            text.println("Next: ./pacnet allocate --model " + directory + " --source FILE");
          });
    }
  }

  static void requireNoTargets(Model model, boolean overwrite) {
    Set<String> targets = model.targetNames();
    if (!targets.isEmpty() && !overwrite) {
      throw new DataException(
          "the model has targets ("
              + Text.some(targets, ", ")
              + ") that stand on its present base: add --overwrite to drop them");
    }
  }
}
