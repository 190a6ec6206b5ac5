package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.config.Activation;
import org.pacnet.config.Method;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.format.PerceptronTensors;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Monitor;

/** Rows by a model's files alone, against the same rows by the core. */
class SavedModelTest {

  private static final int ROWS = 50;
  private static final double TOLERANCE = 1e-5;

  @TempDir Path folder;

  private Path saved(TransferConfig config) {
    Data source = Data.files(Samples.csv(folder.resolve("source.csv"), 200, 0, 1));
    Data target = Data.files(Samples.csv(folder.resolve("target.csv"), 40, 0.7, 2));
    Path directory = folder.resolve("model");
    try (Model model = Model.transfer(source, "t", target, config, new Monitor())) {
      model.save(directory, true);
    }
    return directory;
  }

  private void assertSame(Path directory, RowPredictor predictor, String target) {
    Path asked = Samples.csv(folder.resolve("asked.csv"), ROWS, 0.3, 3);
    try (Model model = Model.load(directory)) {
      Predictions expected = target == null ? model.predict(Data.files(asked)) : model.predict(target, Data.files(asked));
      List<String> columns =
          expected.columns().stream().filter(c -> c.startsWith("prediction_") || c.startsWith("probability_")).toList();
      assertEquals(columns.size(), predictor.outputs());
      int row = 0;
      for (String[] fields : Samples.fields(asked)) {
        double[] found =
            predictor.predict(
                Double.parseDouble(fields[0]), Double.parseDouble(fields[1]), predictor.category(2, fields[2]));
        for (int c = 0; c < found.length; c++) {
          double right = expected.numbers(columns.get(c))[row];
          assertEquals(right, found[c], TOLERANCE * Math.max(1, Math.abs(right)), columns.get(c));
        }
        row++;
      }
      assertEquals(ROWS, row);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "PAC", "PAC_ENSEMBLE", "PAC_ALL", "TAPS", "FINETUNE", "SCRATCH", "UNTOUCHED", "AFFINE", "RIDGE_RESIDUAL",
        "GP_RESIDUAL", "GP", "COKRIGING", "COKRIGING_BMA", "PAC_STACK", "TREES", "POOLED_LINEAR", "STACK"
      })
  void saysWhatTheCoreSays(Method method) {
    Path directory = saved(Samples.quick("y").columns(c -> c.ignored("grade")).method(method).build());
    SavedModel model = SavedModel.open(directory);
    assertEquals(Set.of("t"), model.targets());
    assertSame(directory, model.target("t"), "t");
    assertSame(directory, model.source(), null);
    try (Model core = Model.load(directory)) {
      assertSame(directory, core.rowPredictor("t"), "t");
    }
  }

  @Test
  void treesOfClasses() {
    Path directory =
        saved(Samples.quick("grade").columns(c -> c.ignored("y")).objective(o -> o.task(Task.CLASSIFICATION)).method(Method.TREES).build());
    assertSame(directory, SavedModel.open(directory).target("t"), "t");
  }

  @Test
  void classesOfTheTargetsOwn() {
    Path directory = saved(Samples.quick("grade").columns(c -> c.ignored("y")).objective(o -> o.task(Task.CLASSIFICATION)).build());
    Path other = Samples.csv(folder.resolve("other.csv"), 40, 0.5, 2, "scrap", "rework", "ship");
    try (Model model = Model.load(directory)) {
      model.calibrate("own", Data.files(other), model.config(), new Monitor());
      assertTrue(model.hasOwnClasses("own"), () -> String.valueOf(model.classes("own")));
      model.save(directory, true);
    }
    SavedModel model = SavedModel.open(directory);
    assertSame(directory, model.target("own"), "own");
    assertSame(directory, model.target("t"), "t");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7})
  void modelsOfOlderVersions(int version) {
    Path directory = Path.of(System.getProperty("pacnet.root"), "tests", "fixtures", "model-v" + version);
    SavedModel saved = SavedModel.open(directory);
    try (Model model = Model.load(directory)) {
      assertEquals(model.targetNames(), saved.targets());
      for (String name : saved.targets()) {
        double[] row = {0.5, 1};
        double right = model.rowPredictor(name).predict(row)[0];
        assertEquals(right, saved.target(name).predict(row)[0], TOLERANCE * Math.abs(right));
      }
    }
  }

  @Test
  void tensorsAreThoseOfTheCore() {
    for (List<Integer> hidden : List.of(List.<Integer>of(), List.of(7), List.of(64, 3, 128))) {
      double dropout = hidden.size() == 1 ? 0.1 : 0;
      Path directory =
          saved(
              Samples.quick("y")
                  .columns(c -> c.ignored("grade"))
                  .network(new Perceptron(hidden, Activation.TANH, dropout))
                  .build());
      try (Model model = Model.load(directory);
          NativeNetwork network =
              new NativeNetwork(NetworkDescription.of(model.config().network(), model.schema()))) {
        assertEquals(
            network.tensors(), PerceptronTensors.of((Perceptron) model.config().network(), model.schema()));
      }
    }
  }

  @Test
  void whatItCannotIsRefused() throws IOException {
    Path directory = saved(Samples.quick("y").columns(c -> c.ignored("grade")).build());
    SavedModel model = SavedModel.open(directory);
    assertTrue(assertThrows(DataException.class, () -> model.target("u")).getMessage().contains("'u'"));
    assertThrows(ModelFormatException.class, () -> SavedModel.open(folder.resolve("none")));
    Path json = directory.resolve("model.json");
    Files.writeString(json, Files.readString(json).replace("\"hidden\"", "\"hiddem\""));
    assertTrue(assertThrows(ModelFormatException.class, () -> SavedModel.open(directory)).getMessage().contains("damaged"));
  }

  @Test
  void whatIsClaimedIsNotMade() throws IOException {
    Path directory = saved(Samples.quick("y").columns(c -> c.ignored("grade")).build());
    Path file = directory.resolve("model.json");
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(file.toFile());
    ((ObjectNode) json.path("config").path("network")).putArray("hidden").add(1 << 20).add(1 << 20).add(1 << 20);
    Files.write(file, ModelFilesTest.sealed(json));
    assertTrue(
        assertThrows(ModelFormatException.class, () -> SavedModel.open(directory)).getMessage().contains("too few"));
  }

  @Test
  void damageIsNamed() throws IOException {
    Path directory = saved(Samples.quick("y").columns(c -> c.ignored("grade")).build());
    SavedModel model = SavedModel.open(directory);
    Path tensors;
    try (Stream<Path> files = Files.walk(directory)) {
      tensors = files.filter(f -> f.getFileName().toString().startsWith("pruned-")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[bytes.length - 1] ^= 1;
    Files.write(tensors, bytes);
    assertTrue(
        assertThrows(ModelFormatException.class, () -> model.target("t"))
            .getMessage()
            .contains(tensors.getFileName().toString()));
  }

  @Test
  void onlyModelsOfTables() {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("run", new String[] {"a", "a", "a", "b", "b", "b"});
    columns.put("t", new double[] {0, 1, 2, 0, 1, 2});
    columns.put("x", new double[] {1, 2, 3, 4, 3, 2});
    TransferConfig config = TransferConfig.builder().network(NeuralOde.of("run", "t")).source(f -> f.epochs(1)).build();
    Path directory = folder.resolve("runs");
    try (Model model = Model.train(Data.columns(columns), config, new Monitor())) {
      model.save(directory, true);
    }
    assertTrue(assertThrows(DataException.class, () -> SavedModel.open(directory)).getMessage().contains("mlp"));
  }
}
