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
          + " predictions as one ONNX file, by whatever method a target was learnt. Or a network as a TorchScript module, for LibTorch, DJL"
          + " and PyTorch.",
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
      description = "safetensors (default), onnx or torchscript; a file called *.onnx or *.pt is one of the latter anyway")
  private @Nullable Format format;

  private enum Format {
    SAFETENSORS,
    ONNX,
    TORCHSCRIPT
  }

  @Mixin private Output output = new Output();

  private Format wanted() {
    Format byName = out.endsWith(".onnx") ? Format.ONNX : out.endsWith(".pt") ? Format.TORCHSCRIPT : Format.SAFETENSORS;
    return format == null ? byName : format;
  }

  private void write(Model model, String target) {
    switch (wanted()) {
      case SAFETENSORS -> model.export(target, Path.of(out));
      case ONNX -> model.exportOnnx(target, Path.of(out));
      case TORCHSCRIPT -> model.exportTorchScript(target, Path.of(out));
    }
  }

  private void write(Model model, Model.Weights side) {
    switch (wanted()) {
      case SAFETENSORS -> model.export(side, Path.of(out));
      case ONNX -> model.exportOnnx(side, Path.of(out));
      case TORCHSCRIPT -> model.exportTorchScript(side, Path.of(out));
    }
  }

  @Override
  public void run() {
    String target = name;
    Model.Weights side = what;
    if ((target == null) == (side == null)) {
      throw new DataException("give either --name TARGET or --what source|base");
    }
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      if (target != null) {
        write(model, target);
      } else if (side != null) {
        write(model, side);
      }
      output.print(
          Json.object("model", directory, "file", out, "parameters", model.parameterCount()),
          text -> text.println("Written to " + out));
    }
  }
}
