package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Activation;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Solver;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** Trajectories of systems that something is done to. */
class ActionsTest {

  @TempDir Path folder;

  private static final NeuralOde ODE =
      new NeuralOde("run", "t", 10, false, List.of(32, 32), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of("u"));

  private static TransferConfig.Builder settings(NeuralOde network) {
    return TransferConfig.builder()
        .network(network)
        .fits(f -> f.learningRate(0.01).batchSize(16))
        .source(f -> f.epochs(300))
        .target(f -> f.epochs(300));
  }

  /** x' = −rate·x + u, exactly, u held from each time to the next. */
  private static Map<String, Object> tanks(double rate, int runs, int times, long seed) {
    Random random = new Random(seed);
    int rows = runs * times;
    String[] run = new String[rows];
    double[] t = new double[rows];
    double[] x = new double[rows];
    double[] u = new double[rows];
    for (int i = 0; i < rows; i++) {
      boolean first = i % times == 0;
      run[i] = "run " + i / times;
      double h = 0.1 + 0.2 * random.nextDouble();
      t[i] = first ? 0 : t[i - 1] + h;
      double at = first ? 0 : u[i - 1] / rate;
      x[i] = first ? random.nextGaussian() : at + (x[i - 1] - at) * Math.exp(-rate * h);
      u[i] = 2 * random.nextGaussian();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("run", run);
    columns.put("u", u);
    columns.put("t", t);
    columns.put("x", x);
    return columns;
  }

  @Test
  void whatIsDoneIsLearntAndTransferred() {
    Data source = Data.columns(tanks(1, 20, 31, 1));
    Data test = Data.columns(tanks(3, 5, 31, 2));
    try (Model model = Model.transfer(source, "t", Data.columns(tanks(3, 3, 16, 3)), settings(ODE).build(), new Monitor())) {
      Schema.Trajectories trajectories = model.schema().trajectories();
      assertEquals(List.of("x"), model.schema().labels().stream().map(Schema.Label::name).toList());
      assertEquals("u", trajectories.actions().get(0).name());
      assertEquals(1, trajectories.states());
      assertTrue(trajectories.shortest() >= 0.1 && trajectories.interval() <= 0.3 + 1e-12);
      double own = model.evaluate(Data.columns(tanks(1, 5, 31, 4))).error();
      assertTrue(own < 0.2, () -> "the source's error is " + own);
      double before = model.evaluate(test).error();
      double after = model.evaluate("t", test).error();
      assertTrue(after < before / 2, () -> before + " to " + after);
    }
    Map<String, Object> blind = tanks(1, 20, 31, 1);
    blind.remove("u");
    Map<String, Object> blindly = tanks(1, 5, 31, 4);
    blindly.remove("u");
    NeuralOde without = new NeuralOde("run", "t", 10, false, List.of(16), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of());
    try (Model model = Model.train(Data.columns(blind), settings(without).build(), new Monitor())) {
      assertTrue(model.evaluate(Data.columns(blindly)).error() > 0.5, "the action is most of what happens");
    }
  }

  // Each step's action is the one of the row that it begins at, also where a long step goes in parts; the last row's does not matter.
  @Test
  void anActionLastsFromItsRowToTheNext() throws IOException {
    TransferConfig config = settings(ODE).source(f -> f.epochs(60)).build();
    try (Model model = Model.train(Data.columns(tanks(1, 20, 31, 1)), config, new Monitor())) {
      model.save(folder.resolve("m"), false);
      Double[] actions = {2.0, 0.0, -1.0, null, 3.0, 77.0};
      double[] whole = model.predict(asked(actions)).numbers("prediction_x");
      assertArrayEquals(whole, model.predict(asked(2.0, 0.0, -1.0, 5.0, 3.0, null)).numbers("prediction_x"));
      // Run a alone, from where it was after its first step.
      Map<String, Object> rest = new LinkedHashMap<>();
      rest.put("run", new String[] {"a", "a"});
      rest.put("t", new double[] {0.2, 0.9});
      rest.put("x", new double[] {whole[2], 0});
      rest.put("u", new double[] {-1, 0});
      assertEquals(whole[3], model.predict(Data.columns(rest)).numbers("prediction_x")[1], 1e-5);
      double[] other = model.predict(asked(2.0, 0.0, 4.0, null, 3.0, null)).numbers("prediction_x");
      assertEquals(whole[2], other[2]);
      assertTrue(other[3] > whole[3] + 1, () -> whole[3] + ", " + other[3]);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertArrayEquals(whole, loaded.predict(asked(actions)).numbers("prediction_x"));
        assertEquals(model.schema(), loaded.schema());
      }
      DataException refused = assertThrows(DataException.class, () -> model.predict(asked(null, 0.0, 4.0, null, 3.0, null)));
      assertTrue(refused.getMessage().contains("row 1, column u: what is done until the next time is missing"), refused::getMessage);
      refused = assertThrows(DataException.class, () -> model.predict(null, asked(actions), 1, 0.1));
      assertTrue(refused.getMessage().contains("depends on what is done"), refused::getMessage);
    }
  }

