package org.pacnet.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Write dense weights as safetensors that torch.nn.Sequential in Python loads as they are;"
          + " network and standardisation are in the file's metadata.",
      ""
    })
final class ExportCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Option(names = "--name", paramLabel = "TARGET", description = "A target of the model")
  private @Nullable String name;

  @Option(
      names = "--what",
      paramLabel = "SIDE",
      description = "In place of a target: source (after Train) or base (after Allocate)")
  private Model.@Nullable Weights what;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file; one that is there is replaced")
  private String out = "";

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    String target = name;
    Model.Weights side = what;
    if ((target == null) == (side == null)) {
      throw new DataException("give either --name TARGET or --what source|base");
    }
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      if (target != null) {
        model.export(target, Path.of(out));
      } else if (side != null) {
        model.export(side, Path.of(out));
      }
      output.print(
          Json.object("model", directory, "file", out, "parameters", model.parameterCount()),
          text -> text.println("Written to " + out));
    }
  }
}
