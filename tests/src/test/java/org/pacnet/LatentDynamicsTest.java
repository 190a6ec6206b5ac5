package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Activation;
import org.pacnet.config.LatentDynamics;
import org.pacnet.config.Method;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.Monitor;

/** Latent dynamics, from tables of trajectories to plans. */
class LatentDynamicsTest {

  @TempDir Path folder;

  private static final double INTERVAL = 0.1;
  private static final LatentDynamics LATENT =
      new LatentDynamics("run", "t", 5, List.of("u"), "r", 8, List.of(32), Activation.SILU, 1);

  private static TransferConfig.Builder settings() {
    return TransferConfig.builder()
        .network(LATENT)
        .fits(f -> f.learningRate(0.003).batchSize(32))
        .source(f -> f.epochs(60))
        .target(f -> f.epochs(60));
  }

  /** x'' = −k·x − 0.3·x' + u, u held over an interval, exactly but for a hundredth of it; r = −x², on arriving. */
  private static Map<String, Object> springs(double k, int runs, int times, long seed) {
    Random random = new Random(seed);
    int rows = runs * times;
    String[] run = new String[rows];
    double[][] columns = new double[5][rows];
    for (int i = 0; i < rows; i++) {
      boolean first = i % times == 0;
      run[i] = "run " + i / times;
      double[] z = first ? new double[] {random.nextGaussian(), random.nextGaussian()} : go(k, columns[1][i - 1], columns[2][i - 1], columns[3][i - 1]);
      columns[0][i] = i % times * INTERVAL;
      columns[1][i] = z[0];
      columns[2][i] = z[1];
      columns[3][i] = 2 * random.nextGaussian();
      columns[4][i] = -z[0] * z[0];
    }
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("run", run);
    List<String> names = List.of("t", "x", "v", "u", "r");
    for (int c = 0; c < names.size(); c++) {
      table.put(names.get(c), columns[c]);
    }
    return table;
  }

  private static double[] go(double k, double x, double v, double u) {
    double h = INTERVAL / 100;
    for (int i = 0; i < 100; i++) {
      v += h * (-k * x - 0.3 * v + u);
      x += h * v;
    }
    return new double[] {x, v};
  }

  @Test
  void learnsASystemAndItsTarget() {
    Data source = Data.columns(springs(1, 40, 41, 1));
    Data test = Data.columns(springs(3, 10, 21, 2));
    LatentDynamics usual = LatentDynamics.of("run", "t").withActions("u").withReward("r");
    TransferConfig config = settings().network(usual).source(f -> f.epochs(100)).target(f -> f.epochs(200)).build();
    try (Model model = Model.transfer(source, "t", Data.columns(springs(3, 4, 41, 3)), config, new Monitor())) {
      assertEquals(List.of("x", "v", "r"), model.schema().labels().stream().map(Schema.Label::name).toList());
      double own = model.evaluate(Data.columns(springs(1, 10, 21, 4))).labels().get(0).rmse();
      double before = model.evaluate(test).labels().get(0).rmse();
      double after = model.evaluate("t", test).labels().get(0).rmse();
      assertTrue(own < 0.25, () -> "the source's error is " + own);
      assertTrue(after < 0.7 * before, () -> before + " to " + after);
    }
  }

