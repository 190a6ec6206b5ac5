package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.pacnet.config.Term.C;
import static org.pacnet.config.Term.T;
import static org.pacnet.config.Term.U;
import static org.pacnet.config.Term.U_T;
import static org.pacnet.config.Term.U_TT;
import static org.pacnet.config.Term.U_X;
import static org.pacnet.config.Term.U_XX;
import static org.pacnet.config.Term.X;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Equation;
import org.pacnet.config.Method;
import org.pacnet.config.Pinn;
import org.pacnet.config.Term;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.Problem;
import org.pacnet.pde.Points;
import org.pacnet.result.Monitor;
import org.pacnet.result.Tuning;

/** Physics-informed networks, from tables of points to predictions. */
class PinnTest {

  @TempDir Path folder;

  private static TransferConfig.Builder settings(Equation equation) {
    return TransferConfig.builder("u")
        .network(new Pinn(equation.toString(), List.of(24, 24), 100))
        .source(f -> f.epochs(100))
        .target(f -> f.epochs(100));
  }

  private static Data points(double[] x, double[] t, double coefficient, int condition) {
    Map<String, double[]> columns = new LinkedHashMap<>();
    // In an order of their own.
    columns.put("condition", filled(x.length, condition));
    columns.put("t", t);
    columns.put("x", x);
    columns.put("coefficient", filled(x.length, coefficient));
    columns.put("u", filled(x.length, 0));
    return Data.columns(columns);
  }

  private static double[] filled(int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return values;
  }

  @Test
  void heatIsLearntAndItsTargetToo() {
    Points source = new Points(Equation.HEAT, 0.3);
    Points target = new Points(Equation.HEAT, 0.15);
    TransferConfig config = settings(Equation.HEAT).source(f -> f.epochs(300)).target(f -> f.epochs(600)).build();
    Data few = target.training(40, 40, 2);
    try (Model model = Model.transfer(source.training(800, 200, 1), "t", few, config, new Monitor())) {
      double own = model.evaluate(source.solution(32)).error();
      assertTrue(own < 0.02, "" + own);
      Data test = target.solution(32);
      double before = model.evaluate(test).error();
      double after = model.evaluate("t", test).error();
      assertTrue(after < before / 2, before + " to " + after);
      assertEquals(own, model.evaluate(source.solution(32)).error());
    }
  }

  // Whoever puts an equation together in Java gets the one that is written, whatever a decimal point is called here.
  @Test
  void termsAreAnEquationToo() {
    Term left = U_T.times(Term.sin(X)).minus(Term.cos(T).over(Term.exp(U))).plus(Term.log(Term.of(2).plus(Term.abs(U_X))));
    Term right = Term.sqrt(Term.of(1).plus(U_XX.pow(2))).minus(Term.tanh(U_TT).times(C)).plus(Term.tan(X).times(3e-5)).plus(Term.of(-2.5).pow(-2));
    String written = "u_t*sin(x) - cos(t)/exp(u) + log(2 + abs(u_x)) = sqrt(1 + u_xx^2) - tanh(u_tt)*c + tan(x)*0.00003 + (-2.5)^-2";
    Locale before = Locale.getDefault();
    List<double[]> said = new ArrayList<>();
    try {
      Locale.setDefault(Locale.GERMANY);
      for (Pinn pinn : List.of(Pinn.of(left.minus(right)), Pinn.of(written))) {
        TransferConfig config = settings(Equation.HEAT).network(new Pinn(pinn.equation(), List.of(8), 100)).source(f -> f.epochs(2)).build();
        try (Model model = Model.train(fisher(0.1, 60, 20, 1), config, new Monitor())) {
          said.add(model.predict(points(new double[] {-0.5, 0.25, 0.9}, new double[] {0.1, 0.6, 0.9}, 0.3, 0)).numbers("prediction_u"));
        }
      }
    } finally {
      Locale.setDefault(before);
    }
    assertArrayEquals(said.get(1), said.get(0), 1e-5);
    assertTrue(Math.abs(said.get(0)[0]) > 0.01);
    assertThrows(DataException.class, () -> U.times(Double.NaN));
  }

