package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Activation;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Solver;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.Problem;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Tuning;

/** Neural ordinary differential equations, from tables of trajectories to predictions. */
class TrajectoriesTest {

  @TempDir Path folder;

  private static final NeuralOde ODE =
      new NeuralOde("run", "t", 10, false, List.of(16), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of());

  private static TransferConfig.Builder settings() {
    return TransferConfig.builder()
        .network(ODE)
        .fits(f -> f.learningRate(0.01).batchSize(16))
        .source(f -> f.epochs(60))
        .target(f -> f.epochs(60));
  }

  /** An oscillation x'' = −k·x at irregular times, exactly; rows of the runs are dealt in turn. */
  private static Data oscillations(double k, int runs, int times, long seed) {
    Random random = new Random(seed);
    double w = Math.sqrt(k);
    double[] x0 = new double[runs];
    double[] v0 = new double[runs];
    double[] t = new double[runs];
    for (int r = 0; r < runs; r++) {
      x0[r] = 10 + random.nextGaussian();
      v0[r] = random.nextGaussian();
      t[r] = random.nextDouble();
    }
    double[] t0 = t.clone();
    String[] run = new String[runs * times];
    double[] time = new double[run.length];
    double[] x = new double[run.length];
    double[] v = new double[run.length];
    for (int i = 0; i < run.length; i++) {
      int r = i % runs;
      double s = t[r] - t0[r];
      run[i] = "run " + r;
      time[i] = t[r];
      x[i] = 10 + (x0[r] - 10) * Math.cos(w * s) + v0[r] / w * Math.sin(w * s);
      v[i] = -(x0[r] - 10) * w * Math.sin(w * s) + v0[r] * Math.cos(w * s);
      t[r] += 0.05 + 0.1 * random.nextDouble();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("run", run);
    columns.put("v", v);
    columns.put("t", time);
    return Data.columns(columns);
  }

  // One noisy run of a system that is a little another one: what the default learns is no worse than to learn nothing, over draws.
  @Test
  void oneShortRunDoesNoHarm() {
    TransferConfig config = settings().source(f -> f.epochs(300)).target(f -> f.epochs(300)).build();
    try (Model model = Model.train(oscillations(1, 40, 41, 1), config, new Monitor())) {
      model.prune();
      model.allocate(oscillations(1, 40, 41, 1), new Monitor());
      double untouched = 0;
      double learnt = 0;
      for (int draw = 0; draw < 6; draw++) {
        Data test = oscillations(1.1, 10, 41, 100 + draw);
        model.calibrate("t", oscillations(1.1, 1, 11, 50 + draw), config, new Monitor());
        assertEquals(0.4, model.config("t").strength());
        untouched += model.evaluate(test).error();
        learnt += model.evaluate("t", test).error();
      }
      assertTrue(learnt < 1.05 * untouched, learnt + " learnt, " + untouched + " untouched");
      model.calibrate("many", oscillations(1.1, 40, 21, 9), config, new Monitor());
      assertEquals(0.01, model.config("many").strength());
      TransferConfig said = config.toBuilder().lambda(0.02).build();
      model.calibrate("said", oscillations(1.1, 1, 11, 9), said, new Monitor());
      assertEquals(0.02, model.config("said").strength());
    }
  }

  @Test
  void learnsAnOscillationAndItsTarget() {
    Data source = oscillations(1, 40, 41, 1);
    Data target = oscillations(1.6, 4, 21, 2);
    Data test = oscillations(1.6, 10, 81, 3);
    TransferConfig config = settings().source(f -> f.epochs(300)).target(f -> f.epochs(600)).build();
    try (Model model = Model.transfer(source, "t", target, config, new Monitor())) {
      assertEquals(
          List.of("x", "v"), model.schema().labels().stream().map(Schema.Label::name).toList());
      Metrics own = model.evaluate(oscillations(1, 10, 81, 4));
      assertTrue(own.error() < 0.4, own::toString);
      double before = model.evaluate(test).error();
      Metrics after = model.evaluate("t", test);
      assertTrue(after.error() < before / 2, () -> before + " to " + after);
      List<Metrics.HorizonError> horizons = after.horizons();
      assertEquals(800, horizons.stream().mapToLong(Metrics.HorizonError::rows).sum());
      assertEquals(10, horizons.size());
      // All of them together are the error over all rows.
      double squares =
          horizons.stream().mapToDouble(h -> h.rows() * h.rmse().get(0) * h.rmse().get(0)).sum();
      assertEquals(after.labels().get(0).rmse(), Math.sqrt(squares / 800), 1e-6);
    }
  }

  @Test
  void theSourceStaysBitForBitAndFilesKeepEverything() {
    Data source = oscillations(1, 10, 21, 1);
    Data check = oscillations(1, 5, 41, 5);
    TransferConfig config = settings().source(f -> f.epochs(5)).target(f -> f.epochs(5)).build();
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      double[] base = model.predict(check).numbers("prediction_x");
      model.calibrate("t", oscillations(2, 2, 6, 2), new Monitor());
      model.calibrate(
          "e",
          oscillations(2, 4, 11, 2),
          config.toBuilder().method(new MethodSpec.Ensemble(Method.PAC_ENSEMBLE, null, 2)).build(),
          new Monitor());
      assertArrayEquals(base, model.predict(check).numbers("prediction_x"));
      assertTrue(model.predict("e", check).columns().contains("spread_v"));
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        for (String target : List.of("t", "e")) {
          assertArrayEquals(
              model.predict(target, check).numbers("prediction_v"),
              loaded.predict(target, check).numbers("prediction_v"));
        }
        assertEquals(model.schema(), loaded.schema());
      }
    }
  }

  // The exported weights, stepped through here in double precision.
  @Test
  void predictionsAreTheSolversOwn() {
    Data source = oscillations(1, 10, 21, 1);
    TransferConfig config = settings().source(f -> f.epochs(10)).build();
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("run", new String[] {"b", "a", "a", "b", "a"});
    asked.put("t", new double[] {3, -1, -0.9, 3.05, 0.4});
    asked.put("x", new double[] {9, 11, 0, 0, 0});
    asked.put("v", new double[] {-0.5, 1, 0, 0, 0});
    Data table = Data.columns(asked);
    try (Model model = Model.train(source, config, new Monitor())) {
      model.export(Model.Weights.SOURCE, folder.resolve("w.safetensors"));
      Schema schema = model.schema();
      double[] x = model.predict(table).numbers("prediction_x");
      double[] v = model.predict(table).numbers("prediction_v");
      assertArrayEquals(new double[] {9, 11}, new double[] {x[0], x[1]}, 1e-5);
      double[] b = {9, -0.5};
      b = step(schema, b, 0.05);
      assertArrayEquals(b, new double[] {x[3], v[3]}, 1e-4);
      double[] a = step(schema, new double[] {11, 1}, 0.1);
      assertArrayEquals(a, new double[] {x[2], v[2]}, 1e-4);
      // The source knew no interval above 0.15: this one is gone in equal parts that are not longer.
      double longest = schema.trajectories().interval();
      assertTrue(longest > 0.14 && longest <= 0.15, () -> "" + longest);
      int parts = (int) Math.ceil(1.3 / longest);
      for (int i = 0; i < parts; i++) {
        a = step(schema, a, 1.3 / parts);
      }
      assertArrayEquals(a, new double[] {x[4], v[4]}, 1e-4);
    }
  }

  private double[] step(Schema schema, double[] state, double seconds) {
    double h = seconds / schema.trajectories().timeScale();
    double[] z = new double[state.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = (state[i] - schema.labels().get(i).mean()) / schema.labels().get(i).std();
    }
    double[] k1 = field(z);
    double[] k2 = field(plus(z, h / 2, k1));
    double[] k3 = field(plus(z, h / 2, k2));
    double[] k4 = field(plus(z, h, k3));
    for (int i = 0; i < z.length; i++) {
      z[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
      z[i] = schema.labels().get(i).mean() + schema.labels().get(i).std() * z[i];
    }
    return z;
  }

  private static double[] plus(double[] z, double h, double[] k) {
    double[] sum = z.clone();
    for (int i = 0; i < z.length; i++) {
      sum[i] += h * k[i];
    }
    return sum;
  }

  private double[] field(double[] z) {
    double[] hidden = layer("0", z);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = Math.tanh(hidden[i]);
    }
    return layer("2", hidden);
  }

  private double[] layer(String name, double[] in) {
    Map<String, SafeTensors.Entry> tensors = read(folder.resolve("w.safetensors"));
    FloatBuffer weights = floats(tensors.get(name + ".weight"));
    FloatBuffer biases = floats(tensors.get(name + ".bias"));
    double[] out = new double[biases.remaining()];
    for (int o = 0; o < out.length; o++) {
      out[o] = biases.get(o);
      for (int i = 0; i < in.length; i++) {
        out[o] += weights.get(o * in.length + i) * in[i];
      }
    }
    return out;
  }

  private static Map<String, SafeTensors.Entry> read(Path file) {
    try {
      return SafeTensors.decode(Files.readAllBytes(file), file.toString()).tensors();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static FloatBuffer floats(SafeTensors.Entry entry) {
    return entry.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  @Test
  void horizonsGoOutFromFirstStates() throws IOException {
    TransferConfig config = settings().source(f -> f.epochs(5)).build();
    try (Model model = Model.train(oscillations(1, 10, 21, 1), config, new Monitor())) {
      Data asked = oscillations(1, 3, 2, 9);
      Predictions regular = model.predict(null, asked, 1.0, 0.1);
      assertEquals(33, regular.rows());
      Path file = folder.resolve("p.csv");
      regular.write(asked, file);
      List<String> lines = Files.readAllLines(file);
      assertEquals("run,t,x,v,prediction_x,prediction_v", lines.get(0));
      assertEquals(34, lines.size());
      assertTrue(lines.get(12).startsWith("run 1,"), lines.get(12));
      assertThrows(DataException.class, () -> model.predict(null, asked, 1.0, 2.0));
      assertThrows(DataException.class, () -> model.predict(null, asked, -1.0, 0.1));
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void theCommandLineTakesThemAndRefusesWhatIsWrong() throws IOException {
    Path source = folder.resolve("source.csv");
    StringBuilder text = new StringBuilder("run,t,x\n");
    for (int run = 0; run < 5; run++) {
      for (int i = 0; i < 12; i++) {
        text.append(String.format(Locale.ROOT, "%d,%.3f,%.6f%n", run, 0.1 * i, (1 + run) * Math.exp(0.5 * i)));
      }
    }
    Files.writeString(source, text.toString());
    Path model = folder.resolve("m");
    Object[] ode = {"--network", "ode", "--trajectory", "run", "--time", "t", "--out", model};
    Cli trained =
        Cli.ok(
            Cli.and(
                ode, "transfer", "--source", source, "--target", source, "--source-epochs", 30, "--target-epochs", 3,
                "--hidden", "8", "--activation", "relu", "--json"));
    assertEquals(2, trained.json().get("phases").get(0).get("data").get("rows").asInt() / 30);
    Path bad = write("back.csv", "run,t,x\na,0,1\nb,0,1\na,1,1\nb,1,1\na,0.5,1\n");
    Cli.refused("row 5, column t", "evaluate", "--model", model, "--input", bad);
    Cli.refused("back.csv", "calibrate", "--model", model, "--name", "n", "--target", bad);
    bad = write("one.csv", "run,t,x\na,0,1\na,1,1\nb,0,1\n");
    Cli.refused("row 3: trajectory 'b' has one row only", "evaluate", "--model", model, "--input", bad);
    bad = write("gap.csv", "run,t,x\na,0,1\na,1,\n");
    Cli.refused("row 2, column x: the state is missing", "evaluate", "--model", model, "--input", bad);
    bad = write("absent.csv", "run,t,y\na,0,1\na,1,1\n");
    Cli.refused("lacks column x", "evaluate", "--model", model, "--input", bad);
    bad = write("more.csv", "run,t,x,y\na,0,1,1\na,1,1,1\n");
    Cli.refused("more.csv has column y", "calibrate", "--model", model, "--name", "n", "--target", bad);
    Cli.refused(
        "lacks column seconds",
        "train", "--source", source, "--out", folder.resolve("n"), "--network", "ode", "--trajectory", "run", "--time",
        "seconds");
    Cli.refused("--time", "train", "--source", source, "--out", model, "--network", "ode", "--trajectory", "run");
    Cli.refused(
        "for tables", "calibrate", "--model", model, "--name", "n", "--target", source, "--method", "gp-residual");
    // A network without bounds that learnt to grow: it leaves the numbers.
    Path first = write("first.csv", "run,t,x\nup,0,1e5\n");
    Path out = folder.resolve("p.csv");
    Cli blown =
        Cli.run("predict", "--model", model, "--input", first, "--out", out, "--horizon", 1000, "--every", 10);
    assertEquals(2, blown.exitCode(), blown::toString);
    assertTrue(blown.err().matches("(?s).*trajectory 'up': the prediction blows up at time \\d.*"), blown::toString);
    assertTrue(Files.notExists(out));
    assertTrue(
        Cli.ok("evaluate", "--model", model, "--input", source, "--source-task").out().contains("up to"));
    Cli.ok("predict", "--model", model, "--name", "target", "--input", first, "--out", out, "--horizon", 1);
    assertEquals(102, Files.readAllLines(out).size());
  }

  @Test
  void piecesCoverEveryRow() {
    // 21 rows in pieces of 8: from 0, 8 and, going over some again, 12.
    NeuralOde eight = new NeuralOde("run", "t", 8, false, List.of(4), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of());
    TransferConfig config = settings().network(eight).source(f -> f.epochs(1)).target(f -> f.epochs(1)).build();
    Data source = oscillations(1, 2, 21, 1);
    try (Model model = Model.train(source, config, new Monitor())) {
      // The report's errors are over all times of all pieces.
      assertEquals(2 * 3 * 8, model.reports().get(0).after().rows());
      model.prune();
      model.allocate(source, new Monitor());
      PhaseReport report = model.calibrate("short", oscillations(1, 3, 6, 2), new Monitor());
      assertEquals(3 * 5, report.after().rows());
      DataException thrown =
          assertThrows(
              DataException.class, () -> model.allocate(oscillations(1, 2, 6, 1), new Monitor()));
      assertTrue(thrown.getMessage().contains("6 rows only"), thrown::getMessage);
    }
  }

  @Test
  void tuningAndLearningCurvesWorkOnPieces() {
    TransferConfig config = settings().source(f -> f.epochs(5)).target(f -> f.epochs(5)).build();
    Data source = oscillations(1, 10, 21, 1);
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      Data target = oscillations(2, 3, 21, 2);
      Tuning tuning = model.tune(target, config, new Monitor());
      assertTrue(
          tuning.trials().stream()
              .allMatch(t -> Arrays.asList(Method.PAC, Method.UNTOUCHED, Method.SCRATCH).contains(t.config().method().kind())),
          tuning::toString);
      assertEquals("x, v", tuning.unit());
    }
  }

  // Pieces of a run share what that run is off by; what is said of other runs is asked of runs that were held out.
  @Test
  void foldsAreWholeRunsAndOfOneRunWhatComesLater() {
    TransferConfig config = settings().source(f -> f.epochs(5)).target(f -> f.epochs(5)).build();
    Data source = oscillations(1, 10, 21, 1);
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      // Three runs of two pieces each: three folds, by two dealings.
      Tuning runs = model.tune(oscillations(2, 3, 21, 2), config, new Monitor());
      assertEquals(2 * 3, runs.best().foldLosses().length);
      // Six pieces of one run: the first is only learnt from, the others are asked one after the other.
      Tuning one = model.tune(oscillations(2, 1, 61, 3), config, new Monitor());
      assertEquals(5, one.best().foldLosses().length);
      assertEquals(5, one.best().losses().length);
      DataException thrown =
          assertThrows(DataException.class, () -> model.tune(oscillations(2, 1, 11, 3), config, new Monitor()));
      assertTrue(thrown.getMessage().contains("one piece of a trajectory"), thrown::getMessage);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Experiment.Problems.class,
      names = {"PENDULUM", "LOTKA_VOLTERRA", "DUFFING", "SPRING_MASS"})
  void theExperimentsSourceHelps(Experiment.Problems problem) {
    try (Problem at = problem.at(1)) {
      Samples.expectHelpfulSource(
          at, at.settings().source(f -> f.epochs(40)).build(), 4, (model, pac) -> {});
      assertEquals(List.of(1, 2, 4, 8), at.targets());
    }
  }
}
