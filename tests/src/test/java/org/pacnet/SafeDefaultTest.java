package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.result.Monitor;

/** What a target is learnt by where nobody says, and that it does no harm: co-kriging. */
class SafeDefaultTest {

  private static final int DRAWS = 12;

  private static double bend(double[] x) {
    return Math.sin(2 * x[0]) + 0.5 * x[1] * x[1] + 0.3 * x[2];
  }

  private static Data rows(int count, Random random, double noise, ToDoubleFunction<double[]> truth) {
    double[][] columns = new double[3][count];
    double[] y = new double[count];
    for (int r = 0; r < count; r++) {
      double[] x = new double[3];
      for (int i = 0; i < 3; i++) {
        x[i] = random.nextGaussian();
        columns[i][r] = x[i];
      }
      y[r] = truth.applyAsDouble(x) + noise * random.nextGaussian();
    }
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("a", columns[0]);
    table.put("b", columns[1]);
    table.put("c", columns[2]);
    table.put("y", y);
    return Data.columns(table);
  }

  private static TransferConfig.Builder quick() {
    return TransferConfig.builder("y").hidden(32, 32).source(f -> f.epochs(60)).fits(f -> f.batchSize(64)).target(f -> f.epochs(100)).seed(3);
  }

  private static Model base(TransferConfig config) {
    return base(rows(1000, new Random(1), 0.1, SafeDefaultTest::bend), config);
  }

