package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.internal.base.Json;
import org.pacnet.result.PhaseReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet allocate}. */
@Command(
    name = "allocate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Train the kept weights of a pruned model on the source again: the third phase alone. Settings"
          + " are those that the model was trained with.",
      ""
    })
final class AllocateCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A pruned model")
  private String directory = "";

  @Option(
      names = "--source",
      required = true,
      paramLabel = "FILE",
      description = "The source's data again")
  private String source = "";

  @Option(
      names = "--overwrite",
      description = "Go ahead although the model has targets; they stand on the old base and go.")
  private boolean overwrite;

  @Mixin private ComputeOptions compute = new ComputeOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forChange(Path.of(directory));
        Model model = place.load(compute.compute())) {
      PruneCommand.requireNoTargets(model, overwrite);
      PhaseReport report = model.allocate(Tables.of(source), display.monitor());
      display.finish();
      List<Path> others = Saving.save(place, model);
      List<String> warnings = Text.warnings(model);
      output.print(
          Json.object(
              "model", directory,
              "phase", report,
              "warnings", warnings,
              "others", Saving.names(others)),
          text -> {
            Text.metrics(
                text,
                model,
                "source error (training rows)",
                List.of("after Prune", "after Allocate"),
                Arrays.asList(report.before(), report.after()));
            warnings.forEach(text::println);
            Text.others(text, others);
            text.println(
                "Next: ./pacnet calibrate --model " + directory + " --target FILE --name NAME");
          });
    }
  }
}
