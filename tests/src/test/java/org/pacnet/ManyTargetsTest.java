package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.TargetOutcome;

/** One base and many targets. */
class ManyTargetsTest {

  private static final int TARGETS = 9;

  @TempDir static Path shared;
  private static Path base;

  @TempDir Path folder;

  @BeforeAll
  static void allocate() {
    base = shared.resolve("base");
    Data source = Samples.columns(200, 0, 1);
    try (Model model = Model.train(source, Samples.quick().build(), new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(base, false);
    }
  }

  private static String name(int target) {
    return "tool-" + target;
  }

  // Of differing sizes.
  private static List<Integer> sizes() {
    List<Integer> sizes = new ArrayList<>();
    for (int t = 0; t < TARGETS; t++) {
      sizes.add(5 + 3 * t);
    }
    return sizes;
  }

  private static Map<String, Data> apart() {
    Map<String, Data> targets = new TreeMap<>();
    for (int t = 0; t < TARGETS; t++) {
      targets.put(name(t), Samples.columns(sizes().get(t), 0.2 * t, 10 + t));
    }
    return targets;
  }

  // The same rows in one table, targets mixed, each one's in their order.
  private static List<String> lines() {
    List<List<String>> each = new ArrayList<>();
    for (int t = 0; t < TARGETS; t++) {
      each.add(Samples.lines(sizes().get(t), 0.2 * t, 10 + t));
    }
    List<String> lines = new ArrayList<>(List.of(each.get(0).get(0) + ",tool"));
    for (int r = 1; r <= sizes().get(TARGETS - 1); r++) {
      for (int t = 0; t < TARGETS; t++) {
        if (r < each.get(t).size()) {
          lines.add(each.get(t).get(r) + "," + name(t));
        }
      }
    }
    return lines;
  }

  private byte[] weights(Model model, String target) throws IOException {
    Path file = folder.resolve("export.safetensors");
    model.export(target, file);
    return Files.readAllBytes(file);
  }

  private Map<String, Data> grouped(Model model, List<String> lines) throws IOException {
    Path file = folder.resolve("all.csv");
    Files.write(file, lines);
    return model.groups(Data.files(file), "tool", new Monitor());
  }

  @Test
  void learnsByTheDefaultMethod() {
    try (Model model = Model.load(base)) {
      TransferConfig safe = model.config().toBuilder().method(Method.AUTO).build();
      model.calibrateAll(apart(), safe, false, outcome -> assertNotNull(outcome.report(), outcome.name()), new Monitor());
    }
  }

  @Test
  void eachGetsTheBitsThatItGetsAlone() throws IOException {
    for (boolean tune : List.of(false, true)) {
      try (Model alone = Model.load(base);
          Model together = Model.load(base)) {
        TransferConfig one = alone.config().toBuilder().compute(c -> c.threads(1)).build();
        Map<String, Data> targets = grouped(together, lines());
        assertEquals(apart().keySet(), targets.keySet());
        if (tune) { // which takes a hundred times as long
          targets.keySet().retainAll(List.of(name(0), name(2)));
        }
        Map<String, TargetOutcome> outcomes =
            together.calibrateAll(
                targets, one.toBuilder().compute(c -> c.threads(3)).build(), tune, outcome -> {}, new Monitor());
        for (Map.Entry<String, Data> target : targets.entrySet()) {
          TransferConfig how =
              tune ? alone.tune(target.getValue(), one, new Monitor()).best().config() : one;
          alone.calibrate(target.getKey(), target.getValue(), how, new Monitor());
          TargetOutcome outcome = outcomes.get(target.getKey());
          assertNull(outcome.problem());
          assertFalse(outcome.resumed());
          assertEquals(tune, outcome.tuning() != null);
          Data asked = Samples.columns(30, 1, 99);
          String column = "prediction_y";
          assertArrayEquals(
              alone.predict(target.getKey(), asked).numbers(column),
              together.predict(target.getKey(), asked).numbers(column));
        }
      }
    }
  }

  @Test
  void groupsAreTheRowsOfTheirTables() throws IOException {
    try (Model files = Model.load(base);
        Model groups = Model.load(base)) {
      files.calibrateAll(apart(), files.config(), false, outcome -> {}, new Monitor());
      groups.calibrateAll(grouped(groups, lines()), files.config(), false, outcome -> {}, new Monitor());
      for (int t = 0; t < TARGETS; t++) {
        assertArrayEquals(weights(files, name(t)), weights(groups, name(t)));
        assertEquals(sizes().get(t), groups.targets().get(name(t)).data().rows());
      }
    }
  }

  @Test
  void oneBadTargetCostsNoOther() throws IOException {
    List<String> lines = lines();
    // In the third line of the table, which is a row of tool-1.
    lines.set(2, lines.get(2).replaceFirst("^[^,]*", "nix"));
    String longest = "x".repeat(1001);
    lines.add(lines.get(1).replace(name(0), longest));
    Path directory = folder.resolve("model");
    copy(base, directory);
    try (ModelPlace place = ModelPlace.forChange(directory);
        Model model = place.load()) {
      Map<String, TargetOutcome> outcomes =
          place.calibrateAll(
              model, grouped(model, lines), model.config(), false, false, outcome -> {}, new Monitor());
      assertEquals(TARGETS + 1, outcomes.size());
      String problem = outcomes.get(name(1)).problem().getMessage();
      assertTrue(problem.contains("row 2") && problem.contains("nix") && problem.contains("all.csv"), problem);
      assertNotNull(outcomes.get(longest).problem());
      for (int t = 0; t < TARGETS; t++) {
        assertEquals(t == 1, outcomes.get(name(t)).report() == null);
      }
    }
    try (Model model = Model.load(directory)) {
      assertEquals(TARGETS - 1, model.targets().size());
    }
    List<String> nameless = lines();
    nameless.add(nameless.get(1).replace(name(0), ""));
    try (Model model = Model.load(base)) {
      DataException e = assertThrows(DataException.class, () -> grouped(model, nameless));
      assertTrue(e.getMessage().contains("row " + (nameless.size() - 1)), e.getMessage());
    }
  }

  @Test
  void whatWasBrokenOffGoesOnWithTheSameBits() throws IOException {
    Path directory = folder.resolve("model");
    Path whole = folder.resolve("whole");
    copy(base, directory);
    copy(base, whole);
    List<String> done = new ArrayList<>();
    try (ModelPlace place = ModelPlace.forChange(directory);
        Model model = place.load()) {
      assertThrows(
          IllegalStateException.class,
          () ->
              place.calibrateAll(
                  model,
                  apart(),
                  model.config(),
                  false,
                  false,
                  outcome -> {
                    done.add(outcome.name());
                    if (done.size() == 3) {
                      throw new IllegalStateException("killed");
                    }
                  },
                  new Monitor()));
    }
    for (Path place : List.of(directory, whole)) {
      try (ModelPlace held = ModelPlace.forChange(place);
          Model model = held.load()) {
        boolean second = place == directory;
        assertEquals(second, model.targetNames().containsAll(done));
        Map<String, TargetOutcome> outcomes =
            held.calibrateAll(model, apart(), model.config(), false, false, outcome -> {}, new Monitor());
        outcomes.values().forEach(outcome -> assertNull(outcome.problem()));
        done.forEach(name -> assertEquals(second, outcomes.get(name).resumed()));
      }
    }
    try (Model first = Model.load(directory);
        Model second = Model.load(whole)) {
      for (int t = 0; t < TARGETS; t++) {
        assertArrayEquals(weights(second, name(t)), weights(first, name(t)));
      }
    }
    // Other rows are another target.
    try (ModelPlace place = ModelPlace.forChange(directory);
        Model model = place.load()) {
      Map<String, Data> other = Map.of(name(0), Samples.columns(7, 0, 50));
      for (boolean overwrite : List.of(false, true)) {
        TargetOutcome outcome =
            place
                .calibrateAll(model, other, model.config(), false, overwrite, o -> {}, new Monitor())
                .get(name(0));
        assertEquals(overwrite, outcome.problem() == null);
      }
    }
  }

  @Test
  void rowsGoToTheirTargets() throws IOException {
    try (Model model = Model.load(base)) {
      List<String> lines = lines();
      Map<String, Data> targets = grouped(model, lines);
      model.calibrateAll(targets, model.config(), false, outcome -> {}, new Monitor());
      Data table = Data.files(folder.resolve("all.csv"));
      double[] routed = model.predictByTarget(table, "tool").numbers("prediction_y");
      assertEquals(lines.size() - 1, routed.length);
      Map<String, Metrics> errors = model.evaluateByTarget(table, "tool");
      for (int t = 0; t < TARGETS; t++) {
        double[] alone = model.predict(name(t), targets.get(name(t))).numbers("prediction_y");
        int next = 0;
        for (int r = 1; r < lines.size(); r++) {
          if (lines.get(r).endsWith("," + name(t))) {
            assertEquals(alone[next++], routed[r - 1], 1e-6);
          }
        }
        assertEquals(alone.length, next);
        assertEquals(
            model.evaluate(name(t), targets.get(name(t))).error(), errors.get(name(t)).error(), 1e-6);
      }
      lines.add(lines.get(1).replace(name(0), "unknown"));
      Path file = folder.resolve("more.csv");
      Files.write(file, lines);
      DataException e =
          assertThrows(DataException.class, () -> model.predictByTarget(Data.files(file), "tool"));
      assertTrue(e.getMessage().contains("unknown") && e.getMessage().contains("row " + (lines.size() - 1)));
    }
  }

  @Test
  void boundsAreEachTargetsOwn() throws IOException {
    List<String> lines = lines();
    Path directory = folder.resolve("with-bounds");
    try (Model model = Model.load(base)) {
      Map<String, Data> targets = grouped(model, lines);
      TransferConfig settings = model.config().toBuilder().calibrate(c -> c.intervals(true)).target(f -> f.epochs(2)).build();
      model.calibrateAll(targets, settings, false, outcome -> {}, new Monitor());
      model.save(directory, false);
      Data table = Data.files(folder.resolve("all.csv"));
      Predictions routed = model.predictByTarget(table, "tool", 0.5);
      double[] lower = routed.numbers("lower_y");
      double[] upper = routed.numbers("upper_y");
      Set<Double> widths = new HashSet<>();
      for (int t = 0; t < TARGETS; t++) {
        Predictions alone = model.predict(name(t), targets.get(name(t)), 0.5);
        int next = 0;
        for (int r = 1; r < lines.size(); r++) {
          if (lines.get(r).endsWith("," + name(t))) {
            assertEquals(alone.numbers("lower_y")[next], lower[r - 1], 1e-6);
            assertEquals(alone.numbers("upper_y")[next++], upper[r - 1], 1e-6);
          }
        }
        widths.add(alone.numbers("upper_y")[0] - alone.numbers("lower_y")[0]);
      }
      assertEquals(TARGETS, widths.size());
    }
    Path out = folder.resolve("bounds.csv");
    Cli.ok("predict", "--model", directory, "--input", folder.resolve("all.csv"), "--group-by", "tool", "--interval", "0.5", "--out", out);
    assertTrue(Files.readAllLines(out).get(0).endsWith("prediction_y,lower_y,upper_y"));
    assertEquals(lines.size(), Files.readAllLines(out).size());
  }

  @Test
  void nobodyReadsATargetThatIsNotAskedFor() throws IOException {
    Path directory = folder.resolve("model");
    copy(base, directory);
    try (ModelPlace place = ModelPlace.forChange(directory);
        Model model = place.load()) {
      place.calibrateAll(model, apart(), model.config(), false, false, outcome -> {}, new Monitor());
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files = all.filter(p -> p.endsWith("target.json") && !p.toString().contains(name(4))).toList();
    }
    assertEquals(TARGETS - 1, files.size());
    for (Path file : files) {
      Files.writeString(file, "damaged");
    }
    try (Model model = Model.load(directory)) {
      assertEquals(apart().keySet(), model.targetNames());
      assertEquals(30, model.predict(name(4), Samples.columns(30, 1, 99)).rows());
      assertThrows(ModelFormatException.class, () -> model.predict(name(3), Samples.columns(30, 1, 99)));
      assertEquals(TARGETS - 1, model.damagedTargets().size());
    }
  }

  @Test
  void targetsTravel() throws IOException {
    Map<String, byte[]> packs;
    try (Model from = Model.load(base);
        Model to = Model.load(base)) {
      from.calibrateAll(apart(), from.config(), false, outcome -> {}, new Monitor());
      packs = from.packTargets(List.of(name(1), name(3)));
      to.unpackTargets(packs.values());
      assertEquals(packs.keySet(), to.targetNames());
      assertArrayEquals(weights(from, name(3)), weights(to, name(3)));
      Path directory = folder.resolve("model");
      copy(base, directory);
      try (ModelPlace place = ModelPlace.forChange(directory)) {
        place.saveTargets(to, packs.keySet());
      }
      try (Model saved = Model.load(directory)) {
        assertArrayEquals(weights(from, name(1)), weights(saved, name(1)));
      }
      // Cut off anywhere, or changed anywhere: refused, and nothing is taken over.
      byte[] pack = packs.get(name(1));
      for (int length = 0; length < pack.length; length += 97) {
        byte[] some = Arrays.copyOf(pack, length);
        assertThrows(ModelFormatException.class, () -> to.unpackTargets(List.of(packs.get(name(3)), some)));
      }
      for (int at = 0; at < pack.length; at += 101) {
        byte[] changed = pack.clone();
        changed[at] ^= 1;
        assertThrows(ModelFormatException.class, () -> to.unpackTargets(List.of(changed)));
      }
    }
    Data source = Samples.columns(200, 0, 5);
    try (Model other = Model.train(source, Samples.quick().build(), new Monitor())) {
      other.prune();
      other.allocate(source, new Monitor());
      assertThrows(ModelFormatException.class, () -> other.unpackTargets(packs.values()));
    }
  }

  @Test
  void byTheCommandLine() throws IOException {
    Path directory = folder.resolve("model");
    copy(base, directory);
    Path table = folder.resolve("all.csv");
    Files.write(table, lines());
    assertTrue(ok("calibrate", "--model", directory.toString(), "--target", table.toString(), "--group-by", "tool").out().contains(" pac "));
    Path out = folder.resolve("out.csv");
    ok("predict", "--model", directory.toString(), "--input", table.toString(), "--group-by", "tool", "--out", out.toString());
    assertEquals(lines().size(), Files.readAllLines(out).size());
    String said =
        ok("evaluate", "--model", directory.toString(), "--input", table.toString(), "--group-by", "tool").out();
    assertTrue(said.contains(name(8)), said);
    Path each = Files.createDirectory(folder.resolve("each"));
    Files.write(each.resolve("a.csv"), Samples.lines(10, 1, 3));
    Files.writeString(each.resolve("b.csv"), "nix\n1\n");
    Cli result = Cli.run("calibrate", "--model", directory.toString(), "--targets", each + "/*.csv");
    assertEquals(2, result.exitCode());
    assertTrue(result.out().contains("1 targets learnt") && result.err().contains("1 of 2"), result.out());
    assertEquals(2, Cli.run("calibrate", "--model", directory.toString(), "--targets", each + "/*.csv", "--name", "x").exitCode());
    assertEquals(2, Cli.run("calibrate", "--model", directory.toString(), "--name", "x").exitCode());
  }

  private static Cli ok(Object... arguments) {
    Cli result = Cli.run(arguments);
    assertEquals(0, result.exitCode(), result.err());
    return result;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }
}
