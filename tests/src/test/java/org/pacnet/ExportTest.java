package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.internal.base.SafeTensors;

/**
 * Exported models predict the same in Python: tests/python/check_export.py loads them with PyTorch
 * and safetensors. PyTorch is the one that the build was made with.
 */
class ExportTest {

  private static final Path PACKAGES = Path.of("target", "python").toAbsolutePath();

  @TempDir Path folder;

  @BeforeAll
  static void installSafetensors() throws IOException, InterruptedException {
    if (!Files.isDirectory(PACKAGES.resolve("safetensors"))) {
      python("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
          "--target", PACKAGES, "safetensors", "typing_extensions");
    }
  }

  private static Path cache() {
    Map<String, String> environment = System.getenv();
    if (environment.containsKey("PACNET_CACHE")) {
      return Path.of(environment.get("PACNET_CACHE"));
    }
    return environment.containsKey("XDG_CACHE_HOME")
        ? Path.of(environment.get("XDG_CACHE_HOME"), "pacnet")
        : Path.of(System.getProperty("user.home"), ".cache", "pacnet");
  }

  private static String python(Object... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("python3"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .put("PYTHONPATH", cache().resolve("torch-2.13.0") + File.pathSeparator + PACKAGES);
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), command + ":\n" + output);
    return output;
  }

  // What a script is to look at: of each model its weights, what was predicted from, and the predictions.
  private final List<Object> files = new ArrayList<>();

  private void keep(Path model, Path input, Object[] exported, Object[] predicted) {
    int number = files.size() / 3;
    Path weights = folder.resolve(number + ".safetensors");
    Path predictions = folder.resolve(number + ".csv");
    Cli.ok("export", "--model", model, exported[0], exported[1], "--out", weights);
    Cli.ok(Cli.and(predicted, "predict", "--model", model, "--input", input, "--out", predictions));
    files.addAll(List.of(weights, input, predictions));
  }

  private static Path script(String name) {
    return Path.of(System.getProperty("pacnet.root"), "tests", "python", name);
  }

  // All in one process: PyTorch takes longer to start than to predict.
  private void check(String script) throws IOException, InterruptedException {
    files.add(0, script(script));
    String output = python(files.toArray());
    assertEquals((files.size() - 1) / 3, output.lines().filter(line -> line.startsWith("ok:")).count(), output);
  }

  private Path transfer(Path source, Path target, String label, Object... more) {
    Path model = folder.resolve("model");
    List<Object> words =
        new ArrayList<>(
            List.of("transfer", "--source", source, "--target", target, "--label", label, "--method", "pac"));
    words.addAll(List.of("--source-epochs", 3, "--target-epochs", 20, "--name", "t"));
    words.addAll(List.of("--out", model, "--overwrite"));
    words.addAll(List.of(more));
    Cli.ok(words.toArray());
    return model;
  }

  @Test
  void torchPredictsWhatWePredict() throws IOException, InterruptedException {
    Path source = Samples.csv(folder.resolve("source.csv"), 200, 0, 1);
    Path target = Samples.csv(folder.resolve("target.csv"), 30, 1, 2);
    Path others = Samples.csv(folder.resolve("others.csv"), 30, 1, 2, "scrap", "rework", "ship");
    Object[] name = {"--name", "t"};

    // A regression with a text column among its inputs.
    Path model = transfer(source, target, "y", "--hidden", "16,16");
    keep(model, target, name, name);
    keep(model, target, new Object[] {"--what", "base"}, new Object[] {"--source-task"});
    // Dropouts count in torch.nn.Sequential.
    model = transfer(source, target, "y", "--hidden", "16,8", "--dropout", 0.3, "--activation", "gelu");
    keep(model, target, name, name);
    // Two outputs, and inputs as they are.
    model = 
        transfer(
            source, target, "y", "--label", "b", "--hidden", "12", "--activation", "silu",
            "--no-standardize");
    keep(model, target, name, name);
    // Classes, and a target with its own.
    Object[] classes = {"--task", "classification", "--activation", "tanh", "--hidden", "16,16"};
    model = transfer(source, target, "grade", classes);
    keep(model, target, name, name);
    model = transfer(source, others, "grade", classes);
    keep(model, others, name, name);
    check("check_export.py");
  }

  @Test
  void torchLoadsNetworksForImagesStrictlyAndTheirWeightsComeBack()
      throws IOException, InterruptedException {
    ByteBuffer images = ByteBuffer.allocate(16 + 24 * 12 * 10);
    images.putInt(0x803).putInt(24).putInt(12).putInt(10);
    ByteBuffer labels = ByteBuffer.allocate(8 + 24).putInt(0x801).putInt(24);
    Random random = new Random(1);
    for (int i = 0; i < 24; i++) {
      for (int p = 0; p < 120; p++) {
        images.put((byte) (random.nextInt(128) + (i % 3) * 40));
      }
      labels.put((byte) (i % 3));
    }
    Path idx = Files.write(folder.resolve("some-images-idx3-ubyte"), images.array());
    Files.write(folder.resolve("some-labels-idx1-ubyte"), labels.array());
    for (Object[] network :
        new Object[][] {{"--network", "cnn", "--widths", "4,5"}, {"--network", "resnet18", "--base-width", 2}}) {
      Path model = folder.resolve("images");
      List<Object> words =
          new ArrayList<>(
              List.of("transfer", "--source", idx, "--target", idx, "--source-epochs", 2, "--target-epochs", 2,
                  "--batch-size", 8, "--out", model, "--name", "t", "--overwrite"));
      words.addAll(List.of(network));
      Cli.ok(words.toArray());
      keep(model, idx, new Object[] {"--name", "t"}, new Object[] {"--name", "t"});
      Cli.ok("export", "--model", model, "--what", "source", "--out", folder.resolve("w.safetensors"));
      // What was exported starts another model, and is taken as it is.
      Path again = folder.resolve("again");
      words =
          new ArrayList<>(
              List.of("train", "--source", idx, "--source-epochs", 0, "--init", folder.resolve("w.safetensors"),
                  "--out", again, "--overwrite"));
      words.addAll(List.of(network));
      Cli.ok(words.toArray());
      Path copy = folder.resolve("copy.safetensors");
      Cli.ok("export", "--model", again, "--what", "source", "--out", copy);
      assertArrayEquals(
          Files.readAllBytes(folder.resolve("w.safetensors")), Files.readAllBytes(copy));
    }
    check("check_image_export.py");
  }

  @Test
  void halvesAreReadAsPyTorchReadsThem() throws IOException, InterruptedException {
    Path file = folder.resolve("halves.safetensors");
    python(script("halves.py"), "all", file);
    Map<String, SafeTensors.Entry> read = SafeTensors.decode(SafeTensors.readBytes(file), "halves").tensors();
    for (String type : List.of("f16", "bf16")) {
      float[] found = new float[65536];
      float[] wanted = new float[65536];
      read.get(type).copyTo(found, 0);
      read.get(type + ".wide").copyTo(wanted, 0);
      assertArrayEquals(wanted, found, type); // a NaN is one, and -0 is not 0
    }
  }

  @Test
  void weightsInHalvesStartATrain() throws IOException, InterruptedException {
    Path table = folder.resolve("source.csv");
    Files.write(table, Samples.lines(60, 0, 1));
    Path model = folder.resolve("model");
    Cli.ok("train", "--source", table, "--label", "y", "--hidden", "8", "--source-epochs", 3, "--out", model);
    Path weights = folder.resolve("weights.safetensors");
    Cli.ok("export", "--model", model, "--what", "source", "--out", weights);
    for (String type : List.of("float16", "bfloat16")) {
      Path half = folder.resolve(type + ".safetensors");
      Path rounded = folder.resolve(type + ".rounded.safetensors");
      python(script("halves.py"), "of", weights, type, half, rounded);
      byte[][] taken = new byte[2][];
      for (Path from : List.of(half, rounded)) {
        Path own = folder.resolve("own-" + from.getFileName());
        Cli.ok("train", "--source", table, "--label", "y", "--hidden", "8", "--source-epochs", 0, "--init", from, "--out", own);
        Path back = folder.resolve("back.safetensors");
        Cli.ok("export", "--model", own, "--what", "source", "--out", back);
        taken[from == half ? 0 : 1] = Files.readAllBytes(back);
      }
      assertArrayEquals(taken[1], taken[0], type);
    }
  }
}
