package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Method;
import org.pacnet.config.Missing;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Importance;
import org.pacnet.result.Monitor;
import org.pacnet.result.Tuning;

/** Columns that the target has and the source does not: a gauge t and the tool, both of which move y there. */
class ExtraColumnsTest {

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Map<String, Object> table(int rows, boolean target, long seed) {
    Random random = new Random(seed);
    double[] x = new double[rows];
    double[] z = new double[rows];
    double[] t = new double[rows];
    String[] tool = new String[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      x[r] = 6 * random.nextDouble();
      z[r] = random.nextGaussian();
      t[r] = 300 + 20 * random.nextGaussian();
      tool[r] = "T" + random.nextInt(3);
      y[r] = 3 * Math.sin(x[r]) + z[r] + 0.1 * random.nextGaussian();
      if (target) {
        y[r] += 1 + 0.08 * (t[r] - 300) + (tool[r].equals("T1") ? 2 : 0);
      }
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    if (target) {
      columns.put("t", t);
      columns.put("tool", tool);
    }
    columns.put("y", y);
    return columns;
  }

  @BeforeAll
  static void base() {
    Data source = Data.columns(table(300, false, 1));
    TransferConfig config =
        TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(150)).seed(2).columns(c -> c.missing(Missing.MEAN)).build();
    try (Model model = Model.train(source, config, new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(shared.resolve("base"), false);
    }
  }

  private static Model model() {
    return Model.load(shared.resolve("base"));
  }

  private static TransferConfig with(Model model, Method method, String... extra) {
    return model.config().toBuilder().method(method).calibrate(c -> c.extra(extra)).build();
  }

  private static Map<String, Object> without(Map<String, Object> table, String... columns) {
    Map<String, Object> less = new LinkedHashMap<>(table);
    less.keySet().removeAll(List.of(columns));
    return less;
  }

  private static double[] said(Model model, String target, Map<String, Object> rows) {
    return model.predict(target, Data.columns(rows)).numbers("prediction_y");
  }

  private static double rmse(Model model, String target, Map<String, Object> rows) {
    double[] y = (double[]) rows.get("y");
    double[] said = said(model, target, rows);
    return Math.sqrt(IntStream.range(0, y.length).mapToDouble(r -> (y[r] - said[r]) * (y[r] - said[r])).average().orElseThrow());
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "STACK", "COKRIGING", "COKRIGING_BMA", "GP_RESIDUAL", "GP", "RIDGE_RESIDUAL"})
  void whatCorrectsTheBaseLearnsFromThem(Method method) {
    try (Model model = model()) {
      Map<String, Object> few = table(40, true, 5);
      Map<String, Object> fresh = table(200, true, 6);
      model.calibrate("with", Data.columns(few), with(model, method, "t", "tool"), new Monitor());
      model.calibrate("plain", Data.columns(without(few, "t", "tool")), with(model, method), new Monitor());
      double plain = rmse(model, "plain", fresh);
      double better = rmse(model, "with", fresh);
      assertTrue(better < 0.7 * plain, method + ": " + better + " with them, " + plain + " without");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"STACK", "COKRIGING", "COKRIGING_BMA", "GP_RESIDUAL", "GP", "RIDGE_RESIDUAL"})
  void itComesBackFromTheFileAndInPlainJava(Method method) {
    try (Model model = model()) {
      Map<String, Object> few = table(25, true, 5);
      Map<String, Object> fresh = table(30, true, 6);
      model.calibrate("t", Data.columns(few), with(model, method, "t", "tool"), new Monitor());
      double[] here = said(model, "t", fresh);
      Path saved = folder.resolve("model");
      model.save(saved, false);
      try (Model read = Model.load(saved)) {
        assertArrayEquals(here, said(read, "t", fresh));
        assertEquals(List.of("t", "tool"), read.config("t").calibrate().extra());
        assertEquals(
            List.of(ColumnKind.NUMERIC, ColumnKind.CATEGORICAL),
            read.ownInputs("t").stream().map(Schema.Input::kind).toList());
        same(read.rowPredictor("t"), fresh, here);
      }
      same(SavedModel.open(saved).target("t"), fresh, here);
    }
  }

  private static void same(RowPredictor predictor, Map<String, Object> rows, double[] expected) {
    assertEquals(List.of("x", "z", "t", "tool"), predictor.inputs());
    for (int r = 0; r < expected.length; r++) {
      double[] row = {
        ((double[]) rows.get("x"))[r], ((double[]) rows.get("z"))[r], ((double[]) rows.get("t"))[r],
        predictor.category(3, ((String[]) rows.get("tool"))[r])
      };
      assertEquals(expected[r], predictor.predict(row)[0], 1e-4 * Math.max(1, Math.abs(expected[r])));
    }
  }

