package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pacnet.config.Activation;
import org.pacnet.config.Cnn;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.Missing;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.ResNet18;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** What ONNX Runtime says of an exported model beside what the model says. */
class OnnxTest {

  private static final double TOLERANCE = 1e-5;

  @TempDir Path folder;

  private static Map<String, Object> table(int rows, double shift, long seed) {
    Random random = new Random(seed);
    double[] a = new double[rows];
    double[] b = new double[rows];
    String[] tool = new String[rows];
    double[] y = new double[rows];
    double[] u = new double[rows];
    for (int r = 0; r < rows; r++) {
      a[r] = random.nextGaussian();
      b[r] = 1000 + 100 * random.nextDouble();
      tool[r] = List.of("drill", "Säge", "lathe 2").get(random.nextInt(3));
      y[r] = 50 + 5 * Math.sin(a[r] + shift) + 0.02 * b[r] + tool[r].length() + 0.1 * random.nextGaussian();
      u[r] = 1e-3 * (a[r] * a[r] + shift + 0.05 * random.nextGaussian());
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("a", a);
    columns.put("b", b);
    columns.put("tool", tool);
    columns.put("y", y);
    columns.put("u", u);
    return columns;
  }

  private static Map<String, Object> without(Map<String, Object> table, String... columns) {
    Map<String, Object> less = new LinkedHashMap<>(table);
    less.keySet().removeAll(List.of(columns));
    return less;
  }

  private static Map<String, Object> withClasses(Map<String, Object> table) {
    double[] y = (double[]) table.get("y");
    table.put("grade", Arrays.stream(y).mapToObj(v -> v < 74 ? "low" : v < 79 ? "Mitte" : "high").toArray(String[]::new));
    return without(table, "y", "u");
  }

  /** What comes out: double[] of numbers, String[] of names. */
  private static Map<String, Object> run(Path file, Map<String, Object> rows) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try (OrtSession session = environment.createSession(file.toString())) {
      for (String name : session.getInputNames()) {
        Object values = rows.get(name);
        if (values instanceof List<?> images) {
          int size = (int) Math.sqrt(((byte[]) images.get(0)).length / 3.0);
          ByteBuffer bytes = ByteBuffer.allocateDirect(3 * size * size * images.size());
          images.forEach(image -> bytes.put((byte[]) image));
          tensors.put(name, OnnxTensor.createTensor(environment, bytes.flip(), new long[] {images.size(), 3, size, size}, OnnxJavaType.UINT8));
          continue;
        }
        if (values instanceof double[] numbers) {
          tensors.put(name, OnnxTensor.createTensor(environment, DoubleBuffer.wrap(numbers), new long[] {numbers.length, 1}));
        } else {
          String[][] texts = Arrays.stream((String[]) values).map(text -> new String[] {text}).toArray(String[][]::new);
          tensors.put(name, OnnxTensor.createTensor(environment, texts));
        }
      }
      Map<String, Object> out = new HashMap<>();
      try (OrtSession.Result result = session.run(tensors)) {
        for (String name : session.getOutputNames()) {
          Object value = result.get(name).orElseThrow().getValue();
          out.put(
              name,
              value instanceof double[][] numbers
                  ? Arrays.stream(numbers).mapToDouble(row -> row[0]).toArray()
                  : Arrays.stream((String[][]) value).map(row -> row[0]).toArray(String[]::new));
        }
      }
      return out;
    } catch (OrtException e) {
      throw new AssertionError(e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private static void same(double[] expected, double[] found, String what) {
    double spread = Arrays.stream(expected).max().orElseThrow() - Arrays.stream(expected).min().orElseThrow();
    for (int r = 0; r < expected.length; r++) {
      assertEquals(expected[r], found[r], TOLERANCE * Math.max(spread, Math.abs(expected[r])), what + ", row " + r);
    }
  }

  private static TransferConfig.Builder quick(String... labels) {
    return TransferConfig.builder(labels)
        .hidden(16, 12)
        .method(Method.PAC)
        .source(f -> f.epochs(20))
        .target(f -> f.epochs(30))
        .seed(4)
        .columns(c -> c.missing(Missing.MEAN));
  }

  private static Model base(Map<String, Object> source, TransferConfig config) {
    Model model = Model.train(Data.columns(source), config, new Monitor());
    model.prune();
    model.allocate(Data.columns(source), new Monitor());
    return model;
  }

  private void asTheModel(Model model, String target, Map<String, Object> rows, List<String> labels) {
    Path file = folder.resolve(target + ".onnx");
    model.exportOnnx(target, file);
    Map<String, Object> said = run(file, rows);
    Predictions expected = model.predict(target, Data.columns(rows));
    for (String label : labels) {
      same(expected.numbers("prediction_" + label), (double[]) said.get("prediction_" + label), target);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {
    "PAC", "FINETUNE", "PAC_ENSEMBLE", "UNTOUCHED", "AFFINE", "RIDGE_RESIDUAL", "GP_RESIDUAL", "GP", "COKRIGING", "COKRIGING_BMA", "POOLED_LINEAR", "TREES", "STACK",
    "PAC_STACK"
  })
  void numbersByEveryMethod(Method method) {
    try (Model model = base(table(200, 0, 1), quick("y", "u").build())) {
      Data few = Data.columns(table(40, 0.7, 2));
      model.calibrate("t", few, model.config().toBuilder().method(method).build(), new Monitor());
      asTheModel(model, "t", table(60, 0.7, 3), List.of("y", "u"));
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void everyActivation(Activation activation) {
    Map<String, Object> rows = without(table(60, 0.7, 3), "u");
    try (Model model = base(without(table(200, 0, 1), "u"), quick("y").activation(activation).build())) {
      model.calibrate("t", Data.columns(without(table(40, 0.7, 2), "u")), model.config(), new Monitor());
      asTheModel(model, "t", rows, List.of("y"));
      Path file = folder.resolve("base.onnx");
      model.exportOnnx(Model.Weights.BASE, file);
      same(model.predict(Data.columns(rows)).numbers("prediction_y"), (double[]) run(file, rows).get("prediction_y"), "base");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "PAC_ENSEMBLE", "LOGISTIC", "POOLED_LINEAR", "TREES", "UNTOUCHED"})
  void classesByEveryMethod(Method method) {
    Map<String, Object> source = withClasses(table(250, 0, 1));
    TransferConfig config = quick("grade").objective(o -> o.task(Task.CLASSIFICATION)).build();
    try (Model model = base(source, config)) {
      TransferConfig how = model.config().toBuilder().method(method).build();
      model.calibrate("t", Data.columns(withClasses(table(60, 0.7, 2))), Data.columns(source), how, new Monitor());
      classesAre(model, "t", withClasses(table(80, 0.7, 3)));
    }
  }

  private void classesAre(Model model, String target, Map<String, Object> rows) {
    Path file = folder.resolve(target + ".onnx");
    model.exportOnnx(target, file);
    Map<String, Object> said = run(file, rows);
    Predictions expected = model.predict(target, Data.columns(rows));
    assertArrayEquals(expected.classes(), (String[]) said.get("prediction"));
    for (String name : model.classes(target)) {
      double[] right = expected.numbers("probability_" + name);
      double[] found = (double[]) said.get("probability_" + name);
      for (int r = 0; r < right.length; r++) {
        assertEquals(right[r], found[r], TOLERANCE, name + ", row " + r);
      }
    }
  }

  @Test
  void classesOfTheTargetsOwn() {
    try (Model model = base(withClasses(table(250, 0, 1)), quick("grade").objective(o -> o.task(Task.CLASSIFICATION)).build())) {
      for (Map<String, Object> rows : List.of(withClasses(table(60, 0.7, 2)))) {
        rows.put("grade", Arrays.stream((String[]) rows.get("grade")).map(g -> g.equals("low") ? "scrap" : g).toArray(String[]::new));
        model.calibrate("own", Data.columns(rows), model.config(), new Monitor());
        classesAre(model, "own", rows);
      }
    }
  }

  @Test
  void missingValuesAndUnknownCategories() {
    try (Model model = base(without(table(200, 0, 1), "u"), quick("y").build())) {
      model.calibrate("t", Data.columns(without(table(40, 0.7, 2), "u")), model.config().toBuilder().method(Method.STACK).build(), new Monitor());
      Map<String, Object> rows = without(table(5, 0.7, 3), "u");
      Path file = folder.resolve("t.onnx");
      model.exportOnnx("t", file);
      Map<String, Object> holes = new LinkedHashMap<>(rows);
      holes.put("b", Arrays.stream((double[]) rows.get("b")).mapToObj(v -> (Double) null).toArray(Double[]::new));
      double[] expected = model.predict("t", Data.columns(holes)).numbers("prediction_y");
      Map<String, Object> nan = new LinkedHashMap<>(rows);
      nan.put("b", new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN});
      same(expected, (double[]) run(file, nan).get("prediction_y"), "filled");
      Map<String, Object> strange = new LinkedHashMap<>(rows);
      String[] tools = ((String[]) rows.get("tool")).clone();
      tools[2] = "saw";
      strange.put("tool", tools);
      double[] said = (double[]) run(file, strange).get("prediction_y");
      double[] plain = (double[]) run(file, rows).get("prediction_y");
      for (int r = 0; r < 5; r++) {
        assertEquals(r == 2, Double.isNaN(said[r]), "row " + r);
        assertTrue(r == 2 || said[r] == plain[r]);
      }
    }
  }

  @Test
  void inputsOfTheTargetsOwnAndRowsThatCountDifferently() {
    try (Model model = base(without(table(200, 0, 1), "u", "b"), quick("y").build())) {
      Map<String, Object> few = without(table(40, 0.7, 2), "u");
      few.put("w", IntStream.range(0, 40).mapToDouble(r -> 1 + r % 3).toArray());
      few.put("lot", IntStream.range(0, 40).mapToObj(r -> "L" + r / 4).toArray(String[]::new));
      for (Method method : List.of(Method.STACK, Method.COKRIGING, Method.COKRIGING_BMA, Method.GP_RESIDUAL, Method.RIDGE_RESIDUAL)) {
        TransferConfig how =
            model.config().toBuilder()
                .method(method)
                .columns(c -> c.weight("w"))
                .calibrate(c -> c.extra("b").foldBy("lot"))
                .build();
        model.calibrate("t", Data.columns(few), how, new Monitor());
        asTheModel(model, "t", without(table(30, 0.7, 3), "u"), List.of("y"));
      }
    }
  }

  @Test
  void hubs() {
    try (Model model = base(without(table(200, 0, 1), "u"), quick("y").build())) {
      TransferConfig pac = model.config().toBuilder().method(Method.PAC).build();
      for (int k = 0; k < 3; k++) {
        model.calibrate("known" + k, Data.columns(without(table(60, 0.5 + 0.2 * k, 5 + k), "u")), pac, new Monitor());
      }
      for (int top = 0; top < 3; top++) {
        TransferConfig hub = model.config().toBuilder().method(new MethodSpec.Hub(List.of("known0", "known1", "known2"), top, null)).build();
        model.calibrate("t", Data.columns(without(table(30, 0.7, 2), "u")), hub, new Monitor());
        asTheModel(model, "t", without(table(30, 0.7, 3), "u"), List.of("y"));
      }
    }
  }

  @Test
  void whatOnnxHasNoPlaceForIsSaid() {
    Map<String, Object> dated = without(table(60, 0, 1), "u");
    dated.put("day", IntStream.range(0, 60).mapToObj(r -> "2026-03-" + (10 + r % 20)).toArray(String[]::new));
    try (Model model = base(dated, quick("y").columns(c -> c.dates("day").missing(Missing.ERROR)).build())) {
      assertSaid("ONNX does not read dates, and column day has them", model, folder.resolve("d.onnx"));
    }
    Map<String, Object> clash = without(table(60, 0, 1), "u");
    clash.put("prediction_y", clash.get("a"));
    try (Model model = base(clash, quick("y").build())) {
      assertSaid("an input column is called prediction_y", model, folder.resolve("d.onnx"));
    }
    assertFalse(Files.exists(folder.resolve("d.onnx")));
  }

  // A column may be called what the graph's own values are.
  @Test
  void columnsOfAnyNames() {
    Map<String, Object> rows = new LinkedHashMap<>();
    for (int i = 0; i < 4; i++) {
      rows.put("pacnet_" + i * 5, table(80, 0, 20 + i).get("a"));
    }
    rows.put("y", table(80, 0, 3).get("y"));
    Path file = folder.resolve("n.onnx");
    try (Model model = base(rows, quick("y").build())) {
      model.exportOnnx(Model.Weights.BASE, file);
      same(model.predict(Data.columns(rows)).numbers("prediction_y"), (double[]) run(file, rows).get("prediction_y"), "names");
    }
  }

  private static void assertSaid(String words, Model model, Path file) {
    DataException e = assertThrows(DataException.class, () -> model.exportOnnx(Model.Weights.SOURCE, file));
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  // Pixels as they are in the files.
  @ParameterizedTest
  @MethodSource("imageNetworks")
  void imagesFromTheirBytes(NetworkSpec network, int size, Method method) throws IOException {
    pictures(folder.resolve("source"), size, 12, "dark", "light", "blue");
    List<byte[]> pixels = pictures(folder.resolve("target"), size, 7, "left", "right");
    TransferConfig config =
        TransferConfig.builder("class")
            .objective(o -> o.task(Task.CLASSIFICATION))
            .network(network)
            .method(method)
            .source(f -> f.epochs(2))
            .target(f -> f.epochs(2))
            .fits(f -> f.batchSize(8))
            .build();
    Path file = folder.resolve("i.onnx");
    Data target = Data.images(folder.resolve("target"));
    try (Model model = Model.transfer(Data.images(folder.resolve("source")), "t", target, config, new Monitor())) {
      model.exportOnnx("t", file);
      Predictions said = model.predict("t", target);
      Map<String, Object> out = run(file, Map.of("image", pixels));
      for (String name : List.of("probability_left", "probability_right")) {
        same(said.numbers(name), (double[]) out.get(name), name);
      }
      model.exportOnnx(Model.Weights.BASE, file);
      same(model.predict(target).numbers("probability_blue"), (double[]) run(file, Map.of("image", pixels)).get("probability_blue"), "base");
    }
  }

  private static Stream<Arguments> imageNetworks() {
    return Stream.of(
        Arguments.of(new Cnn(List.of(4, 6)), 19, Method.PAC),
        Arguments.of(new Cnn(List.of(5)), 12, Method.PAC_ENSEMBLE),
        Arguments.of(new ResNet18(2), 24, Method.FINETUNE),
        Arguments.of(new ResNet18(2), 44, Method.PAC));
  }

  // Pictures of noise, and what they hold: channel by channel, line by line, in the order of their files.
  private static List<byte[]> pictures(Path folder, int size, int each, String... classes) throws IOException {
    Random random = new Random(classes.length);
    List<byte[]> all = new ArrayList<>();
    for (String name : Arrays.stream(classes).sorted().toList()) {
      Files.createDirectories(folder.resolve(name));
      for (int i = 0; i < each; i++) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        byte[] bytes = new byte[3 * size * size];
        int shift = random.nextInt(120);
        for (int p = 0; p < size * size; p++) {
          int rgb = 0;
          for (int c = 0; c < 3; c++) {
            int value = random.nextInt(136) + (name.length() * (c + 1) * 17 + shift) % 120;
            rgb = rgb << 8 | value;
            bytes[c * size * size + p] = (byte) value;
          }
          image.setRGB(p % size, p / size, rgb);
        }
        ImageIO.write(image, "png", folder.resolve(name).resolve(String.format(Locale.ROOT, "%03d.png", i)).toFile());
        all.add(bytes);
      }
    }
    return all;
  }

  @Test
  void byTheCommandLine() {
    Path model = folder.resolve("model");
    try (Model trained = base(without(table(100, 0, 1), "u"), quick("y").build())) {
      trained.calibrate("t", Data.columns(without(table(20, 0.7, 2), "u")), trained.config().toBuilder().method(Method.STACK).build(), new Monitor());
      trained.save(model, false);
    }
    Path file = folder.resolve("t.onnx");
    Cli.ok("export", "--model", model, "--name", "t", "--out", file);
    assertEquals(3, run(file, table(3, 0, 5)).get("prediction_y") instanceof double[] said ? said.length : 0);
    Cli.ok("export", "--model", model, "--what", "base", "--format", "onnx", "--out", folder.resolve("base"));
    Cli.refused("it can't be exported as weights", "export", "--model", model, "--name", "t", "--out", folder.resolve("t.safetensors"));
  }
}
