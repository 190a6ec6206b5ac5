package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Method;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.predict.RowPredictor;
import org.pacnet.result.Monitor;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;

/** How much rows count: by a column, and so that classes count the same. */
class RowWeightsTest {

  private static final double ROUGH = 4;

  @TempDir Path folder;

  // Every other row of a target is off by noise of deviation 4, and counts as much less as least squares would have it.
  private static Map<String, Object> table(int rows, double shift, boolean noisy, long seed) {
    Random random = new Random(seed);
    double[] x = new double[rows];
    double[] z = new double[rows];
    double[] y = new double[rows];
    double[] w = new double[rows];
    for (int r = 0; r < rows; r++) {
      double noise = noisy && r % 2 == 1 ? ROUGH : 0.2;
      x[r] = 6 * random.nextDouble();
      z[r] = random.nextGaussian();
      y[r] = 3 * Math.sin(x[r]) + z[r] + shift * (1 + 0.5 * x[r]) + noise * random.nextGaussian();
      w[r] = 40 / (noise * noise);
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    columns.put("y", y);
    columns.put("w", w);
    return columns;
  }

  private static Data without(Map<String, Object> table, String column) {
    Map<String, Object> less = new LinkedHashMap<>(table);
    less.remove(column);
    return Data.columns(less);
  }

  private static TransferConfig.Builder config() {
    return TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(60)).target(f -> f.epochs(150)).seed(2);
  }

