package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Cnn;
import org.pacnet.config.Device;
import org.pacnet.config.Method;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Task;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.Json;
import org.pacnet.result.LayerReport;
import org.pacnet.result.Monitor;
import org.pacnet.result.Tuning;

/** Modules of a user's own, that PyTorch wrote (tests/fixtures/make_script_fixtures.py), as networks. */
class TorchScriptTest {

  private static final Path FIXTURES = Path.of(System.getProperty("pacnet.root"), "tests", "fixtures");
  private static final Path TABLE = FIXTURES.resolve("script_table/module.pt");
  private static final Path SHAPES = FIXTURES.resolve("script_shapes.pt");

  @TempDir Path folder;

  /** A tensor of a case: tests/fixtures/make_fixtures.py has the format. */
  private static float[] tensor(String name, String wanted) throws IOException {
    for (String line : Files.readAllLines(FIXTURES.resolve(name + "/fixture.txt"))) {
      String[] words = line.split(" ");
      if (words[0].equals("tensor") && words[1].equals(wanted)) {
        int size = Arrays.stream(words, 3, words.length - 1).mapToInt(Integer::parseInt).reduce(1, (a, b) -> a * b);
        FloatBuffer all = ByteBuffer.wrap(Files.readAllBytes(FIXTURES.resolve(name + "/data.bin"))).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] values = new float[size];
        all.get(Integer.parseInt(words[words.length - 1]) / Float.BYTES, values);
        return values;
      }
    }
    throw new AssertionError(wanted);
  }

  // Two labels of five inputs, as the case has them.
  private static Data table(String which, int first, int rows) throws IOException {
    return Data.columns(columns(which, first, rows));
  }

  private static Map<String, Object> columns(String which, int first, int rows) throws IOException {
    float[] x = tensor("script_table", "x_" + which);
    float[] y = tensor("script_table", "y_" + which);
    Map<String, Object> columns = new LinkedHashMap<>();
    for (int c = 0; c < 7; c++) {
      double[] column = new double[rows];
      for (int r = 0; r < rows; r++) {
        column[r] = c < 5 ? x[(first + r) * 5 + c] : y[(first + r) * 2 + c - 5];
      }
      columns.put((c < 5 ? "x" : "y") + c, column);
    }
    return columns;
  }

  private static TransferConfig.Builder config() {
    return TransferConfig.builder("y5", "y6")
        .network(TorchScript.of(TABLE))
        .method(Method.PAC)
        .source(f -> f.epochs(3))
        .target(f -> f.epochs(4))
        .fits(f -> f.batchSize(8));
  }

  private static Model base(TransferConfig config) throws IOException {
    Model model = Model.train(table("source", 0, 33), config, new Monitor());
    model.prune();
    model.allocate(table("source", 0, 33), new Monitor());
    return model;
  }

  // As it was trained elsewhere: what it says is what PyTorch says of it.
  @Test
  void takenAsItIsItPredictsWhatPyTorchDoes() throws IOException {
    TransferConfig asItIs =
        config().source(f -> f.epochs(0)).columns(c -> c.standardizeInputs(false).standardizeLabels(false)).build();
    float[] expected = tensor("script_table", "predictions");
    try (Model model = Model.train(table("source", 0, 40), asItIs, new Monitor())) {
      for (int label = 0; label < 2; label++) {
        int own = label;
        double[] said = model.predict(table("source", 0, 40)).numbers("prediction_y" + (5 + label));
        assertArrayEquals(IntStream.range(0, 40).mapToDouble(r -> expected[2 * r + own]).toArray(), said, 1e-5);
      }
      assertTrue(model.describe().contains("module module.pt (SHA-256 "), model.describe());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "FINETUNE", "FINETUNE_HEAD", "L2SP", "TAPS", "SCRATCH", "PAC_ENSEMBLE", "PAC_STACK", "STACK", "COKRIGING", "PRIOR"})
  void everyMethodLearnsOnItAndFilesKeepIt(Method method) throws IOException {
    Path directory = folder.resolve("model");
    Data target = table("target", 0, 12);
    double[] before;
    try (Model model = base(config().method(method).build())) {
      model.calibrate("t", target, table("source", 0, 33), model.config(), new Monitor());
      before = model.predict("t", target).numbers("prediction_y5");
      assertTrue(model.reports().size() == 3);
      if (method.keepsBase() && method.trainsNetwork()) {
        double[] base = model.predict(target).numbers("prediction_y5");
        assertFalse(Arrays.equals(base, before));
      }
      model.save(directory, false);
    }
    try (Model loaded = Model.load(directory)) {
      assertArrayEquals(before, loaded.predict("t", target).numbers("prediction_y5"));
      // Further learning goes on from files alone.
      loaded.calibrate("again", target, table("source", 0, 33), loaded.config("t"), new Monitor());
      assertArrayEquals(before, loaded.predict("again", target).numbers("prediction_y5"));
    }
  }

  @Test
  void aModelKeepsTheCodeAndNotTheWeightsTwice() throws IOException {
    Path directory = folder.resolve("model");
    try (Model model = base(config().build())) {
      model.save(directory, false);
    }
    List<Path> modules;
    try (Stream<Path> files = Files.list(directory)) {
      modules = files.filter(f -> f.getFileName().toString().matches("module-[0-9a-f]{16}\\.pt")).toList();
    }
    assertEquals(1, modules.size());
    JsonNode said = Json.MAPPER.readTree(Cli.ok("inspect", "--model", directory, "--json").out());
    JsonNode network = said.get("config").get("network");
    assertEquals("module.pt", network.get("module").get("name").asText());
    assertEquals(TorchScript.of(TABLE).module().sha256(), network.get("module").get("sha256").asText());
    assertTrue(Cli.ok("inspect", "--model", directory).out().contains("module module.pt (SHA-256 "));
    // Each matrix once, with PyTorch's names, and what is no matrix never pruned.
    List<String> pruned = new ArrayList<>();
    try (Model model = Model.load(directory)) {
      model.layers().stream().map(LayerReport::name).forEach(pruned::add);
    }
    assertEquals(List.of("enter.weight", "one.weight", "head.weight"), pruned);
    byte[] bytes = Files.readAllBytes(modules.get(0));
    bytes[bytes.length / 2] ^= 1;
    Files.write(modules.get(0), bytes);
    Cli damaged = Cli.run("inspect", "--model", directory);
    assertEquals(2, damaged.exitCode());
    assertTrue(damaged.err().contains("is damaged"), damaged.err());
  }

  // TorchScript is code: who got a model from elsewhere says that it may run, once.
  @Test
  void aModuleFromElsewhereRunsOnlyWhenTrusted() throws IOException, InterruptedException {
    Path directory = folder.resolve("model");
    try (Model model = base(config().build())) {
      model.save(directory, false);
    }
    Cli.ok("inspect", "--model", directory);
    assertEquals(2, inspectElsewhere(directory));
    String refused = Files.readString(folder.resolve("stderr"));
    assertTrue(refused.contains("it did not come from you") && refused.contains("--trust-module"), refused);
    assertEquals(1, refused.lines().count(), refused);
    assertEquals(0, inspectElsewhere(directory, "--trust-module"), () -> read(folder.resolve("stderr")));
    assertEquals(0, inspectElsewhere(directory), () -> read(folder.resolve("stderr")));
  }

  private int inspectElsewhere(Path directory, Object... more) throws IOException, InterruptedException {
    Object[] arguments = Cli.and(more, "inspect", "--model", directory);
    List<String> command = Cli.java(List.of(), org.pacnet.cli.Main.class, arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile()).redirectOutput(folder.resolve("stdout").toFile());
    builder.environment().put("PACNET_CONFIG", folder.resolve("another").toString());
    return builder.start().waitFor();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  // The library's own cnn, scripted, learns what the library's own cnn learns; and a target has classes of its own.
  @Test
  void aScriptedCopyLearnsWhatTheNetworkDoes() {
    Path source = folder.resolve("source");
    Path target = folder.resolve("target");
    Shapes.writeSource(source, 30, 1);
    Shapes.writeTarget(target, 10, 2);
    TransferConfig.Builder usual =
        TransferConfig.builder("class")
            .method(Method.PAC)
            .objective(o -> o.task(Task.CLASSIFICATION))
            .fits(f -> f.batchSize(16))
            .target(f -> f.epochs(3));
    TransferConfig own = usual.network(TorchScript.of(SHAPES).withHead("fc")).source(f -> f.epochs(0)).build();
    Path weights = folder.resolve("weights.safetensors");
    try (Model asItCame = Model.train(Data.images(source), own, new Monitor())) {
      asItCame.export(Model.Weights.SOURCE, weights);
    }
    Map<String, double[]> said = new HashMap<>();
    for (TransferConfig config :
        List.of(own.toBuilder().source(f -> f.epochs(3)).build(), usual.network(new Cnn(List.of(4, 6))).source(f -> f.epochs(3)).build())) {
      try (Model model = Model.train(Data.images(source), weights, config, new Monitor())) {
        model.prune();
        model.allocate(Data.images(source), new Monitor());
        model.calibrate("t", Data.images(target), config, new Monitor());
        assertTrue(model.hasOwnClasses("t"));
        said.put(config.network().getClass().getSimpleName(), model.predict("t", Data.images(target)).numbers("probability_round"));
      }
    }
    assertArrayEquals(said.get("Cnn"), said.get("TorchScript"), 1e-3);
  }

  // What leaves as TorchScript and comes in again, columns and labels as they are, says what the model says.
  @Test
  void aTargetLeavesAsTorchScript() throws IOException {
    Data target = table("target", 0, 24);
    Path file = folder.resolve("t.pt");
    List<TransferConfig> configs =
        List.of(config().build(), TransferConfig.builder("y5", "y6").hidden(6, 5).method(Method.PAC).fits(f -> f.epochs(5)).build());
    for (TransferConfig config : configs) {
      double[] said;
      try (Model model = base(config)) {
        model.calibrate("t", target, new Monitor());
        said = model.predict("t", target).numbers("prediction_y6");
        model.exportTorchScript("t", file);
        if (config.network() instanceof Perceptron) {
          Path directory = folder.resolve("model");
          model.save(directory, false);
          Path byCommand = folder.resolve("again.pt");
          Cli.ok("export", "--model", directory, "--name", "t", "--out", byCommand);
          assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(byCommand));
          Cli.ok("export", "--model", directory, "--what", "base", "--format", "torchscript", "--out", byCommand);
        }
      }
      TransferConfig asItIs =
          TransferConfig.builder("y5", "y6")
              .network(TorchScript.of(file))
              .source(f -> f.epochs(0))
              .columns(c -> c.standardizeInputs(false).standardizeLabels(false))
              .build();
      try (Model again = Model.train(target, asItIs, new Monitor())) {
        assertArrayEquals(said, again.predict(target).numbers("prediction_y6"), 1e-4);
      }
    }
    try (Model model = base(config().method(Method.COKRIGING).build())) {
      model.calibrate("t", target, new Monitor());
      DataException thrown = assertThrows(DataException.class, () -> model.exportTorchScript("t", file));
      assertTrue(thrown.getMessage().contains("is not one network (cokriging)"), thrown::getMessage);
    }
  }

  @Test
  void whatCannotBeIsSaidInOneLine() throws IOException {
    Path csv = folder.resolve("source.csv");
    Map<String, Object> columns = columns("source", 0, 40);
    StringBuilder text = new StringBuilder(String.join(",", columns.keySet())).append("\n");
    for (int r = 0; r < 40; r++) {
      int row = r;
      text.append(String.join(",", columns.values().stream().map(c -> String.valueOf(((double[]) c)[row])).toList())).append("\n");
    }
    Files.writeString(csv, text);
    Path words = Files.writeString(folder.resolve("words.pt"), "no module");
    Object[] train = {"train", "--source", csv, "--label", "y5", "--label", "y6", "--out", folder.resolve("out"), "--source-epochs", 1};
    refused("needs its module", train, "--network", "torchscript");
    refused("choose it by --network torchscript", train, "--head", "fc");
    refused("none.pt can't be read", train, "--module", folder.resolve("none.pt"));
    refused("words.pt: the module can't be read", train, "--module", words);
    refused("Reads", train, "--module", FIXTURES.resolve("refused_modules/ReadsAFile.pt"), "--head", "fc");
    refused("the module's last are head, one, enter (--head)", train, "--module", TABLE, "--head", "fc");
    refused("must be the name of a layer", train, "--module", TABLE, "--head", "a b");
    refused("fails on a batch of 3 rows", train, "--module", SHAPES, "--head", "fc");
    refused("runs on the CPU", train, "--module", TABLE, "--device", "cuda");
    refused("for the network mlp", train, "--module", TABLE, "--hidden", "8");
    assertFalse(Files.exists(folder.resolve("out")));
    try (Model model = base(config().build())) {
      Data target = table("target", 0, 12);
      for (Method method : List.of(Method.DELTA, Method.BSS, Method.STOCHNORM)) {
        TransferConfig how = model.config().toBuilder().method(method).build();
        assertThrows(DataException.class, () -> model.calibrate("t", target, how, new Monitor()), method::toString);
      }
      model.calibrate("t", target, new Monitor());
      assertThrows(DataException.class, () -> model.exportOnnx("t", folder.resolve("t.onnx")));
      assertThrows(DataException.class, () -> model.rowPredictor("t"));
      TransferConfig cuda = model.config().toBuilder().compute(c -> c.device(Device.CUDA)).build();
      assertThrows(DataException.class, () -> model.calibrate("t", target, cuda, new Monitor()));
    }
  }

  private static void refused(String words, Object[] train, Object... more) {
    Cli cli = Cli.run(Cli.and(more, train));
    assertEquals(2, cli.exitCode(), cli::toString);
    assertTrue(cli.err().contains(words), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @Test
  void tuningTriesWhatCorrectsIt() throws IOException {
    try (Model model = base(config().build())) {
      Tuning tuning = model.tune(table("target", 0, 14), model.config(), new Monitor());
      List<Method> tried = tuning.trials().stream().map(t -> t.config().method().kind()).toList();
      assertTrue(tried.containsAll(List.of(Method.STACK, Method.PAC, Method.GP, Method.UNTOUCHED)), tried.toString());
    }
  }
}
