package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pacnet.config.Method;
import org.pacnet.config.Method.Need;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.LayerReport;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.PhaseReport;

/** Every method learns, is stored and predicts like PAC, and leaves the base and other targets alone. */
class MethodsTest {

  private static final Data SOURCE = Samples.columns(200, 0, 1);
  private static final Data TARGET = Samples.columns(30, 1, 2);

  private static final List<Need> MISSING =
      List.of(Need.CLASSES, Need.OWN_CLASSES, Need.BATCH_NORM, Need.RANDOM_MASK, Need.LAYERWISE_MASK, Need.RELATIVES);

  @TempDir Path folder;

  private static Model base() {
    return base(Method.PAC);
  }

  // Some methods want another mask.
  private static Model base(Method method) {
    Model model = Model.train(SOURCE, Samples.quick().method(method).build(), new Monitor());
    model.prune();
    model.allocate(SOURCE, new Monitor());
    return model;
  }

  private static TransferConfig settings(Model model, Method method) {
    // A tenth of so small a network is less than any of its layers.
    MethodSpec spec = method == Method.SWR ? new MethodSpec.Budgeted(0.6, 0, null) : MethodSpec.of(method);
    return model.config().toBuilder().method(spec).target(f -> f.epochs(40)).fits(f -> f.learningRate(0.01)).build();
  }

  /** What suits a perceptron, a regression, and a base pruned by magnitude. */
  private static List<Method> suitable() {
    return Arrays.stream(Method.values())
        .filter(m -> m != Method.AUTO && MISSING.stream().noneMatch(m::needs))
        .toList();
  }

  private static PhaseReport calibrate(Model model, String name, Method method) {
    Data source = method.needs(Need.SOURCE_ROWS) ? SOURCE : null;
    return model.calibrate(name, TARGET, source, settings(model, method), new Monitor());
  }

  @Test
  void calibrateTrainsByItsOwnRateAndBatch() {
    TransferConfig usual = Samples.quick().build();
    TransferConfig own = Samples.quick().target(f -> f.learningRate(0.03).batchSize(4)).build();
    try (Model one = Model.transfer(SOURCE, "t", TARGET, usual, new Monitor());
        Model other = Model.transfer(SOURCE, "t", TARGET, own, new Monitor())) {
      for (LayerReport layer : one.layers()) {
        assertArrayEquals(
            one.weights(Model.Weights.BASE, layer.name()), other.weights(Model.Weights.BASE, layer.name()), layer.name());
      }
      assertFalse(Arrays.equals(predicted(one, "t"), predicted(other, "t")));
      one.calibrate("t", TARGET, own, new Monitor());
      assertArrayEquals(predicted(one, "t"), predicted(other, "t"));
    }
  }

  private static double[] predicted(Model model, String target) {
    return model.predict(target, TARGET).numbers("prediction_y");
  }

  @Test
  void allLearnAndComeBackFromFiles() {
    Map<Method, double[]> before = new EnumMap<>(Method.class);
    double[] source;
    Path directory = folder.resolve("model");
    try (Model model = base()) {
      source = model.predict(TARGET).numbers("prediction_y");
      for (Method method : suitable()) {
        PhaseReport report = calibrate(model, method.toString(), method);
        if (method.trainsNetwork()) {
          double first = report.trainLosses().get(0);
          double last = report.trainLosses().get(39);
          assertTrue(last < first, method + ": " + first + " to " + last);
        } else if (method != Method.UNTOUCHED) {
          assertTrue(report.after().error() < report.before().error(), method.toString());
        }
        before.put(method, predicted(model, method.toString()));
      }
      model.save(directory, false);
    }
    try (Model model = Model.load(directory)) {
      assertArrayEquals(source, model.predict(TARGET).numbers("prediction_y"));
      for (Method method : suitable()) {
        assertArrayEquals(before.get(method), predicted(model, method.toString()), method.toString());
      }
    }
    assertEquals(
        // A ReLU unit that is never on leaves bss a singular value of zero to shrink: that is fine-tuning.
        suitable().size() - 1,
        before.entrySet().stream()
            .filter(entry -> entry.getKey() != Method.BSS)
            .map(entry -> Arrays.hashCode(entry.getValue()))
            .distinct()
            .count(),
        "two methods are one");
  }

