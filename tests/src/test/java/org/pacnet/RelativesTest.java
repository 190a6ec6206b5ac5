package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.fit.Fixture;
import org.pacnet.internal.learn.Relatives;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Family;
import org.pacnet.result.Monitor;

/** What is learnt from other targets: merged, voted for, routed to and taught. */
class RelativesTest {

  private static final List<String> BOTH = List.of("low", "high");

  @TempDir Path folder;

  // Where w is negative, the one target; elsewhere the other, where side is 0. With side 1 or 2 it is one of them everywhere.
  private static Map<String, Object> rows(int count, int side, double noise, long seed) {
    Random random = new Random(seed);
    double[] x = new double[count];
    double[] w = new double[count];
    double[] y = new double[count];
    for (int r = 0; r < count; r++) {
      x[r] = 4 * random.nextDouble();
      w[r] = random.nextGaussian();
      int which = side == 0 ? (w[r] < 0 ? 1 : 2) : side;
      y[r] = (which == 1 ? Math.sin(x[r] + 1) : which == 2 ? -Math.sin(x[r] + 1) : which == 3 ? Math.sin(x[r]) : 5 + x[r]) + noise * random.nextGaussian();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("w", w);
    columns.put("y", y);
    return columns;
  }

  private static Data table(int count, int side, double noise, long seed) {
    return Data.columns(rows(count, side, noise, seed));
  }

  private static Model family() {
    TransferConfig config =
        TransferConfig.builder("y").hidden(24, 24).method(Method.PAC).source(f -> f.epochs(60)).target(f -> f.epochs(200)).seed(2).build();
    Model model = Model.train(table(400, 3, 0.05, 1), config, new Monitor());
    model.prune();
    model.allocate(table(400, 3, 0.05, 1), new Monitor());
    model.calibrate("low", table(200, 1, 0.05, 2), new Monitor());
    model.calibrate("high", table(200, 2, 0.05, 3), new Monitor());
    return model;
  }

  private static double error(Model model, String target) {
    return model.evaluate(target, table(1000, 0, 0, 99)).error();
  }

  private static TransferConfig by(Model model, MethodSpec method) {
    return model.config().toBuilder().method(method).build();
  }

  // A target that is one of two others here and the other there.
  @Test
  void aHubFindsOutWhomToAskWhere() throws IOException {
    Path directory = folder.resolve("model");
    Data few = table(40, 0, 0.05, 7);
    try (Model model = family()) {
      double[] base = model.predict(table(50, 0, 0, 5)).numbers("prediction_y");
      model.calibrate("alone", few, new Monitor());
      model.calibrate("merged", few, by(model, new MethodSpec.Merge(BOTH, null)), new Monitor());
      model.calibrate("hub", few, by(model, new MethodSpec.Hub(BOTH, 0, null)), new Monitor());
      model.calibrate("top", few, by(model, new MethodSpec.Hub(BOTH, 1, null)), new Monitor());
      double alone = error(model, "alone");
      double merged = error(model, "merged");
      double hub = error(model, "hub");
      assertTrue(hub < 0.8 * alone && hub < 0.8 * merged, "hub " + hub + ", alone " + alone + ", merged " + merged);
      assertTrue(error(model, "top") < 0.8 * alone, "top " + error(model, "top"));
      Map<String, Double> counted = model.report("hub").relatives();
      assertEquals(BOTH, new ArrayList<>(counted.keySet()));
      assertEquals(1, counted.values().stream().mapToDouble(share -> share).sum(), 1e-6);
      assertTrue(counted.values().stream().allMatch(share -> share > 0.3), counted::toString);
      assertArrayEquals(base, model.predict(table(50, 0, 0, 5)).numbers("prediction_y"));
      // The same bits again, and whatever came in between.
      double[] said = model.predict("hub", table(50, 0, 0, 5)).numbers("prediction_y");
      model.calibrate("again", few, by(model, new MethodSpec.Hub(BOTH, 0, null)), new Monitor());
      assertArrayEquals(said, model.predict("again", table(50, 0, 0, 5)).numbers("prediction_y"));
      // Who is near whom.
      Family family = model.family(List.of("low", "high", "hub"));
      assertEquals(List.of("source", "low", "high", "hub"), family.names());
      assertEquals("y", family.unit());
      double[][] apart = new double[4][4];
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          apart[i][j] = family.apart().get(i).get(j);
          assertEquals(family.apart().get(j).get(i), apart[i][j], 1e-12);
        }
        assertEquals(0, apart[i][i]);
      }
      // 2·sin has a mean square of about 2, of which a hub is half way.
      assertEquals(1.4, apart[1][2], 0.3);
      assertTrue(apart[1][3] < apart[1][2] && apart[2][3] < apart[1][2], Arrays.deepToString(apart));
      model.save(directory, false);
      String page = Cli.ok("report", "--model", directory, "--out", folder.resolve("page.html")).out();
      assertTrue(page.contains("page.html"), page);
      String html = Files.readString(folder.resolve("page.html"));
      assertTrue(html.contains("Which target is near which") && html.contains("What hub was learnt from"));
      try (Model loaded = Model.load(directory)) {
        assertArrayEquals(said, loaded.predict("hub", table(50, 0, 0, 5)).numbers("prediction_y"));
        loaded.calibrate("again", few, by(model, new MethodSpec.Hub(BOTH, 0, null)), new Monitor());
        assertArrayEquals(said, loaded.predict("again", table(50, 0, 0, 5)).numbers("prediction_y"));
        assertEquals(counted, loaded.report("hub").relatives());
      }
      for (String target : List.of("hub", "top")) {
        RowPredictor single = SavedModel.open(directory).target(target);
        Map<String, Object> asked = rows(50, 0, 0, 5);
        double[] all = model.predict(target, Data.columns(asked)).numbers("prediction_y");
        for (int r = 0; r < 50; r++) {
          double[] one = {((double[]) asked.get("x"))[r], ((double[]) asked.get("w"))[r]};
          assertEquals(all[r], single.predict(one)[0], 1e-5);
        }
      }
    }
  }

  @Test
  void teachersWhoAreNearTeach() {
    try (Model model = family()) {
      model.calibrate("far", table(200, 4, 0.05, 4), new Monitor());
      double taught = 0;
      double alone = 0;
      double near = 0;
      for (int draw = 0; draw < 5; draw++) {
        Data few = table(6, 1, 0.05, 70 + draw);
        try (Model here = model.copy()) {
          here.calibrate("alone", few, new Monitor());
          here.calibrate("taught", few, by(model, new MethodSpec.Teachers(List.of("far", "high", "low"), null)), new Monitor());
          Data test = table(1000, 1, 0, 99);
          alone += here.evaluate("alone", test).error() / 5;
          taught += here.evaluate("taught", test).error() / 5;
          near += here.report("taught").relatives().get("low") / 5;
        }
      }
      assertTrue(taught < 0.95 * alone, "taught " + taught + ", alone " + alone);
      assertTrue(near > 0.5, "the near one counts " + near);
    }
  }

  @Test
  void rowsWithoutLabelsAreForTeachersAlone() throws IOException {
    Path directory = folder.resolve("model");
    try (Model model = family()) {
      Data few = table(6, 1, 0.05, 70);
      Map<String, Object> others = rows(300, 1, 0, 8);
      others.remove("y");
      TransferConfig teachers = by(model, new MethodSpec.Teachers(BOTH, null));
      model.calibrate("t", few, null, Data.columns(others), teachers, new Monitor());
      double[] said = model.predict("t", table(20, 1, 0, 9)).numbers("prediction_y");
      model.calibrate("u", few, teachers, new Monitor());
      assertTrue(!Arrays.equals(said, model.predict("u", table(20, 1, 0, 9)).numbers("prediction_y")));
      DataException thrown = assertThrows(DataException.class, () -> model.calibrate("x", few, null, Data.columns(others), model.config(), new Monitor()));
      assertTrue(thrown.getMessage().contains("the method teachers does"), thrown::getMessage);
      model.save(directory, false);
    }
    Path csv = Samples.write(folder.resolve("few.csv"), "x,w,y\n1,0.5,0.9\n2,-0.4,0.1\n3,0,-0.7\n0.5,1,1\n1.5,0.2,0.6\n");
    Path far = Samples.write(folder.resolve("far.csv"), "x,w,y\n1,0.5,90\n2,-0.4,80\n3,0,95\n0.5,1,90\n1.5,0.2,96\n");
    Path bare = Samples.write(folder.resolve("bare.csv"), "x,w\n1,0.5\n2,-0.4\n");
    Path short1 = Samples.write(folder.resolve("short.csv"), "x\n1\n2\n");
    Cli ok = Cli.ok("calibrate", "--model", directory, "--target", csv, "--name", "a", "--method", "teachers", "--unlabelled", bare, "--relatives", "low,high");
    assertTrue(ok.out().contains("Learnt from ") && ok.out().contains("low "), ok.out());
    Cli.ok("calibrate", "--model", directory, "--target", csv, "--name", "b", "--method", "hub", "--top", 1, "--relatives", "low,high");
    Cli json = Cli.ok("calibrate", "--model", directory, "--target", csv, "--name", "c", "--method", "hub", "--relatives", "low,high", "--json");
    assertEquals(2, new ObjectMapper().readTree(json.out()).get("phase").get("relatives").size());
    Object[] calibrate = {"calibrate", "--model", directory, "--target", csv, "--name", "x"};
    refused("lacks column w", calibrate, "--method", "teachers", "--unlabelled", short1);
    refused("the method pac does not learn from rows without labels", calibrate, "--method", "pac", "--unlabelled", bare);
    refused("no target 'nobody'", calibrate, "--method", "hub", "--relatives", "low,nobody");
    refused("two other targets or more", calibrate, "--method", "hub", "--relatives", "low");
    refused("hub can't learn from it", calibrate, "--method", "hub", "--relatives", "low,b");
    refused("--top is for --method hub", calibrate, "--method", "pac", "--top", 2);
    refused("must be 0, for all, or more", calibrate, "--method", "hub", "--top", -1);
    refused("--relatives is for --method merge, metavote, hub or teachers", calibrate, "--method", "pac", "--relatives", "low");
    Object[] away = {"calibrate", "--model", directory, "--target", far, "--name", "x", "--relatives", "low,high"};
    for (String method : List.of("hub", "teachers", "merge", "metavote")) {
      Cli.run(away);
      refused("than the base does: take the method pac", away, "--method", method);
    }
  }

  private static void refused(String why, Object[] command, Object... more) {
    Object[] all = Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    Cli.refused(why, all);
  }

  @Test
  void classesAreRoutedAndTaughtToo() {
    TransferConfig config =
        TransferConfig.builder("class")
            .objective(o -> o.task(Task.CLASSIFICATION))
            .hidden(16, 16)
            .method(Method.PAC)
            .source(f -> f.epochs(40))
            .target(f -> f.epochs(120))
            .seed(2)
            .build();
    try (Model model = Model.train(classes(300, 0, 1), config, new Monitor())) {
      model.prune();
      model.allocate(classes(300, 0, 1), new Monitor());
      model.calibrate("a", classes(200, 0.8, 2), new Monitor());
      model.calibrate("b", classes(200, 1.2, 3), new Monitor());
      Data few = classes(8, 1, 4);
      Data test = classes(1000, 1, 5);
      double untouched = model.evaluate(test).error();
      for (MethodSpec method : List.of(new MethodSpec.Hub(List.of(), 0, null), new MethodSpec.Hub(List.of(), 1, null), new MethodSpec.Teachers(List.of(), null))) {
        try (Model here = model.copy()) {
          here.calibrate("t", few, by(model, method), new Monitor());
          double wrong = here.evaluate("t", test).error();
          assertTrue(wrong < 0.8 * untouched, method + ": " + wrong + ", untouched " + untouched);
        }
      }
    }
  }

  private static Data classes(int count, double angle, long seed) {
    Random random = new Random(seed);
    double[] x = new double[count];
    double[] w = new double[count];
    String[] y = new String[count];
    for (int r = 0; r < count; r++) {
      x[r] = random.nextGaussian();
      w[r] = random.nextGaussian();
      double turned = Math.cos(angle) * x[r] + Math.sin(angle) * w[r];
      y[r] = turned < -0.5 ? "left" : turned < 0.5 ? "middle" : "right";
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("w", w);
    columns.put("class", y);
    return Data.columns(columns);
  }

  // tests/fixtures/make_family_fixtures.py has both in PyTorch.
  @Test
  void mergesAndVotesAreThePapers() throws IOException {
    JsonNode fixture = Fixture.read("family.json").parts();
    List<float[]> learnt = lists(fixture.get("learnt"));
    List<float[]> fisher = lists(fixture.get("fisher"));
    fisher.forEach(Relatives::normalised);
    double[] shares = new double[learnt.size()];
    Arrays.setAll(shares, m -> fixture.get("shares").get(m).doubleValue());
    assertArrayEquals(Fixture.floats(fixture.get("merged")), Relatives.merge(learnt, fisher, shares), 1e-6F);
    Relatives.Elected elected = Relatives.elect(learnt, fixture.get("budget").intValue());
    assertArrayEquals(Fixture.floats(fixture.get("start")), elected.start(), 1e-6F);
    assertArrayEquals(Fixture.floats(fixture.get("flags")), elected.flags());
  }

  private static List<float[]> lists(JsonNode node) {
    List<float[]> lists = new ArrayList<>();
    node.forEach(one -> lists.add(Fixture.floats(one)));
    return lists;
  }
}
