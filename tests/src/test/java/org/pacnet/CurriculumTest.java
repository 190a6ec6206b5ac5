package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Calibrating;
import org.pacnet.config.Fit;
import org.pacnet.config.Method;
import org.pacnet.config.Optimizer;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.result.Monitor;
import org.pacnet.result.Tuning;

/** Easy rows first, noise on what is learnt from, and the mean over copies with such noise. */
class CurriculumTest {

  @TempDir Path folder;

  private static double truth(double x) {
    return Math.sin(2 * x);
  }

  private static Data rows(int count, double shift, int wrong) {
    double[] x = new double[count];
    double[] y = new double[count];
    String[] tool = new String[count];
    for (int i = 0; i < count; i++) {
      x[i] = -1.5 + 3.0 * i / count;
      y[i] = truth(x[i]) + shift;
      tool[i] = i % 2 == 0 ? "a" : "b";
    }
    // Here and there a label that no other row would make likely.
    for (int i = 0; i < wrong; i++) {
      y[(2 * i + 1) * count / (2 * wrong)] += 4;
    }
    return Data.columns(Map.of("x", x, "y", y, "tool", tool));
  }

  private static Model base() {
    TransferConfig config =
        TransferConfig.builder("y").hidden(24, 24).method(Method.PAC).source(f -> f.epochs(300)).seed(1).build();
    Model model = Model.train(rows(300, 0, 0), config, new Monitor());
    model.prune();
    model.allocate(rows(300, 0, 0), new Monitor());
    return model;
  }

  private static void learn(Model model, Method method, Data few, int epochs, Consumer<Calibrating.Builder> how) {
    learn(model, method, few, f -> f.epochs(epochs).learningRate(0.01), how);
  }

  private static void learn(Model model, Method method, Data few, Consumer<Fit.Builder> fit, Consumer<Calibrating.Builder> how) {
    TransferConfig config = model.config().toBuilder().method(method).target(fit).calibrate(how).build();
    model.calibrate("t", few, config, new Monitor());
  }

  private static double error(Model model) {
    return model.evaluate("t", rows(200, 0, 0)).error();
  }

  // One epoch of a curriculum sees a third of the rows: those that the others say. Six of thirty are wrong.
  @ParameterizedTest
  @EnumSource(value = Method.class, names = {"PAC", "FINETUNE", "L2SP", "DELTA", "PAC_ENSEMBLE"})
  void rowsThatNoOtherSaysComeLast(Method method) {
    // One step, as long as the gradient.
    Consumer<Fit.Builder> once = f -> f.epochs(1).learningRate(0.05).optimizer(Optimizer.SGD);
    try (Model model = base()) {
      Data few = rows(30, 0, 6);
      learn(model, method, few, once, c -> {});
      double all = error(model);
      learn(model, method, few, once, c -> c.curriculum(true));
      double easy = error(model);
      double untouched = model.evaluate(rows(200, 0, 0)).error();
      assertTrue(easy < untouched + 0.3 * (all - untouched), () -> method + ": " + easy + " " + all + " " + untouched);
      double[] first = model.predict("t", few).numbers("prediction_y");
      learn(model, method, few, once, c -> c.curriculum(true));
      assertArrayEquals(first, model.predict("t", few).numbers("prediction_y"));
    }
  }

  @Test
  void theBaseStaysAndSettingsAreKept() {
    Path place = folder.resolve("model");
    try (Model model = base()) {
      double[] before = model.predict(rows(50, 0, 0)).numbers("prediction_y");
      learn(model, Method.PAC, rows(20, 0.5, 0), 50, c -> c.curriculum(true).jitter(Map.of("x", 0.05)));
      assertArrayEquals(before, model.predict(rows(50, 0, 0)).numbers("prediction_y"));
      model.save(place, false);
    }
    try (Model read = Model.load(place)) {
      assertTrue(read.config("t").calibrate().curriculum());
      assertEquals(Map.of("x", 0.05), read.config("t").calibrate().jitter());
      assertFalse(read.config().calibrate().curriculum());
    }
  }