  @ParameterizedTest
  @MethodSource("suitable")
  void theSameSeedGivesTheSameBits(Method method) {
    try (Model model = base()) {
      calibrate(model, "a", method);
      calibrate(model, "b", method);
      assertArrayEquals(predicted(model, "a"), predicted(model, "b"));
    }
  }

  @Test
  void aStrongPullHoldsL2spAtTheSourceAndL2AtZero() {
    try (Model model = base()) {
      TransferConfig.Builder strong =
          settings(model, Method.L2SP).toBuilder().lambda(1000.0).fits(f -> f.learningRate(1e-4));
      model.calibrate("l2sp", TARGET, strong.build(), new Monitor());
      model.calibrate(
          "l2", TARGET, strong.method(Method.L2).lambda(1000.0).target(f -> f.learningRate(0.01).epochs(300)).build(), new Monitor());
      Path trained = folder.resolve("trained.safetensors");
      model.export(Model.Weights.SOURCE, trained);
      Model untouched = Model.train(SOURCE, Samples.quick().build(), new Monitor());
      double[] source = untouched.predict(TARGET).numbers("prediction_y");
      double[] held = predicted(model, "l2sp");
      double[] shrunk = predicted(model, "l2");
      for (int i = 0; i < source.length; i++) {
        assertEquals(source[i], held[i], 0.05);
        assertEquals(shrunk[0], shrunk[i], 0.05); // a network of zeros says the same of every row
      }
      untouched.close();
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "PAC", "PAC_NOLAMBDA", "PAC_NOALLOCATE", "PAC_NOZERO", "PAC_RANDOM", "PAC_LAYERWISE", "FINETUNE_HEAD",
        "FINETUNE_LAST"
      })
  void whatAMethodFreezesStaysBitForBit(Method method) throws IOException {
    try (Model model = base(method)) {
      Path before = folder.resolve("before.safetensors");
      boolean keepsBase = method.keepsBase();
      model.export(keepsBase ? Model.Weights.BASE : Model.Weights.SOURCE, before);
      Path base = folder.resolve("base.safetensors");
      model.export(Model.Weights.BASE, base);
      model.calibrate("t", TARGET, settings(model, method), new Monitor());
      Path after = folder.resolve("after.safetensors");
      model.export("t", after);
      float[] start = values(before);
      float[] kept = values(base);
      float[] end = values(after);
      int head = model.schema().outputWidth() * (16 + 1);
      int trained = method == Method.FINETUNE_HEAD ? head : head + 16 * (16 + 1);
      int moved = 0;
      for (int i = 0; i < end.length; i++) {
        boolean frozen =
            (method == Method.FINETUNE_HEAD || method == Method.FINETUNE_LAST)
                ? i < end.length - trained
                : Float.floatToRawIntBits(kept[i]) != 0;
        if (frozen) {
          assertEquals(Float.floatToRawIntBits(start[i]), Float.floatToRawIntBits(end[i]), "at " + i);
        } else if (start[i] != end[i]) {
          moved++;
        }
      }
      assertTrue(moved > 5, moved + " moved");
    }
  }

  // In the file's order, which is the network's.
  private static float[] values(Path file) {
    List<SafeTensors.Entry> entries =
        List.copyOf(
            SafeTensors.decode(SafeTensors.readBytes(file), file.toString()).tensors().values());
    float[] all = new float[entries.stream().mapToInt(SafeTensors.Entry::size).sum()];
    int next = 0;
    for (SafeTensors.Entry entry : entries) {
      entry.copyTo(all, next);
      next += entry.size();
    }
    return all;
  }

  @Test
  void scratchKnowsNothingOfTheSource() {
    double[] one;
    try (Model model = base()) {
      model.calibrate("t", TARGET, settings(model, Method.SCRATCH), new Monitor());
      one = predicted(model, "t");
    }
    TransferConfig longer = Samples.quick().source(f -> f.epochs(9)).build();
    try (Model model = Model.train(SOURCE, longer, new Monitor())) {
      model.prune();
      model.allocate(SOURCE, new Monitor());
      model.calibrate("t", TARGET, settings(model, Method.SCRATCH), new Monitor());
      assertArrayEquals(one, predicted(model, "t"));
      model.calibrate("f", TARGET, settings(model, Method.FINETUNE), new Monitor());
      assertFalse(Arrays.equals(one, predicted(model, "f")));
    }
  }