  @Test
  void missingValuesAreFilledAsThoseOfTheSourceAre() {
    try (Model model = model()) {
      Map<String, Object> few = table(20, true, 5);
      double[] t = ((double[]) few.get("t")).clone();
      String[] texts = Arrays.stream(t).mapToObj(Double::toString).toArray(String[]::new);
      texts[3] = "";
      Map<String, Object> hole = new LinkedHashMap<>(few);
      hole.put("t", Arrays.stream(texts).map(v -> v.isEmpty() ? null : Double.valueOf(v)).toArray(Double[]::new));
      model.calibrate("hole", Data.columns(without(hole, "tool")), with(model, Method.COKRIGING, "t"), new Monitor());
      double mean = IntStream.range(0, 20).filter(r -> r != 3).mapToDouble(r -> t[r]).average().orElseThrow();
      assertEquals(mean, model.ownInputs("hole").get(0).fill(), 1e-9);
      Map<String, Object> asked = table(3, true, 7);
      Map<String, Object> filled = new LinkedHashMap<>(asked);
      filled.put("t", new double[] {mean, mean, mean});
      asked.put("t", new Double[] {null, null, null});
      assertArrayEquals(said(model, "hole", filled), said(model, "hole", asked), 1e-6);
    }
  }

  @Test
  void classesToo() {
    Map<String, Object> source = table(300, false, 1);
    Map<String, Object> few = table(60, true, 5);
    Map<String, Object> fresh = table(300, true, 6);
    for (Map<String, Object> rows : List.of(source, few, fresh)) {
      rows.put("y", Arrays.stream((double[]) rows.get("y")).mapToObj(v -> v > 1 ? "high" : "low").toArray(String[]::new));
    }
    TransferConfig config =
        TransferConfig.builder("y").objective(o -> o.task(Task.CLASSIFICATION)).hidden(16).source(f -> f.epochs(80)).seed(2).build();
    try (Model model = Model.train(Data.columns(source), config, new Monitor())) {
      model.prune();
      model.allocate(Data.columns(source), new Monitor());
      model.calibrate("plain", Data.columns(without(few, "t", "tool")), with(model, Method.AUTO), new Monitor());
      model.calibrate("with", Data.columns(few), with(model, Method.AUTO, "t", "tool"), new Monitor());
      assertEquals(Method.LOGISTIC, model.config("with").method().kind());
      double plain = model.evaluate("plain", Data.columns(fresh)).error();
      double better = model.evaluate("with", Data.columns(fresh)).error();
      assertTrue(better < 0.9 * plain, better + " with them, " + plain + " without");
      Path saved = folder.resolve("model");
      model.save(saved, false);
      try (Model read = Model.load(saved)) {
        assertArrayEquals(
            model.predict("with", Data.columns(fresh)).classes(), read.predict("with", Data.columns(fresh)).classes());
      }
    }
  }

  @Test
  void choosingBoundsImportanceAndSuggestionsKnowThem() {
    try (Model model = model()) {
      Data few = Data.columns(table(25, true, 5));
      TransferConfig how =
          with(model, Method.AUTO, "t", "tool").toBuilder().calibrate(c -> c.intervals(true)).build();
      Tuning tuning = model.tune(few, how, new Monitor());
      assertTrue(
          tuning.trials().stream()
              .map(t -> t.config().method().kind())
              .allMatch(m -> m.takesOwnInputs() || m == Method.UNTOUCHED),
          tuning.trials().toString());
      assertTrue(tuning.best().loss() < 0.5 * tuning.untouched().loss());
      model.calibrate("t", few, how, new Monitor());
      Map<String, Object> fresh = table(50, true, 6);
      Predictions bounded = model.predict("t", Data.columns(fresh), 0.8);
      assertEquals(50, bounded.numbers("lower_y").length);
      Importance importance = model.importance(few, null, how, new Monitor());
      Map<String, Importance.Input> inputs =
          importance.inputs().stream().collect(Collectors.toMap(Importance.Input::name, i -> i));
      assertEquals(List.of("x", "z", "t", "tool"), importance.inputs().stream().map(Importance.Input::name).toList());
      // The base is the same whatever they are, but for rounding: it is asked of more rows at once, which some processors sum in another order.
      assertEquals(importance.source(), inputs.get("t").source(), 1e-6);
      assertTrue(inputs.get("t").target() > 1.2 * importance.target(), importance.toString());
      assertEquals(3, model.suggest("t", Data.columns(without(fresh, "y")), 3).size());
    }
  }