  @Test
  void whatTrainsNoNetworkHasNeither() {
    try (Model model = base()) {
      Data few = rows(20, 0.5, 0);
      for (Method method : List.of(Method.AUTO, Method.STACK, Method.AFFINE, Method.UNTOUCHED, Method.GP, Method.TEACHERS)) {
        for (String setting : List.of("curriculum", "jitter")) {
          DataException refused =
              assertThrows(
                  DataException.class,
                  () -> learn(model, method, few, 5, c -> c.curriculum(setting.equals("curriculum")).jitter(setting.equals("jitter") ? Map.of("x", 0.1) : Map.of())));
          assertEquals(List.of(setting, "method"), refused.settings(), refused.getMessage());
        }
      }
      // Among many, those that train one have it, and the others are as they are.
      TransferConfig settings =
          model.config().toBuilder().method(Method.AUTO).target(f -> f.epochs(20)).calibrate(c -> c.curriculum(true).jitter(Map.of("x", 0.1))).build();
      Tuning tuning = model.compare(few, null, List.of(Method.PAC, Method.STACK, Method.AFFINE), false, settings, new Monitor());
      tuning.trials().forEach(t -> assertEquals(t.config().method().kind().toString().startsWith("pac"), t.config().calibrate().curriculum(), t.toString()));
      assertEquals(5, tuning.trials().size());
      model.calibrate("t", few, null, tuning, new Monitor());
    }
  }

  @Test
  void jitterIsOfColumnsOfNumbers() {
    try (Model model = base()) {
      Data few = rows(20, 0.5, 0);
      for (Map<String, Double> jitter : List.of(Map.of("tool", 0.1), Map.of("y", 0.1), Map.of("x", 0.1, "z", 0.2), Map.of("", 0.1))) {
        DataException refused = assertThrows(DataException.class, () -> learn(model, Method.PAC, few, 5, c -> c.jitter(jitter)));
        assertEquals(List.of("jitter"), refused.settings());
        String wrong = jitter.keySet().stream().filter(name -> !name.equals("x")).findFirst().orElseThrow();
        assertTrue(refused.getMessage().contains("input column " + Messages.name(wrong) + " of numbers"), refused.getMessage());
      }
      for (double deviation : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
        assertThrows(DataException.class, () -> learn(model, Method.PAC, few, 5, c -> c.jitter(Map.of("x", deviation))));
      }
    }
  }

  // Noise of the inputs is a pull to what is smooth: trained long on noisy labels, the function is less ragged.
  @Test
  void jitterSmoothsWhatIsLearntAndGivesTheSameBitsAgain() {
    Random random = new Random(4);
    double[] x = new double[40];
    double[] y = new double[40];
    String[] tool = new String[40];
    Arrays.fill(tool, "a");
    for (int i = 0; i < x.length; i++) {
      x[i] = -1.5 + 3.0 * i / x.length;
      y[i] = truth(x[i]) + 0.5 * random.nextGaussian();
    }
    Data few = Data.columns(Map.of("x", x, "y", y, "tool", tool));
    try (Model model = base()) {
      learn(model, Method.FINETUNE, few, 2000, c -> {});
      double plain = error(model);
      learn(model, Method.FINETUNE, few, 2000, c -> c.jitter(Map.of("x", 0.15)));
      double noisy = error(model);
      assertTrue(noisy < 0.8 * plain, noisy + " " + plain);
      double[] once = model.predict("t", few).numbers("prediction_y");
      learn(model, Method.FINETUNE, few, 2000, c -> c.jitter(Map.of("x", 0.15)));
      assertArrayEquals(once, model.predict("t", few).numbers("prediction_y"));
    }
  }