  @Test
  void theCommandLineHasThemByName() {
    Path source = Samples.csv(folder.resolve("s.csv"), 60, 0, 1);
    Path target = Samples.csv(folder.resolve("t.csv"), 20, 1, 2);
    Path model = folder.resolve("m");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 8, "--source-epochs", 2,
        "--target-epochs", 2, "--method", "l2sp", "--out", model);
    Cli.ok("calibrate", "--model", model, "--target", target, "--name", "h", "--method", "finetune-head");
    Cli.ok("evaluate", "--model", model, "--name", "h", "--input", source);
    assertRefused("choose from auto, scratch, finetune", "calibrate", "--model", model, "--target", target, "--name", "x",
        "--method", "nix");
    assertRefused("needs a network with BatchNorm", "calibrate", "--model", model, "--target", target, "--name", "x",
        "--method", "stochnorm");
    assertRefused("is for a classification", "calibrate", "--model", model, "--target", target, "--name", "x",
        "--method", "lwf");
    assertRefused("classes that the source does not have", "calibrate", "--model", model, "--target", target, "--name",
        "x", "--method", "cotuning");
    assertRefused("pruned at random", "calibrate", "--model", model, "--target", target, "--name", "x", "--method",
        "pac-random");
    assertRefused("(--source)", "calibrate", "--model", model, "--target", target, "--name", "x", "--method", "prior");
    Cli.ok("calibrate", "--model", model, "--target", target, "--name", "p", "--method", "prior", "--source", source);
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 8, "--source-epochs", 2,
        "--target-epochs", 2, "--method", "pac-random", "--out", folder.resolve("r"));
    // Classes of their own get an output layer of their own with every method.
    Path graded = folder.resolve("g");
    Path others = Samples.csv(folder.resolve("o.csv"), 20, 1, 2, "scrap", "rework", "ship");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "grade", "--task", "classification",
        "--hidden", 8, "--source-epochs", 2, "--target-epochs", 2, "--out", graded);
    for (Method method : Method.values()) {
      if (Stream.of(Need.RANDOM_MASK, Need.LAYERWISE_MASK, Need.BATCH_NORM, Need.RELATIVES).anyMatch(method::needs)) {
        continue;
      }
      if (method.needs(Need.NUMBERS) || method.needs(Need.SHARED_OUTPUTS)) {
        assertRefused(method.toString(), "calibrate", "--model", graded, "--target", others, "--name", method,
            "--method", method, "--source", source);
        continue;
      }
      List<Object> more = method == Method.SWR ? List.of("--budget", 0.9) : List.of();
      Cli.ok(
          Stream.concat(
                  Stream.of("calibrate", "--model", graded, "--target", others, "--name", method, "--method", method, "--target-epochs", 2, "--source", source),
                  more.stream())
              .toArray());
      Cli.warned("rows that the target was learnt from", "evaluate", "--model", graded, "--name", method, "--input", others);
    }
  }

  private static void assertRefused(String why, Object... arguments) {
    Cli refused = Cli.run(arguments);
    assertEquals(2, refused.exitCode());
    assertEquals(1, refused.err().lines().count(), refused.err());
    assertTrue(refused.err().contains(why), refused.err());
  }

  @Test
  void aClosedGateLeavesItsLayerAlone() throws IOException {
    try (Model model = base()) {
      Path before = folder.resolve("before.safetensors");
      model.export(Model.Weights.SOURCE, before);
      TransferConfig strong =
          settings(model, Method.TAPS).toBuilder().lambda(1e6).target(f -> f.epochs(100)).build();
      model.calibrate("t", TARGET, strong, new Monitor());
      Path after = folder.resolve("after.safetensors");
      model.export("t", after);
      float[] start = values(before);
      float[] end = values(after);
      int head = 16 + 1;
      assertArrayEquals(
          Arrays.copyOf(start, start.length - head), Arrays.copyOf(end, end.length - head));
      assertFalse(Arrays.equals(start, end));
    }
  }

  // For two epochs nothing pulls the gates of taps by its authors' values; by ours it does from the first step on.
  @Test
  void authorsGatesAreFreeForTwoEpochs() throws IOException {
    try (Model model = base()) {
      Path before = folder.resolve("start.safetensors");
      model.export(Model.Weights.SOURCE, before);
      int body = values(before).length - (16 + 1);
      float[] start = Arrays.copyOf(values(before), body);
      for (boolean authors : new boolean[] {false, true}) {
        for (int epochs : new int[] {2, 40}) {
          TransferConfig strong =
              settings(model, Method.TAPS).toBuilder().method(new MethodSpec.Gated(authors, 1e6)).target(f -> f.epochs(epochs).learningRate(0.1)).build();
          model.calibrate("t", TARGET, strong, new Monitor());
          Path after = folder.resolve("end.safetensors");
          model.export("t", after);
          float[] end = Arrays.copyOf(values(after), body);
          assertEquals(!authors || epochs > 2, Arrays.equals(start, end), authors + " " + epochs);
        }
      }
      model.save(folder.resolve("gated"), false);
      try (Model again = Model.load(folder.resolve("gated"))) {
        assertEquals(new MethodSpec.Gated(true, 1e6), again.config("t").method());
      }
    }
    Path csv = Files.writeString(folder.resolve("few.csv"), "x1,x2,y\n1,2,3\n");
    assertRefused(
        "--taps-authors is for --method taps", "calibrate", "--model", folder.resolve("gated"), "--target", csv, "--name", "x", "--method", "swr", "--taps-authors");
  }

  // Of rank 1: the second rows of what the first matrix learnt are multiples of the first, and biases stay.
  @Test
  void loraLearnsByLowRanksAlone() throws IOException {
    try (Model model = base()) {
      TransferConfig how = settings(model, Method.LORA).toBuilder().method(new MethodSpec.LowRank(1)).target(f -> f.epochs(60)).build();
      model.calibrate("t", TARGET, how, new Monitor());
      float[] start = model.weights(Model.Weights.SOURCE, model.layers().get(0).name());
      Path file = folder.resolve("t.safetensors");
      model.export("t", file);
      float[] end = values(file);
      int columns = (int) (long) model.layers().get(0).shape().get(1);
      double largest = 0;
      for (int i = 0; i + columns + 1 < start.length; i++) {
        if (i % columns == columns - 1) {
          continue;
        }
        double minor =
            (double) (end[i] - start[i]) * (end[i + columns + 1] - start[i + columns + 1])
                - (double) (end[i + 1] - start[i + 1]) * (end[i + columns] - start[i + columns]);
        assertEquals(0, minor, 1e-6);
        largest = Math.max(largest, Math.abs(end[i] - start[i]));
      }
      assertTrue(largest > 0.01, "learnt " + largest);
      double[] first = predicted(model, "t");
      model.calibrate("again", TARGET, how, new Monitor());
      assertArrayEquals(first, predicted(model, "again"));
      model.calibrate("other", TARGET, how.toBuilder().seed(99).build(), new Monitor());
      assertFalse(Arrays.equals(first, predicted(model, "other")), "A is drawn by the seed");
    }
  }

  @Test
  void aStrongPullOnFeaturesHoldsTheOutputAndOneOnSingularValuesDoesNot() {
    try (Model model = base()) {
      TransferConfig.Builder how = settings(model, Method.FINETUNE_HEAD).toBuilder().target(f -> f.epochs(200));
      model.calibrate("head", TARGET, how.build(), new Monitor());
      model.calibrate("delta", TARGET, how.method(Method.DELTA).lambda(1e5).build(), new Monitor());
      model.calibrate("free", TARGET, how.method(Method.DELTA).lambda(0.0).build(), new Monitor());
      model.calibrate("finetune", TARGET, how.method(Method.FINETUNE).build(), new Monitor());
      // Features held: what is left to learn is the head. Not held: all of it.
      double head = model.targets().get("head").after().error();
      double held = model.targets().get("delta").after().error();
      double free = model.targets().get("free").after().error();
      assertEquals(head, held, 0.15 * head);
      assertEquals(model.targets().get("finetune").after().error(), free, 1e-4 * free);
      assertTrue(free < 0.8 * held, free + " " + held);
    }
  }

  @Test
  void withoutStrengthTheOthersAreFineTuning() {
    try (Model model = base()) {
      calibrate(model, "finetune", Method.FINETUNE);
      double[] finetuned = predicted(model, "finetune");
      for (Method method : List.of(Method.L2, Method.L2SP, Method.BSS, Method.PRIOR)) {
        TransferConfig none = settings(model, method).toBuilder().lambda(0.0).build();
        model.calibrate("t", TARGET, SOURCE, none, new Monitor());
        assertArrayEquals(finetuned, predicted(model, "t"), method.toString());
      }
    }
  }

  @Test
  void correctionsAreWhatTheySay() {
    // y of the target is twice the source's and three more, with a bend in a: exactly what each can express.
    try (Model model = base()) {
      Map<String, Object> columns = new LinkedHashMap<>();
      double[] x = new double[30];
      double[] b = new double[30];
      for (int r = 0; r < 30; r++) {
        x[r] = Math.sin(3.0 * r);
        b[r] = 10 + r % 10;
      }
      columns.put("a", x);
      columns.put("b", b);
      double[] source = model.predict(Data.columns(columns)).numbers("prediction_y");
      double[] scaled = new double[30];
      double[] tilted = new double[30];
      for (int r = 0; r < 30; r++) {
        scaled[r] = 2 * source[r] + 3;
        tilted[r] = 1.5 * source[r] - 4 * x[r] + b[r];
      }
      assertLearns(model, Method.AFFINE, columns, scaled, 1e-3);
      assertLearns(model, Method.RIDGE_RESIDUAL, columns, tilted, 0.05);
      assertLearns(model, Method.COKRIGING, columns, scaled, 0.05);
      assertLearns(model, Method.COKRIGING, columns, tilted, 0.05);
      double[] bent = new double[30];
      for (int r = 0; r < 30; r++) {
        bent[r] = source[r] + 2 * Math.sin(2 * x[r]);
      }
      assertLearns(model, Method.GP_RESIDUAL, columns, bent, 0.05);
      assertLearns(model, Method.COKRIGING, columns, bent, 0.1);
      assertLearns(model, Method.GP, columns, bent, 0.3);
    }
  }

  private static void assertLearns(
      Model model, Method method, Map<String, Object> inputs, double[] y, double within) {
    Map<String, Object> all = new LinkedHashMap<>(inputs);
    all.put("y", y);
    model.calibrate("c", Data.columns(all), settings(model, method), new Monitor());
    Metrics after = model.evaluate("c", Data.columns(all));
    assertTrue(after.error() < within, method + " " + after.error());
  }

  @Test
  void fewRowsLeaveCorrectionsFinite() {
    try (Model model = base()) {
      for (Method method : List.of(Method.AFFINE, Method.RIDGE_RESIDUAL, Method.COKRIGING, Method.GP_RESIDUAL, Method.GP)) {
        for (int rows : new int[] {1, 2, 3}) {
          Data few = Samples.columns(rows, 1, 5);
          model.calibrate("t", few, settings(model, method), new Monitor());
          assertTrue(Double.isFinite(model.evaluate("t", TARGET).error()), method + " " + rows);
        }
      }
    }
  }

  @Test
  void anEnsembleAndAGaussianProcessSayHowFarTheyMayBeOff() {
    Path file = folder.resolve("p.csv");
    try (Model model = base()) {
      for (Method method : List.of(Method.PAC_ENSEMBLE, Method.GP_RESIDUAL)) {
        calibrate(model, "t", method);
        Predictions predictions = model.predict("t", TARGET);
        assertEquals(List.of("prediction_y", "spread_y"), predictions.columns());
        for (double spread : predictions.numbers("spread_y")) {
          assertTrue(spread >= 0 && spread < 50);
        }
        predictions.write(TARGET, file);
        DataException refused =
            assertThrows(DataException.class, () -> model.export("t", folder.resolve("e.safetensors")));
        assertTrue(refused.getMessage().contains("not one network"));
      }
    }
  }
}