  private static Model base(Data source, TransferConfig config) {
    Model model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  // Root of the mean squared error over draws of so many rows, by a method.
  private static double error(
      Model model, Method method, int count, double noise, ToDoubleFunction<double[]> truth) {
    return error(model, method, draw -> rows(count, new Random(100 + draw), noise, truth), truth, DRAWS);
  }

  private static double error(Model model, Method method, IntFunction<Data> few, ToDoubleFunction<double[]> truth, int draws) {
    return error(model, method, few, rows(300, new Random(7), 0, truth), draws);
  }

  private static double error(Model model, Method method, IntFunction<Data> few, Data others, int draws) {
    double sum = 0;
    for (int draw = 0; draw < draws; draw++) {
      TransferConfig how = model.config().toBuilder().method(method).build();
      model.calibrate("t", few.apply(draw), how, new Monitor());
      double off = model.evaluate("t", others).error();
      sum += off * off / draws;
    }
    return Math.sqrt(sum);
  }

  @Test
  void whatIsSafeDependsOnTheTarget(@TempDir Path folder) {
    try (Model model = base(quick().build())) {
      assertEquals(Method.AUTO, model.config().method().kind());
      model.calibrate("few", rows(20, new Random(2), 0.1, SafeDefaultTest::bend), new Monitor());
      assertEquals(Method.STACK, model.config("few").method().kind());
      model.calibrate("many", rows(1001, new Random(2), 0.1, SafeDefaultTest::bend), new Monitor());
      assertEquals(Method.STACK, model.config("many").method().kind());
    }
    TransferConfig classes = Samples.quick("grade").columns(c -> c.ignored("y")).objective(o -> o.task(Task.CLASSIFICATION)).method(Method.AUTO).build();
    Path source = Samples.csv(folder.resolve("s.csv"), 200, 0, 1);
    Path target = Samples.csv(folder.resolve("t.csv"), 30, 1, 2);
    try (Model model =
        Model.transfer(Data.files(source), "t", Data.files(target), classes, new Monitor())) {
      assertEquals(Method.LOGISTIC, model.config("t").method().kind());
      Path other = Samples.csv(folder.resolve("other.csv"), 30, 0.5, 2, "scrap", "rework", "ship");
      model.calibrate("own", Data.files(other), model.config(), new Monitor());
      assertEquals(Method.PAC, model.config("own").method().kind());
    }
  }

  // The process learns from a thousand of them, all else from all.
  @Test
  void moreRowsThanAProcessTakesAreUsed() {
    ToDoubleFunction<double[]> edges = x -> bend(x) + (x[0] * x[2] > 0.5 ? 1 : 0) + (x[1] > x[2] ? 0.7 : 0);
    try (Model model = base(quick().build())) {
      double[] error = new double[2];
      for (int i = 0; i < 2; i++) {
        int count = i == 0 ? 1000 : 4000;
        error[i] = error(model, Method.AUTO, draw -> rows(count, new Random(100), 0.2, edges), edges, 1);
        assertEquals(Method.STACK, model.config("t").method().kind());
      }
      assertTrue(error[1] < error[0], error[1] + " with four times the rows, " + error[0] + " before");
      double pac = error(model, Method.PAC, draw -> rows(4000, new Random(100), 0.2, edges), edges, 1);
      assertTrue(error[1] < pac, error[1] + " beside PAC's " + pac);
    }
  }

  // Ten classes, each around a place of its own; in the target all are moved.
  private static Data places(int count, long seed, double moved) {
    int inputs = 40;
    Random places = new Random(3);
    double[][] place = new double[10][];
    Arrays.setAll(place, c -> places.doubles(inputs, 0, 1.2).toArray());
    Random random = new Random(seed);
    double[][] columns = new double[inputs][count];
    String[] label = new String[count];
    for (int r = 0; r < count; r++) {
      int own = random.nextInt(10);
      label[r] = "class " + own;
      for (int i = 0; i < inputs; i++) {
        columns[i][r] = place[own][(i + (moved > 0 ? 1 : 0)) % inputs] + moved * i / inputs + random.nextGaussian();
      }
    }
    Map<String, Object> table = new LinkedHashMap<>();
    for (int i = 0; i < inputs; i++) {
      table.put("x" + i, columns[i]);
    }
    table.put("y", label);
    return Data.columns(table);
  }

  @Test
  void manyClassesAreNoReasonToDoWorse() {
    TransferConfig config = quick().objective(o -> o.task(Task.CLASSIFICATION)).build();
    try (Model model = base(places(1000, 1, 0), config)) {
      double error = error(model, Method.AUTO, draw -> places(400, 2, 1), places(2000, 4, 1), 1);
      assertEquals(Method.LOGISTIC, model.config("t").method().kind());
      double pac = error(model, Method.PAC, draw -> places(400, 2, 1), places(2000, 4, 1), 1);
      assertTrue(error < 0.95 * pac, error + " of the rows wrong beside PAC's " + pac);
    }
  }

  @Test
  void aLargeTableIsPacs() {
    int columns = 500;
    IntFunction<Data> wide =
        count -> {
          Random random = new Random(count);
          Map<String, Object> table = new LinkedHashMap<>();
          for (int i = 0; i < columns; i++) {
            table.put("x" + i, random.doubles(count).toArray());
          }
          table.put("y", random.doubles(count).toArray());
          return Data.columns(table);
        };
    TransferConfig config = quick().hidden(4).source(f -> f.epochs(1)).target(f -> f.epochs(1)).build();
    try (Model model = base(wide.apply(40), config)) {
      model.calibrate("t", wide.apply(10_001), new Monitor());
      assertEquals(Method.PAC, model.config("t").method().kind());
    }
  }

  @Test
  void theCommandLineSaysWhich(@TempDir Path folder) {
    Path source = Samples.csv(folder.resolve("s.csv"), 80, 0, 1);
    Path target = Samples.csv(folder.resolve("t.csv"), 20, 1, 2);
    Path model = folder.resolve("m");
    Cli learnt =
        Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 8, "--source-epochs", 5, "--out", model);
    assertTrue(learnt.out().contains("Method   stack"), learnt.out());
    Cli more = Cli.ok("calibrate", "--model", model, "--target", target, "--name", "more", "--json");
    assertEquals("stack", more.json().get("method").asText());
    Cli pac = Cli.ok("calibrate", "--model", model, "--target", target, "--name", "pac", "--target-epochs", 2, "--method", "pac");
    assertTrue(pac.out().contains("Method   pac"), pac.out());
    Cli.refused("calibrated by the method pac it can", "export", "--model", model, "--name", "more", "--out", folder.resolve("w.safetensors"));
    Cli.ok("export", "--model", model, "--name", "pac", "--out", folder.resolve("w.safetensors"));
    Path paper = folder.resolve("p");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 8, "--source-epochs", 5, "--target-epochs", 5,
        "--paper", "--out", paper);
    try (Model loaded = Model.load(paper)) {
      assertEquals(Method.PAC, loaded.config("target").method().kind());
    }
  }

  @Test
  void whereTheSourceIsRightItIsLeftAlone() {
    try (Model model = base(quick().build())) {
      double left = error(model, Method.UNTOUCHED, 5, 0.5, SafeDefaultTest::bend);
      double learnt = error(model, Method.AUTO, 5, 0.5, SafeDefaultTest::bend);
      // On rows as noisy as those that it learnt from, whose mean alone is off by 0.22.
      assertTrue(Math.hypot(learnt, 0.5) < 1.22 * Math.hypot(left, 0.5), learnt + " " + left);
      assertTrue(learnt < error(model, Method.PAC, 5, 0.5, SafeDefaultTest::bend), "PAC");
      assertTrue(learnt < error(model, Method.RIDGE_RESIDUAL, 5, 0.5, SafeDefaultTest::bend), "ridge");
      double more = error(model, Method.AUTO, 40, 0.5, SafeDefaultTest::bend);
      assertTrue(Math.hypot(more, 0.5) < 1.03 * Math.hypot(left, 0.5), more + " " + left);
    }
  }

  // Noise of which a few values are many times the others'.
  private static Data wild(int count, int draw) {
    Random wild = new Random(500 + draw);
    return rows(count, new Random(100 + draw), 0, x -> bend(x) + 0.2 * wild.nextGaussian() * Math.exp(2 * wild.nextGaussian()));
  }

  @Test
  void aFewWildRowsDoNotDecide() {
    try (Model model = base(quick().build())) {
      double left = error(model, Method.UNTOUCHED, 10, 0, SafeDefaultTest::bend);
      for (int count : new int[] {10, 30}) {
        double learnt = error(model, Method.AUTO, draw -> wild(count, draw), SafeDefaultTest::bend, DRAWS);
        assertTrue(learnt < 2.5 * left, count + ": " + learnt + " " + left);
      }
    }
  }

  @Test
  void whereTheSourceIsWrongTheTargetIsLearnt() {
    try (Model model = base(quick().build())) {
      ToDoubleFunction<double[]> other = x -> 3 - 2 * bend(x) + x[2] * x[2];
      for (int count : new int[] {10, 40}) {
        double left = error(model, Method.UNTOUCHED, count, 0.1, other);
        double alone = error(model, Method.GP, count, 0.1, other);
        double learnt = error(model, Method.AUTO, count, 0.1, other);
        assertTrue(learnt < 0.75 * left, count + ": " + learnt + " " + left);
        assertTrue(learnt < 1.05 * alone, count + ": " + learnt + " " + alone);
      }
    }
  }

  @Test
  void aSourceThatIsOutOfItsDepthIsNotBelieved() {
    // The target's inputs are where the source never was: there the network's opinion is worse than a line's.
    ToDoubleFunction<double[]> line = x -> 2 * x[0] - x[1] + 0.5 * x[2];
    Data source = rows(300, new Random(1), 0.1, line);
    try (Model model = Model.train(source, quick().build(), new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      ToDoubleFunction<double[]> far = x -> line.applyAsDouble(new double[] {x[0] * 8, x[1] * 8, x[2] * 8}) + 1;
      // Columns are what the target is told: eight times as wide as the source's.
      Data few = wide(5, 11, far);
      model.calibrate("t", few, new Monitor());
      double learnt = model.evaluate("t", wide(300, 12, far)).error();
      model.calibrate("t", few, model.config().toBuilder().method(Method.UNTOUCHED).build(), new Monitor());
      double left = model.evaluate("t", wide(300, 12, far)).error();
      assertTrue(learnt < 0.3 * left, learnt + " " + left);
    }
  }

  private static Data wide(int count, long seed, ToDoubleFunction<double[]> truth) {
    Random random = new Random(seed);
    double[][] x = new double[3][count];
    double[] y = new double[count];
    for (int r = 0; r < count; r++) {
      double[] row = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
      y[r] = truth.applyAsDouble(row);
      for (int i = 0; i < 3; i++) {
        x[i][r] = 8 * row[i];
      }
    }
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("a", x[0]);
    table.put("b", x[1]);
    table.put("c", x[2]);
    table.put("y", y);
    return Data.columns(table);
  }

  @Test
  void unitsChangeNothing() {
    // Millions of one unit, thousandths of another, not standardised: the same target as in standard units.
    TransferConfig raw =
        quick().columns(c -> c.standardizeInputs(false).standardizeLabels(false)).source(f -> f.epochs(1)).method(Method.COKRIGING).build();
    ToDoubleFunction<double[]> large = x -> 1e6 * (5 + bend(x));
    ToDoubleFunction<double[]> plain = x -> 5 + bend(x);
    try (Model model = base(raw)) {
      double inMillions = error(model, Method.COKRIGING, 60, 0, large) / 1e6;
      double alone = error(model, Method.GP, 60, 0, plain);
      assertTrue(inMillions < 2 * alone, inMillions + " " + alone);
    }
  }

  @Test
  void aSavedModelHasBothOpinions(@TempDir Path folder) {
    Data few = rows(12, new Random(5), 0.1, x -> 1 + bend(x));
    Data asked = rows(50, new Random(6), 0, SafeDefaultTest::bend);
    Path place = folder.resolve("m");
    try (Model model = base(quick().build())) {
      model.save(place, false);
      model.calibrate("t", few, new Monitor());
      double[] before = model.predict("t", asked).numbers("prediction_y");
      try (Model again = Model.load(place)) {
        again.calibrate("t", few, new Monitor());
        assertArrayEquals(
            before, again.predict("t", asked).numbers("prediction_y"));
      }
    }
  }
}