  // Fisher's equation, which nobody built in, has a wave that goes from left to right (Ablowitz and Zeppetella 1979).
  private static double wave(double x, double t, double c) {
    double e = Math.exp((x / Math.sqrt(c) - 5 * t / Math.sqrt(6)) / Math.sqrt(6));
    return 1 / ((1 + e) * (1 + e));
  }

  private static Data fisher(double c, int inside, int known, long seed) {
    Random random = new Random(seed);
    int count = inside + known;
    double[] x = new double[count];
    double[] t = new double[count];
    double[] condition = new double[count];
    double[] u = new double[count];
    for (int r = 0; r < count; r++) {
      x[r] = 2 * random.nextDouble() - 1;
      t[r] = random.nextDouble();
      if (r >= inside) {
        condition[r] = 1;
        if (r % 2 == 0) {
          t[r] = 0;
        } else {
          x[r] = r % 4 == 1 ? -1 : 1;
        }
        u[r] = wave(x[r], t[r], c);
      }
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("t", t);
    columns.put("coefficient", filled(count, c));
    columns.put("condition", condition);
    columns.put("u", u);
    return Data.columns(columns);
  }

  private static double offFrom(Model model, @Nullable String target, double c) {
    double[] x = new double[200];
    double[] t = new double[200];
    Random random = new Random(77);
    for (int r = 0; r < x.length; r++) {
      x[r] = 2 * random.nextDouble() - 1;
      t[r] = random.nextDouble();
    }
    Data rows = points(x, t, c, 1);
    double[] said = (target == null ? model.predict(rows) : model.predict(target, rows)).numbers("prediction_u");
    double squares = 0;
    for (int r = 0; r < x.length; r++) {
      squares += Math.pow(said[r] - wave(x[r], t[r], c), 2) / x.length;
    }
    return Math.sqrt(squares);
  }

  @Test
  void anEquationOfOnesOwnIsLearntAndItsTargetToo() {
    TransferConfig config =
        TransferConfig.builder("u")
            .network(new Pinn("u_t = c*u_xx + u*(1 - u)", List.of(24, 24), 100))
            .source(f -> f.epochs(300))
            .target(f -> f.epochs(600))
            .build();
    assertNull(((Pinn) config.network()).known());
    try (Model model = Model.transfer(fisher(0.05, 800, 200, 1), "t", fisher(0.02, 40, 40, 2), config, new Monitor())) {
      double own = offFrom(model, null, 0.05);
      assertTrue(own < 0.01, "" + own);
      double before = offFrom(model, null, 0.02);
      double after = offFrom(model, "t", 0.02);
      assertTrue(after < before / 2, before + " to " + after);
      model.save(folder.resolve("fisher"), false);
      try (Model loaded = Model.load(folder.resolve("fisher"))) {
        assertEquals(config.network(), loaded.config().network());
        assertEquals(after, offFrom(loaded, "t", 0.02));
      }
    }
  }

  @Test
  void whatIsNoEquationIsRefusedWithWhereAndWhy() throws IOException {
    Path source = folder.resolve("own.csv");
    Cli.ok("points", "heat", "--coefficient", 0.3, "--points", 60, "--out", source);
    Path model = folder.resolve("own");
    Map<String, String> wrong = new LinkedHashMap<>();
    wrong.put("u_t + u_xxx", "there is no 'u_xxx'");
    wrong.put("u_t = ", "a number, a name or '(' is missing, at character 5");
    wrong.put("(u_t", "')' is missing");
    wrong.put("u_t ; u", "what begins with ';' is not expected");
    wrong.put("x + 1", "says nothing of u");
    wrong.put(" ", "1 to 1000 characters");
    wrong.put("u^x", "must be a number");
    wrong.forEach(
        (equation, why) -> Cli.refused(why, "train", "--source", source, "--network", "pinn", "--equation", equation, "--out", model));
    Object[] own = {"--network", "pinn", "--equation", "u_t = c*u_xx", "--hidden", "8", "--source-epochs", 1, "--out", model};
    Cli.ok(Cli.and(own, "train", "--source", source));
    assertTrue(Cli.ok("inspect", "--model", model).out().contains("u_t=c*u_xx"));
    // No range is known of a coefficient of one's own.
    Path far = write("far.csv", "x,t,coefficient,condition,u\n0,0,70,1,0\n0,0,-7,0,0\n");
    Cli said = Cli.run("evaluate", "--model", model, "--input", far, "--source-task");
    assertEquals(0, said.exitCode());
    assertTrue(said.err().contains("nothing was learnt of it there"), said.err());
  }

  @Test
  void pointsAreLearntLongUnlessSomebodySays() {
    TransferConfig config = TransferConfig.builder("u").network(new Pinn("heat", List.of(4), 100)).build();
    try (Model model = Model.train(new Points(Equation.HEAT, 0.3).training(30, 10, 1), config, new Monitor())) {
      assertEquals(1000, model.config().source().epochs());
    }
  }

  // What a row asks for, by differences of what the same network says of u.
  @ParameterizedTest
  @EnumSource
  void predictionsAreWhatTheConditionAsksFor(Equation equation) {
    double c = equation == Equation.WAVE ? 0.8 : 0.2;
    TransferConfig config = settings(equation).source(f -> f.epochs(20)).build();
    double[] x = {-0.5, 0.1, 0.7};
    double[] t = {0.2, 0.5, 0.9};
    double h = 0.02;
    try (Model model = Model.train(new Points(equation, c).training(200, 60, 1), config, new Monitor())) {
      double[] u = ask(model, x, 0, t, 0, c, 1);
      double[] left = ask(model, x, -h, t, 0, c, 1);
      double[] right = ask(model, x, h, t, 0, c, 1);
      double[] before = ask(model, x, 0, t, -h, c, 1);
      double[] after = ask(model, x, 0, t, h, c, 1);
      double[] velocity = ask(model, x, 0, t, 0, c, 2);
      double[] residual = ask(model, x, 0, t, 0, c, 0);
      for (int i = 0; i < x.length; i++) {
        double ut = (after[i] - before[i]) / (2 * h);
        double ux = (right[i] - left[i]) / (2 * h);
        double uxx = (right[i] - 2 * u[i] + left[i]) / (h * h);
        double utt = (after[i] - 2 * u[i] + before[i]) / (h * h);
        assertEquals(ut, velocity[i], 0.02);
        double expected =
            switch (equation) {
              case HEAT -> ut - c * uxx;
              case BURGERS -> ut + u[i] * ux - c * uxx;
              case ALLEN_CAHN -> ut - c * uxx - 5 * (u[i] - u[i] * u[i] * u[i]);
              case WAVE -> utt - c * c * uxx;
            };
        assertEquals(expected, residual[i], 0.06);
      }
    }
  }

  private static double[] ask(
      Model model, double[] x, double dx, double[] t, double dt, double c, int condition) {
    double[] places = Arrays.stream(x).map(v -> v + dx).toArray();
    double[] times = Arrays.stream(t).map(v -> v + dt).toArray();
    return model.predict(points(places, times, c, condition)).numbers("prediction_u");
  }

  @Test
  void filesKeepItAndMethodsThatCorrectLabelsAreRefused() {
    TransferConfig config = settings(Equation.WAVE).source(f -> f.epochs(3)).target(f -> f.epochs(3)).build();
    Data source = new Points(Equation.WAVE, 1).training(100, 50, 1);
    Data target = new Points(Equation.WAVE, 1.2).training(10, 10, 2);
    try (Model model = Model.transfer(source, "t", target, config, new Monitor())) {
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertArrayEquals(
            model.predict("t", target).numbers("prediction_u"),
            loaded.predict("t", target).numbers("prediction_u"));
        assertEquals(config.network(), loaded.config().network());
      }
      TransferConfig corrected = config.toBuilder().method(Method.GP_RESIDUAL).build();
      assertThrows(
          DataException.class, () -> model.calibrate("g", target, corrected, new Monitor()));
      TransferConfig bounded = config.toBuilder().calibrate(c -> c.intervals(true)).build();
      assertThrows(DataException.class, () -> model.calibrate("i", target, bounded, new Monitor()));
      Tuning tuning = model.tune(target, config, new Monitor());
      assertTrue(tuning.trials().stream().noneMatch(t -> t.config().method().kind() == Method.PAC_STACK));
    }
  }