  private static Model base() {
    Data source = without(table(300, 0, false, 1), "w");
    Model model = Model.train(source, config().build(), new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  private static double rmse(double[] said, double[] truth) {
    double squares = 0;
    for (int r = 0; r < said.length; r++) {
      squares += (said[r] - truth[r]) * (said[r] - truth[r]);
    }
    return Math.sqrt(squares / said.length);
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "FINETUNE", "AFFINE", "RIDGE_RESIDUAL", "GP", "GP_RESIDUAL", "COKRIGING", "COKRIGING_BMA", "POOLED_LINEAR", "TREES", "STACK", "PAC_STACK"})
  void rowsThatCountLittleDisturbLittle(Method method) {
    try (Model model = base()) {
      Map<String, Object> fresh = table(300, 1, false, 9);
      double[] truth = (double[]) fresh.get("y");
      double with = 0;
      double alike = 0;
      int draws = 6;
      for (int draw = 0; draw < draws; draw++) {
        Map<String, Object> few = table(24, 1, true, 100 + draw);
        TransferConfig.Builder how = model.config().toBuilder().method(method);
        model.calibrate("alike", without(few, "w"), how.build(), new Monitor());
        model.calibrate("with", Data.columns(few), how.columns(c -> c.weight("w")).build(), new Monitor());
        alike += rmse(model.predict("alike", Data.columns(fresh)).numbers("prediction_y"), truth) / draws;
        with += rmse(model.predict("with", Data.columns(fresh)).numbers("prediction_y"), truth) / draws;
      }
      assertTrue(with < 0.95 * alike, method + ": with weights " + with + ", without " + alike);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "RIDGE_RESIDUAL", "GP_RESIDUAL", "STACK"})
  void onlyHowTheyCompareMatters(Method method) {
    try (Model model = base()) {
      Map<String, Object> few = table(20, 1, true, 5);
      TransferConfig how = model.config().toBuilder().method(method).build();
      TransferConfig weighed = how.toBuilder().columns(c -> c.weight("w")).build();
      Map<String, Object> same = new LinkedHashMap<>(few);
      double[] all = new double[20];
      Arrays.fill(all, 0.7);
      same.put("w", all);
      model.calibrate("plain", without(few, "w"), how, new Monitor());
      model.calibrate("same", Data.columns(same), weighed, new Monitor());
      assertArrayEquals(said(model, "plain", few), said(model, "same", few), method.toString());
      Map<String, Object> scaled = new LinkedHashMap<>(few);
      scaled.put("w", Arrays.stream((double[]) few.get("w")).map(v -> v * 1024).toArray());
      model.calibrate("weighed", Data.columns(few), weighed, new Monitor());
      model.calibrate("scaled", Data.columns(scaled), weighed, new Monitor());
      assertArrayEquals(said(model, "weighed", few), said(model, "scaled", few), method.toString());
      assertFalse(Arrays.equals(said(model, "plain", few), said(model, "weighed", few)), method.toString());
    }
  }

  private static double[] said(Model model, String target, Map<String, Object> rows) {
    return model.predict(target, Data.columns(rows)).numbers("prediction_y");
  }

  @Test
  void aRowOfWeightTwoIsTwoRowsForLeastSquares() {
    try (Model model = base()) {
      TransferConfig affine = model.config().toBuilder().method(Method.AFFINE).build();
      Map<String, Object> few = table(8, 1, false, 5);
      few.put("w", new double[] {1, 2, 1, 1, 1, 3, 1, 1});
      int[] written = {0, 1, 1, 2, 3, 4, 5, 5, 5, 6, 7};
      Map<String, Object> rows = new LinkedHashMap<>();
      few.forEach((name, values) -> rows.put(name, IntStream.of(written).mapToDouble(r -> ((double[]) values)[r]).toArray()));
      model.calibrate("weighed", Data.columns(few), affine.toBuilder().columns(c -> c.weight("w")).build(), new Monitor());
      model.calibrate("written", without(rows, "w"), affine, new Monitor());
      assertArrayEquals(said(model, "written", few), said(model, "weighed", few), 1e-5);
    }
  }

  @Test
  void theSourcesWeightsCountInTheBaseAndInWhatIsKeptOfIt() {
    Map<String, Object> source = table(300, 0, true, 1);
    Map<String, Object> fresh = table(300, 0, false, 9);
    double[] truth = (double[]) fresh.get("y");
    double[] errors = new double[2];
    for (int weighed = 0; weighed < 2; weighed++) {
      TransferConfig.Builder how = config().source(f -> f.epochs(400));
      Data rows = without(source, "w");
      if (weighed == 1) {
        how.columns(c -> c.weight("w"));
        rows = Data.columns(source);
      }
      try (Model model = Model.train(rows, how.build(), new Monitor())) {
        model.prune();
        model.allocate(rows, new Monitor());
        TransferConfig pooled = model.config().toBuilder().columns(c -> c.weight(null)).method(Method.UNTOUCHED).build();
        model.calibrate("t", without(table(10, 0, false, 4), "w"), pooled, new Monitor());
        errors[weighed] = rmse(said(model, "t", fresh), truth);
        Path saved = folder.resolve("model" + weighed);
        model.save(saved, false);
        try (Model read = Model.load(saved)) {
          TransferConfig trees = pooled.toBuilder().method(Method.TREES).build();
          read.calibrate("a", without(table(10, 0, false, 4), "w"), trees, new Monitor());
          model.calibrate("b", without(table(10, 0, false, 4), "w"), trees, new Monitor());
          assertArrayEquals(said(read, "a", fresh), said(model, "b", fresh));
          assertEquals(weighed == 1 ? "w" : null, read.config().columns().weight());
        }
      }
    }
    assertTrue(errors[1] < 0.8 * errors[0], Arrays.toString(errors));
  }

  @ParameterizedTest
  @EnumSource(names = {"GP", "COKRIGING", "COKRIGING_BMA", "STACK"})
  void whatWasLearntComesBackFromTheFileAndInPlainJava(Method method) {
    try (Model model = base()) {
      Map<String, Object> few = table(20, 1, true, 5);
      TransferConfig how = model.config().toBuilder().method(method).columns(c -> c.weight("w")).build();
      model.calibrate("t", Data.columns(few), how, new Monitor());
      double[] here = said(model, "t", few);
      Path saved = folder.resolve("model");
      model.save(saved, false);
      try (Model read = Model.load(saved)) {
        assertArrayEquals(here, said(read, "t", few));
        RowPredictor predictor = read.rowPredictor("t");
        for (int r = 0; r < here.length; r++) {
          double[] row = {((double[]) few.get("x"))[r], ((double[]) few.get("z"))[r]};
          assertEquals(here[r], predictor.predict(row)[0], 2e-4 * Math.max(1, Math.abs(here[r])), method + " row " + r);
        }
      }
    }
  }

  // Between what the source alone says and what the target's rows alone say.
  @ParameterizedTest
  @EnumSource(names = {"POOLED_LINEAR", "TREES", "STACK"})
  void theTargetsShareSaysWhomToBelieve(Method method) {
    try (Model model = base()) {
      Map<String, Object> few = table(24, 3, false, 5);
      few.remove("w");
      double[] errors = new double[3];
      double[] truth = (double[]) few.get("y");
      double[] shares = {0.02, 0.5, 0.98};
      for (int i = 0; i < shares.length; i++) {
        double share = shares[i];
        TransferConfig how = model.config().toBuilder().method(method).calibrate(c -> c.targetShare(share)).build();
        model.calibrate("t", Data.columns(few), how, new Monitor());
        errors[i] = rmse(said(model, "t", few), truth);
      }
      TransferConfig usual = model.config().toBuilder().method(method).build();
      model.calibrate("u", Data.columns(few), usual, new Monitor());
      assertEquals(errors[1], rmse(said(model, "u", few), truth), 1e-9, "half is what is usual");
      // On the rows that it learnt from.
      assertTrue(errors[0] > errors[2], Arrays.toString(errors));
    }
  }

  // A line through source and target is wrong about a target that rises otherwise: four fifths of the weight is better than half.
  @Test
  void tuningFindsWhomToBelieve() {
    try (Model model = base()) {
      Map<String, Object> few = table(40, 3, false, 5);
      few.remove("w");
      TransferConfig how = model.config().toBuilder().method(Method.TREES).build();
      Tuning tuning = model.compare(Data.columns(few), null, List.of(Method.POOLED_LINEAR), true, how, new Monitor());
      Trial line = tuning.trials().stream().filter(t -> t.config().method().kind() == Method.POOLED_LINEAR).findFirst().orElseThrow();
      assertEquals(0.8, line.config().calibrate().targetShare());
      List<Double> shares =
          model.tune(Data.columns(few), how, new Monitor()).trials().stream()
              .filter(t -> t.config().method().kind() == Method.TREES)
              .map(t -> t.config().calibrate().targetShare())
              .toList();
      assertEquals(new HashSet<>(Arrays.asList(null, 0.2, 0.8)), new HashSet<>(shares));
      // Whoever says it himself is taken at his word.
      TransferConfig said = how.toBuilder().calibrate(c -> c.targetShare(0.4)).build();
      for (Trial trial : model.tune(Data.columns(few), said, new Monitor()).trials()) {
        assertEquals(0.4, trial.config().calibrate().targetShare());
      }
    }
  }

  // Class b is one row of twenty, and hard to tell.
  private static Map<String, Object> classes(int rows, double shift, long seed) {
    Random random = new Random(seed);
    double[] x = new double[rows];
    double[] z = new double[rows];
    String[] y = new String[rows];
    for (int r = 0; r < rows; r++) {
      boolean rare = r % 20 == 7;
      x[r] = random.nextGaussian() + (rare ? 1.8 : 0) + shift;
      z[r] = random.nextGaussian();
      y[r] = rare ? "b" : "a";
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    columns.put("y", y);
    return columns;
  }

  // Mean over the classes of how many of them are recognised.
  private static double balancedAccuracy(String[] said, String[] truth) {
    double sum = 0;
    for (String name : List.of("a", "b")) {
      int[] own = IntStream.range(0, truth.length).filter(r -> truth[r].equals(name)).toArray();
      sum += IntStream.of(own).filter(r -> said[r].equals(name)).count() / (2.0 * own.length);
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "LOGISTIC", "POOLED_LINEAR", "TREES", "UNTOUCHED"})
  void balancedTheRareClassIsFound(Method method) {
    double[] found = new double[2];
    for (int balanced = 0; balanced < 2; balanced++) {
      boolean how = balanced == 1;
      Data source = Data.columns(classes(2000, 0, 1));
      Data target = Data.columns(classes(200, 0.2, 2));
      Map<String, Object> fresh = classes(2000, 0.2, 3);
      TransferConfig config =
          TransferConfig.builder("y")
              .objective(o -> o.task(Task.CLASSIFICATION).balanced(how))
              .hidden(16)
              .fits(f -> f.learningRate(0.01))
              .source(f -> f.epochs(20))
              .target(f -> f.epochs(60))
              .seed(3)
              .method(method)
              .build();
      try (Model model = Model.train(source, config, new Monitor())) {
        model.prune();
        model.allocate(source, new Monitor());
        model.calibrate("t", target, source, model.config(), new Monitor());
        found[balanced] = balancedAccuracy(model.predict("t", Data.columns(fresh)).classes(), (String[]) fresh.get("y"));
      }
    }
    assertTrue(found[0] < 0.7 && found[1] > found[0] + (method == Method.TREES ? 0.02 : 0.1), method + ": " + Arrays.toString(found));
  }

  @Test
  void whatIsWrongWithTheColumnIsSaid() {
    try (Model model = base()) {
      TransferConfig how = model.config().toBuilder().method(Method.RIDGE_RESIDUAL).columns(c -> c.weight("w")).build();
      Map<String, Object> few = table(8, 1, true, 5);
      assertSaid("lacks column w, which says how much a row counts", model, without(few, "w"), how);
      for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e-60}) {
        Map<String, Object> bad = new LinkedHashMap<>(few);
        double[] w = ((double[]) few.get("w")).clone();
        w[6] = wrong;
        bad.put("w", w);
        assertSaid("row 7, column w: " + wrong + " is no weight", model, Data.columns(bad), how);
      }
      Map<String, Object> text = new LinkedHashMap<>(few);
      String[] words = IntStream.range(0, 8).mapToObj(i -> i == 2 ? "much" : "1").toArray(String[]::new);
      text.put("w", words);
      assertSaid("row 1, column w: '1' is no weight", model, Data.columns(text), how);
    }
    DataException e =
        assertThrows(DataException.class, () -> config().objective(o -> o.balanced(true)).build());
    assertTrue(e.getMessage().contains("is for a classification"), e.getMessage());
  }

