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
          + " network and standardisation are in the file's metadata. Or, of tables, all of a model from raw columns to"
          + " predictions as one ONNX file, by whatever method a target was learnt.",
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
      description = "The file; one that is there is replaced")
  private String out = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "safetensors (default) or onnx; a file called *.onnx is one anyway")
  private @Nullable Format format;

  private enum Format {
    SAFETENSORS,
    ONNX
  }

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    String target = name;
    Model.Weights side = what;
    if ((target == null) == (side == null)) {
      throw new DataException("give either --name TARGET or --what source|base");
    }
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      boolean onnx = format == null ? out.endsWith(".onnx") : format == Format.ONNX;
      Path file = Path.of(out);
      if (target != null && onnx) {
        model.exportOnnx(target, file);
      } else if (target != null) {
        model.export(target, file);
      } else if (side != null && onnx) {
        model.exportOnnx(side, file);
      } else if (side != null) {
        model.export(side, file);
      }
      output.print(
          Json.object("model", directory, "file", out, "parameters", model.parameterCount()),
          text -> text.println("Written to " + out));
    }
  }
}