  // Beside the same mean by quadrature.
  @Test
  void theMeanOverCopiesIsThatOfTheNoise() {
    double sd = 0.3;
    try (Model model = base()) {
      learn(model, Method.PAC, rows(60, 0, 0), 1, c -> c.jitter(Map.of("x", sd)));
      double[] x = IntStream.range(0, 40).mapToDouble(i -> -0.5 + i / 40.0).toArray();
      String[] tool = new String[40];
      Arrays.fill(tool, "a");
      Data asked = Data.columns(Map.of("x", x, "tool", tool));
      double[] plain = model.predict("t", asked).numbers("prediction_y");
      Predictions averaged = model.predictAugmented("t", asked, 1000);
      assertEquals(List.of("prediction_y"), averaged.columns());
      double[] mean = averaged.numbers("prediction_y");
      double squares = 0;
      double moved = 0;
      for (int i = 0; i < x.length; i++) {
        double expected = smoothed(model, x[i], sd);
        squares += (mean[i] - expected) * (mean[i] - expected) / x.length;
        moved += (mean[i] - plain[i]) * (mean[i] - plain[i]) / x.length;
      }
      assertTrue(Math.sqrt(squares) < 0.025, "" + Math.sqrt(squares));
      assertTrue(Math.sqrt(moved) > 0.06, "" + Math.sqrt(moved));
      assertArrayEquals(mean, model.predictAugmented("t", asked, 1000).numbers("prediction_y"));
      Evaluation evaluation = model.evaluateRows("t", rows(100, 0, 0), 20);
      assertNotEquals(model.evaluate("t", rows(100, 0, 0)).error(), evaluation.metrics().error());
      for (int copies : new int[] {0, -1, 1001}) {
        assertThrows(DataException.class, () -> model.predictAugmented("t", asked, copies));
      }
      learn(model, Method.STACK, rows(20, 0.5, 0), 5, c -> {});
      DataException nothing = assertThrows(DataException.class, () -> model.predictAugmented("t", asked, 5));
      assertEquals(List.of("augmentTest"), nothing.settings());
    }
  }

  private static double smoothed(Model model, double at, double sd) {
    double[] z = IntStream.range(0, 121).mapToDouble(k -> -4 + k / 15.0).toArray();
    String[] tool = new String[z.length];
    Arrays.fill(tool, "a");
    double[] said = model.predict("t", Data.columns(Map.of("x", Arrays.stream(z).map(d -> at + sd * d).toArray(), "tool", tool))).numbers("prediction_y");
    double sum = 0;
    double weights = 0;
    for (int k = 0; k < z.length; k++) {
      double weight = Math.exp(-z[k] * z[k] / 2);
      sum += weight * said[k];
      weights += weight;
    }
    return sum / weights;
  }

  private static Object[] join(Object[] words, Object... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray();
  }

  @Test
  void byTheCommandLine() throws Exception {
    Path source = folder.resolve("source.csv");
    Path target = folder.resolve("target.csv");
    Path model = folder.resolve("m");
    StringBuilder many = new StringBuilder("x,y\n");
    StringBuilder few = new StringBuilder("x,y\n");
    for (int i = 0; i < 60; i++) {
      many.append(i / 20.0).append(',').append(truth(i / 20.0)).append('\n');
      few.append(i % 5 == 0 ? i / 20.0 + "," + (truth(i / 20.0) + 1) + "\n" : "");
    }
    Files.writeString(source, many);
    Files.writeString(target, few);
    Object[] transfer = {
      "transfer", "--source", source, "--target", target, "--label", "y", "--hidden", "8", "--source-epochs", 20, "--target-epochs", 20, "--out", model
    };
    Cli.ok(join(transfer, "--method", "pac", "--curriculum", "--jitter", "x=0.02"));
    Path out = folder.resolve("p.csv");
    Cli.ok("predict", "--model", model, "--input", target, "--augment-test", 5, "--out", out);
    String averaged = Files.readString(out);
    Cli.ok("predict", "--model", model, "--input", target, "--out", out);
    assertNotEquals(averaged, Files.readString(out));
    Cli.ok("evaluate", "--model", model, "--input", source, "--augment-test", 5);
    Cli.refused("at least 1", "evaluate", "--model", model, "--input", target, "--augment-test", 0);
    Cli.refused("--augment-test is of a target", "predict", "--model", model, "--input", target, "--augment-test", 5, "--source-task", "--out", out);
    Cli.refused("--jitter", join(transfer, "--method", "pac", "--jitter", "z=0.02", "--overwrite"));
    Cli.refused("--curriculum", join(transfer, "--curriculum", "--overwrite"));
    Cli.refused("--time-shift", join(transfer, "--time-shift", "--overwrite"));
  }
}