  private static void assertSaid(String words, Model model, Data few, TransferConfig settings) {
    DataException e = assertThrows(DataException.class, () -> model.calibrate("t", few, settings, new Monitor()));
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertEquals(List.of("weight"), e.settings());
  }

  private Path csv(String name, Map<String, Object> table) {
    StringBuilder text = new StringBuilder("x,z,y,w\n");
    for (int r = 0; r < ((double[]) table.get("x")).length; r++) {
      for (String column : List.of("x", "z", "y", "w")) {
        text.append(String.format(Locale.ROOT, "%s%.5f", column.equals("x") ? "" : ",", ((double[]) table.get(column))[r]));
      }
      text.append('\n');
    }
    return Samples.write(folder.resolve(name), text.toString());
  }

  @Test
  void byTheCommandLine() {
    Path source = csv("s.csv", table(60, 0, true, 1));
    Path target = csv("t.csv", table(12, 1, true, 2));
    Path model = folder.resolve("model");
    Object[] quick = {"--label", "y", "--hidden", 8, "--source-epochs", 3, "--target-epochs", 5};
    Cli.ok(Cli.and(quick, "transfer", "--source", source, "--target", target, "--weight", "w", "--out", model));
    try (Model read = Model.load(model)) {
      assertEquals("w", read.config("target").columns().weight());
      assertEquals(List.of("x", "z"), read.schema().inputs().stream().map(i -> i.name()).toList());
    }
    // A table to predict need not have it, nor one that is calibrated without it.
    Path without = Samples.write(folder.resolve("u.csv"), "x,z,y\n1,2,3\n2,3,1\n3,1,2\n");
    Cli.ok("predict", "--model", model, "--name", "target", "--input", without, "--out", folder.resolve("p.csv"));
    Cli.ok("evaluate", "--model", model, "--name", "target", "--input", csv("fresh.csv", table(12, 1, true, 3)));
    Cli.refused("lacks column w, which says how much a row counts", "calibrate", "--model", model, "--target", without, "--name", "u");
    Cli.ok("calibrate", "--model", model, "--target", without, "--name", "u", "--weight", "");
    Cli.refused("lacks column v, which says", Cli.and(quick, "transfer", "--source", source, "--target", target, "--weight", "v", "--out", folder.resolve("v")));
    Cli.refused("--balanced", Cli.and(quick, "transfer", "--source", source, "--target", target, "--balanced", "--out", folder.resolve("v")));
  }
}