  // The base stays bit for bit, its follower too; what other methods train is followed.
  @Test
  void whatIsKeptStaysAndFilesKeepEverything() throws IOException {
    Data source = Data.columns(springs(1, 10, 21, 1));
    Data few = Data.columns(springs(2, 2, 11, 2));
    Data check = Data.columns(springs(1, 5, 31, 5));
    TransferConfig config = settings().source(f -> f.epochs(5)).target(f -> f.epochs(5)).build();
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      double[] base = model.predict(check).numbers("prediction_x");
      float[] follower = follower(model, null);
      model.calibrate("t", few, new Monitor());
      model.calibrate("f", few, config.toBuilder().method(Method.FINETUNE).build(), new Monitor());
      assertArrayEquals(base, model.predict(check).numbers("prediction_x"));
      assertArrayEquals(follower, follower(model, "t"));
      assertTrue(distance(follower, follower(model, "f")) > 0, "fine-tuning moves the follower");
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        for (String target : List.of("t", "f")) {
          assertArrayEquals(
              model.predict(target, check).numbers("prediction_r"), loaded.predict(target, check).numbers("prediction_r"));
        }
        assertEquals(model.schema(), loaded.schema());
        assertEquals(model.config().network(), loaded.config().network());
      }
      // The same again is the same to the bit.
      model.calibrate("again", few, config.toBuilder().method(Method.FINETUNE).build(), new Monitor());
      assertArrayEquals(model.predict("f", check).numbers("prediction_v"), model.predict("again", check).numbers("prediction_v"));
    }
  }

  private float[] follower(Model model, String target) throws IOException {
    Path file = folder.resolve("weights-" + target + ".safetensors");
    if (target == null) {
      model.export(Model.Weights.BASE, file);
    } else {
      model.export(target, file);
    }
    SafeTensors.Entry entry = SafeTensors.decode(Files.readAllBytes(file), file.toString()).tensors().get("follower.layers.0.weight");
    float[] values = new float[32 * 2];
    entry.data().duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum;
  }

  // Plans and tables are two ways to ask the same.
  @Test
  void plansAreFollowedAsTablesAre() {
    Map<String, Object> springs = springs(1, 10, 21, 1);
    for (var network : List.of(LATENT, NeuralOde.of("run", "t").withActions("u"))) {
      Map<String, Object> own = new LinkedHashMap<>(springs);
      if (network instanceof NeuralOde) {
        own.remove("r");
      }
      TransferConfig config = settings().network(network).source(f -> f.epochs(3)).build();
      try (Model model = Model.train(Data.columns(own), config, new Monitor());
          Simulator simulator = model.simulator(null)) {
        double[] state = {0.5, -0.25};
        double[][][] plans = {{{1}, {-2}, {0.5}, {3}}, {{0}, {0}, {0}, {-1}}};
        double[][][] led = simulator.follow(state, plans, INTERVAL);
        Map<String, Object> asked = new LinkedHashMap<>();
        asked.put("run", new String[] {"a", "a", "a", "a", "a", "b", "b", "b", "b", "b"});
        asked.put("t", new double[] {0, 0.1, 0.2, 0.3, 0.4, 0, 0.1, 0.2, 0.3, 0.4});
        asked.put("u", new double[] {1, -2, 0.5, 3, 0, 0, 0, 0, -1, 0});
        asked.put("x", new double[] {0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0});
        asked.put("v", new double[] {-0.25, 0, 0, 0, 0, -0.25, 0, 0, 0, 0});
        asked.put("r", new double[10]);
        Predictions predicted = model.predict(Data.columns(asked));
        for (int plan = 0; plan < 2; plan++) {
          for (int c = 0; c < simulator.labels().size(); c++) {
            double[] column = predicted.numbers("prediction_" + simulator.labels().get(c).name());
            for (int k = 0; k < 4; k++) {
              assertEquals(column[5 * plan + 1 + k], led[plan][k][c], 1e-5);
            }
          }
        }
        assertEquals(2, simulator.follow(state, new double[][][] {{{1}, {1}}}, INTERVAL)[0].length);
        assertThrows(DataException.class, () -> simulator.follow(new double[3], plans, INTERVAL));
        assertThrows(DataException.class, () -> simulator.follow(state, new double[][][] {{{1}}, {{1}, {1}}}, INTERVAL));
        assertThrows(DataException.class, () -> simulator.follow(state, plans, 2 * INTERVAL));
      }
    }
  }

  @Test
  @SuppressWarnings("try") // closed once more, and used then
  void aSimulatorIsClosedOnce() {
    TransferConfig config = settings().source(f -> f.epochs(1)).build();
    try (Model model = Model.train(Data.columns(springs(1, 4, 11, 1)), config, new Monitor());
        Simulator simulator = model.simulator(null)) {
      assertEquals(1, simulator.follow(new double[2], new double[1][3][1], INTERVAL).length);
      simulator.close();
      simulator.close();
      assertThrows(IllegalStateException.class, () -> simulator.follow(new double[2], new double[1][3][1], INTERVAL));
    }
  }

  // A double interval is two steps by the same action; one that is no number of steps is refused, in targets one of several steps too.
  @Test
  void stepsAreTheSources() {
    TransferConfig config = settings().source(f -> f.epochs(3)).build();
    try (Model model = Model.train(Data.columns(springs(1, 10, 21, 1)), config, new Monitor())) {
      double[] each = model.predict(asked(0, 0.1, 0.2, 0.3)).numbers("prediction_x");
      double[] some = model.predict(asked(0, 0.2, 0.3)).numbers("prediction_x");
      assertEquals(each[2], some[1], 1e-6);
      assertEquals(each[3], some[2], 1e-6);
      DataException refused = assertThrows(DataException.class, () -> model.predict(asked(0, 0.1, 0.15)));
      assertTrue(refused.getMessage().contains("latent dynamics know no others"), refused::getMessage);
      model.prune();
      model.allocate(Data.columns(springs(1, 10, 21, 1)), new Monitor());
      Map<String, Object> wide = springs(1, 2, 9, 3);
      double[] t = (double[]) wide.get("t");
      for (int i = 0; i < t.length; i++) {
        t[i] *= 2;
      }
      refused = assertThrows(DataException.class, () -> model.calibrate("t", Data.columns(wide), new Monitor()));
      assertTrue(refused.getMessage().contains("measure as often"), refused::getMessage);
      assertThrows(DataException.class, () -> model.calibrate("s", Data.columns(springs(1, 2, 9, 3)), config.toBuilder().method(Method.STOCHNORM).build(), new Monitor()));
    }
  }

  private static Data asked(double... t) {
    Map<String, Object> table = new LinkedHashMap<>();
    String[] run = new String[t.length];
    double[] one = new double[t.length];
    java.util.Arrays.fill(run, "a");
    java.util.Arrays.fill(one, 1);
    table.put("run", run);
    table.put("t", t);
    for (String column : List.of("x", "v", "u", "r")) {
      table.put(column, one);
    }
    return Data.columns(table);
  }

  @Test
  void theCommandLineTakesThem() throws IOException {
    Path source = folder.resolve("source.csv");
    StringBuilder text = new StringBuilder("run,t,x,force,gain\n");
    for (int run = 0; run < 6; run++) {
      for (int i = 0; i < 8; i++) {
        text.append(run).append(',').append(i).append(',').append((run + i) % 3).append(',').append(i % 2).append(",7\n");
      }
    }
    Files.writeString(source, text.toString());
    Path model = folder.resolve("m");
    Object[] latent = {"--network", "latent", "--trajectory", "run", "--time", "t", "--hidden", 8};
    Cli.ok(
        Cli.and(
            latent, "transfer", "--source", source, "--target", source, "--out", model, "--latent-width", 4, "--action", "force", "--reward", "gain", "--source-epochs", 2,
            "--target-epochs", 2));
    assertTrue(Cli.ok("evaluate", "--model", model, "--input", source, "--source-task").out().contains("gain"));
    Path out = folder.resolve("p.csv");
    Cli.ok("predict", "--model", model, "--input", source, "--out", out);
    assertTrue(Files.readAllLines(out).get(0).endsWith("prediction_x,prediction_gain"));
    assertTrue(Cli.ok("inspect", "--model", model).out().contains("by actions force"));
    Cli.refused("--tolerance is for the network ode", Cli.and(latent, "train", "--source", source, "--out", folder.resolve("n"), "--tolerance", 0.1));
    Cli.refused(
        "--reward is for the network latent", "train", "--network", "ode", "--trajectory", "run", "--time", "t", "--source", source, "--out",
        folder.resolve("n"), "--reward", "gain");
    Cli.refused("the latent state must have", Cli.and(latent, "train", "--source", source, "--out", folder.resolve("n"), "--latent-width", 0));
    Cli.refused("the reward is a column of its own", Cli.and(latent, "train", "--source", source, "--out", folder.resolve("n"), "--reward", "run"));
    Cli.refused("column gain is an action or the reward", Cli.and(latent, "train", "--source", source, "--out", folder.resolve("n"), "--reward", "gain", "--ignore", "gain"));
  }
}