  @Test
  void theCommandLineMakesPointsAndRefusesWhatIsWrong() throws IOException {
    Path source = folder.resolve("source.csv");
    Path test = folder.resolve("test.parquet");
    Path model = folder.resolve("m");
    Cli.ok("points", "burgers", "--coefficient", 0.1, "--points", 100, "--out", source);
    assertEquals(121, Files.readAllLines(source).size());
    Cli.ok("points", "burgers", "--coefficient", 0.1, "--solution", 16, "--out", test);
    Object[] pinn = {"--network", "pinn", "--equation", "burgers", "--hidden", "8", "--out", model};
    Cli.ok(
        Cli.and(
            pinn, "transfer", "--source", source, "--target", source, "--test", test, "--source-epochs", 2,
            "--target-epochs", 2));
    assertTrue(Cli.ok("evaluate", "--model", model, "--input", test).out().contains("289 rows"));
    Cli compared =
        Cli.ok(
            "compare", "--source", source, "--target", source, "--network", "pinn", "--equation", "burgers", "--hidden", "8",
            "--source-epochs", 1, "--target-epochs", 1, "--methods", "pac");
    assertTrue(compared.out().contains("--network pinn --equation burgers --hidden 8 --source-epochs 1 --ratio 0.8 --method pac "), compared::toString);
    Cli.refused(
        "between 0.005 and 2.0, not 5.0", "points", "burgers", "--coefficient", 5, "--out", folder.resolve("p.csv"));
    Path bad = write("c.csv", "x,t,coefficient,condition,u\n0,0,0.1,1,0\n0,0,7,0,0\n");
    Cli.refused("c.csv, row 2: coefficient is 7.0", "evaluate", "--model", model, "--input", bad);
    Cli.refused("row 2: coefficient", "calibrate", "--model", model, "--name", "n", "--target", bad);
    bad = write("x.csv", "x,t,coefficient,condition,u\n3,0,0.1,1,0\n");
    Cli.refused("row 1: x is 3.0", "evaluate", "--model", model, "--input", bad);
    bad = write("q.csv", "x,t,coefficient,condition,u\n0,0,0.1,1.5,0\n");
    Cli.refused("condition is 1.5", "evaluate", "--model", model, "--input", bad);
    bad = write("a.csv", "x,t,coefficient,u\n0,0,0.1,1\n0,1,0.1,1\n");
    Path other = folder.resolve("n");
    Cli.refused(
        "x, t, coefficient, condition",
        "train", "--source", bad, "--network", "pinn", "--equation", "burgers", "--out", other);
    Cli.refused("--equation", "train", "--source", source, "--network", "pinn", "--out", other);
    Cli.refused(
        "for the network pinn", "train", "--source", source, "--label", "u", "--equation", "heat", "--out", other);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @ParameterizedTest
  @EnumSource(
      value = Experiment.Problems.class,
      names = {"HEAT", "BURGERS", "ALLEN_CAHN", "WAVE"})
  void theExperimentsSourceHelps(Experiment.Problems problem) {
    try (Problem at = problem.at(1)) {
      TransferConfig config = at.settings().source(f -> f.epochs(60)).target(f -> f.epochs(200)).build();
      Samples.expectHelpfulSource(at, config, 20, (model, pac) -> {});
    }
  }
}