  private static Data asked(@Nullable Double... actions) {
    List<String> run = List.of("a", "b", "a", "a", "b", "b");
    List<Double> t = List.of(0.0, 0.0, 0.2, 0.9, 0.25, 0.5);
    List<List<@Nullable Object>> rows = new ArrayList<>();
    for (int i = 0; i < actions.length; i++) {
      rows.add(Arrays.asList(run.get(i), t.get(i), i < 2 ? 1.0 : null, actions[i]));
    }
    return Data.rows(List.of("run", "t", "x", "u"), rows);
  }

  @Test
  void theCommandLineTakesThemAndRefusesWhatIsWrong() throws IOException {
    Path source = folder.resolve("source.csv");
    StringBuilder text = new StringBuilder("run,t,x,valve,heat\n");
    for (int run = 0; run < 6; run++) {
      for (int i = 0; i < 8; i++) {
        text.append(run).append(',').append(i).append(',').append((run + i) % 3).append(',').append(i % 2).append(",7\n");
      }
    }
    Files.writeString(source, text.toString());
    Path model = folder.resolve("m");
    Object[] ode = {"--network", "ode", "--trajectory", "run", "--time", "t"};
    Cli.ok(Cli.and(ode, "train", "--source", source, "--out", model, "--action", "valve,heat", "--source-epochs", 2));
    Cli.ok("evaluate", "--model", model, "--input", source, "--source-task");
    assertTrue(Cli.ok("inspect", "--model", model).out().contains("valve, heat"));
    Path gap = Files.writeString(folder.resolve("gap.csv"), "run,t,x,valve,heat\na,0,1,1,\na,1,1,1,7\n");
    Cli.refused("row 1, column heat: what is done until the next time is missing", "evaluate", "--model", model, "--source-task", "--input", gap);
    Path hole = Files.writeString(folder.resolve("hole.csv"), "run,t,x,valve,heat\na,0,1,1,3\na,1,,1,7\na,2,1,1,7\n");
    Cli.refused(
        "row 2, column x: the state is missing; fill it in; left out, it would take its action with it",
        Cli.and(ode, "train", "--source", hole, "--out", folder.resolve("n"), "--action", "valve,heat", "--missing", "drop"));
    Path absent = Files.writeString(folder.resolve("absent.csv"), "run,t,x,valve\na,0,1,1\na,1,1,1\n");
    Cli.refused("lacks column heat", "evaluate", "--model", model, "--source-task", "--input", absent);
    Cli.refused("an action is a column of its own", Cli.and(ode, "train", "--source", source, "--out", folder.resolve("n"), "--action", "t"));
    Cli.refused("column x is a state, and also", Cli.and(ode, "train", "--source", source, "--out", folder.resolve("n"), "--action", "x", "--label", "x"));
    Cli.refused("lacks column u", Cli.and(ode, "train", "--source", source, "--out", folder.resolve("n"), "--action", "u"));
    Cli.refused("--action is for the network ode", "train", "--source", source, "--label", "x", "--out", folder.resolve("n"), "--action", "valve");
  }
}