  @Test
  void groupsHaveThemAndAreAskedOneByOne() {
    try (Model model = model()) {
      Map<String, Object> both = table(60, true, 5);
      both.put("line", IntStream.range(0, 60).mapToObj(r -> "L" + r % 2).toArray(String[]::new));
      TransferConfig how = with(model, Method.RIDGE_RESIDUAL, "t", "tool");
      Map<String, Data> groups = model.groups(Data.columns(both), "line", how, new Monitor());
      model.calibrateAll(groups, how, false, outcome -> {}, new Monitor());
      Map<String, Object> own = new LinkedHashMap<>();
      int[] rows = IntStream.range(0, 60).filter(r -> r % 2 == 1).toArray();
      both.forEach(
          (name, values) ->
              own.put(
                  name,
                  values instanceof double[] numbers
                      ? IntStream.of(rows).mapToDouble(r -> numbers[r]).toArray()
                      : IntStream.of(rows).mapToObj(r -> ((String[]) values)[r]).toArray(String[]::new)));
      model.calibrate("alone", Data.columns(without(own, "line")), how, new Monitor());
      Map<String, Object> fresh = table(20, true, 6);
      assertEquals(model.ownInputs("alone"), model.ownInputs("L1"));
      assertArrayEquals(said(model, "alone", fresh), said(model, "L1", fresh));
      fresh.put("line", IntStream.range(0, 20).mapToObj(r -> "L" + r % 2).toArray(String[]::new));
      assertSaid("the target 'L0' has inputs of its own (t, tool)", () -> model.predictByTarget(Data.columns(fresh), "line"));
    }
  }

  @Test
  void whatIsWrongIsSaid() {
    try (Model model = model()) {
      Data few = Data.columns(table(12, true, 5));
      Data plain = Data.columns(without(table(12, true, 5), "t", "tool"));
      assertSaid("has columns t, tool, which the source data did not have", () -> calibrate(model, few, Method.COKRIGING));
      assertSaid("lacks column", () -> calibrate(model, plain, Method.COKRIGING, "t"));
      assertSaid("column x is the source's too", () -> calibrate(model, few, Method.COKRIGING, "x"));
      assertSaid("column y is the source's too", () -> calibrate(model, few, Method.COKRIGING, "y"));
      for (Method method : List.of(Method.PAC, Method.TREES, Method.POOLED_LINEAR, Method.PAC_STACK, Method.AFFINE)) {
        assertSaid("can't learn from columns that the source does not have", () -> calibrate(model, few, method, "t", "tool"));
      }
      calibrate(model, few, Method.COKRIGING, "t", "tool");
      assertSaid("lacks columns t, tool", () -> model.predict("t", plain));
      Map<String, Object> another = table(3, true, 8);
      another.put("tool", new String[] {"T9", "T0", "T1"});
      assertSaid("'T9'", () -> model.predict("t", Data.columns(another)));
      // The base is asked without them, as ever.
      assertEquals(12, model.predict(plain).rows());
    }
  }

  private static void calibrate(Model model, Data few, Method method, String... extra) {
    model.calibrate("t", few, with(model, method, extra), new Monitor());
  }

  private static void assertSaid(String words, org.junit.jupiter.api.function.Executable call) {
    DataException e = assertThrows(DataException.class, call);
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }

  private Path csv(String name, Map<String, Object> table) {
    StringBuilder text = new StringBuilder(String.join(",", table.keySet())).append('\n');
    int rows = ((double[]) table.get("x")).length;
    for (int r = 0; r < rows; r++) {
      int row = r;
      text.append(
              table.values().stream()
                  .map(v -> v instanceof double[] numbers ? String.valueOf(numbers[row]) : ((String[]) v)[row])
                  .collect(Collectors.joining(",")))
          .append('\n');
    }
    return Samples.write(folder.resolve(name), text.toString());
  }

  @Test
  void byTheCommandLine() {
    Path source = csv("s.csv", table(60, false, 1));
    Path target = csv("t.csv", table(20, true, 2));
    Path fresh = csv("f.csv", table(20, true, 3));
    Path model = folder.resolve("model");
    Cli.ok(
        "transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 8, "--source-epochs", 3, "--extra", "t,tool", "--out", model);
    Cli.ok("evaluate", "--model", model, "--name", "target", "--input", fresh);
    Cli.ok("predict", "--model", model, "--name", "target", "--input", fresh, "--out", folder.resolve("p.csv"));
    Cli inspected = Cli.ok("inspect", "--model", model);
    assertTrue(inspected.out().contains("t, tool"), inspected.out());
    Path plain = csv("plain.csv", without(table(20, true, 4), "t", "tool"));
    Cli.refused("lacks columns t, tool", "calibrate", "--model", model, "--target", plain, "--name", "u");
    Cli.ok("calibrate", "--model", model, "--target", plain, "--name", "u", "--extra", "");
  }
}
