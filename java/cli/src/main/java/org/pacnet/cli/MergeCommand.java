package org.pacnet.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet merge}. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Make a target of what other targets of a model learnt, each weight counting by how sure its target is of it (Fisher weights). With rows of its"
          + " own it then says by them how much each of the others counts, and is calibrated from there.",
      "",
      "Example: ./pacnet merge --model model --targets fab2,fab3,fab4 --name fab5 --target few.csv"
    })
final class MergeCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model with targets")
  private String directory = "";

  @Option(names = {"--targets", "--relatives"}, required = true, split = ",", paramLabel = "TARGET", description = "Two of its targets or more, each calibrated by pac or a relative of it")
  private List<String> targets = List.of();

  @Option(names = "--name", required = true, paramLabel = "TARGET", description = "The new target")
  private String name = "";

  @Option(names = "--target", paramLabel = "FILE", description = "Rows of the new target, however few")
  private @Nullable String rows;

  @Option(names = "--lambda", paramLabel = "L", description = "Strength of the pull to what was merged (default: 1)")
  private @Nullable Double lambda;

  @Option(names = "--overwrite", description = "Replace a target of that name")
  private boolean overwrite;

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (ModelPlace place = ModelPlace.forTarget(Path.of(directory), name, overwrite);
        ProgressDisplay display = new ProgressDisplay();
        Model model = place.load(ComputeOptions.processors())) {
      if (rows == null) {
        model.merge(name, targets);
      } else {
        TransferConfig how = model.config().toBuilder().method(new MethodSpec.Merge(targets, lambda)).build();
        model.calibrate(name, Tables.of(rows), how, display.monitor());
        display.finish();
      }
      place.save(model);
      output.print(
          Json.object("model", directory, "target", name, "merged", targets, "report", model.targets().get(name)),
          text -> {
            text.println("Target " + name + " is merged of " + String.join(", ", targets) + (rows == null ? "" : " and calibrated on " + rows));
            text.println("Saved in " + directory);
          });
    }
  }
}
