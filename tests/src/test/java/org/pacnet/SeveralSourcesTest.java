package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** Several sources of one base: pooled, weighed, and each a target of its own. */
class SeveralSourcesTest {

  @TempDir Path folder;

  // y = sin(x + phase) + level, with what the tool is called.
  private static String rows(String tool, int count, double phase, double level, long seed) {
    Random random = new Random(seed);
    StringBuilder csv = new StringBuilder();
    for (int r = 0; r < count; r++) {
      double x = 5 * random.nextDouble();
      double z = random.nextGaussian();
      csv.append(String.format(Locale.ROOT, "%.5f,%.5f,%s,%.5f%n", x, z, tool, Math.sin(x + phase) + level + 0.02 * random.nextGaussian()));
    }
    return csv.toString();
  }

  private Path file(String name, String... parts) {
    return Samples.write(folder.resolve(name), "x,z,tool,y\n" + String.join("", parts));
  }

  private static TransferConfig.Builder quick() {
    return TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(60)).target(f -> f.epochs(200)).columns(c -> c.ignored("tool")).seed(3);
  }

  private Map<String, Data.Files> two() {
    Map<String, Data.Files> sources = new LinkedHashMap<>();
    sources.put("a", (Data.Files) Data.files(file("a.csv", rows("A", 150, 0, 0, 1))));
    sources.put("b", (Data.Files) Data.files(file("b.csv", rows("B", 150, 1, 2, 2))));
    return sources;
  }

  private double[] said(Model model, double level) {
    return model.predict(Data.files(file("asked.csv", rows("C", 200, 0, level, 9)))).numbers("prediction_y");
  }

  // Rows of b lie 2 higher: the base is where the weights say.
  @Test
  void aBaseLearnsFromAllAsMuchAsTheyCount() {
    double mean = 0;
    for (double weight : new double[] {1, 0.01, 100}) {
      Map<String, Double> weights = weight == 1 ? Map.of() : Map.of("a", weight);
      try (Model model = Model.train(Data.several(two(), weights), quick().build(), new Monitor())) {
        double now = Arrays.stream(said(model, 0)).average().orElseThrow();
        if (weight == 1) {
          mean = now;
        }
        assertTrue(weight == 1 || (weight < 1 ? now > mean + 0.4 : now < mean - 0.4), weight + ": " + now + ", alike " + mean);
        assertEquals(300, model.reports().get(0).data().rows());
      }
    }
    // The same of one table with a column.
    Path both = file("both.csv", rows("A", 150, 0, 0, 1), rows("B", 150, 1, 2, 2));
    try (Model one = Model.train(Data.several(two(), Map.of("a", 3.0)), quick().build(), new Monitor());
        Model other = Model.train(Data.several(Data.files(both), "tool", Map.of("A", 3.0)), quick().columns(c -> c.ignored()).build(), new Monitor())) {
      assertArrayEquals(said(one, 0), said(other, 0), 1e-5);
    }
  }

  @Test
  void eachIsATargetForWhoLearnsFromTargets() {
    Path both = file("both.csv", rows("A", 150, 0, 0, 1), rows("B", 150, 1, 2, 2));
    Path few = file("few.csv", rows("C", 12, 0.9, 1.9, 5));
    Path test = file("test.csv", rows("C", 300, 0.9, 1.9, 6));
    double pac = 0;
    for (MethodSpec method :
        List.of(
            MethodSpec.of(Method.PAC),
            new MethodSpec.Hub(List.of(), 0, null),
            new MethodSpec.Teachers(List.of(), null),
            new MethodSpec.Merge(List.of(), null),
            new MethodSpec.MetaVote(List.of(), 1, null))) {
      TransferConfig config = quick().method(method).build();
      try (Model model = Model.transfer(Data.several(Data.files(both), "tool", Map.of()), "c", Data.files(few), config, new Monitor())) {
        double error = model.evaluate("c", Data.files(test)).error();
        if (method.kind() == Method.PAC) {
          pac = error;
          assertEquals(Set.of("c"), model.targetNames());
          continue;
        }
        assertEquals(Set.of("A", "B", "c"), model.targetNames());
        // Twelve rows are enough for what teachers add here.
        assertTrue(error < (method.kind() == Method.TEACHERS ? 1.1 : 0.95) * pac, method + ": " + error + ", pac " + pac);
        assertTrue(model.report("c").relatives().getOrDefault("B", 0.0) > 0.6, model.report("c").relatives()::toString);
        // What a source is as a target is what it is.
        assertTrue(model.evaluate("B", Data.files(both)).error() > 2 * model.evaluate("B", Data.files(file("b2.csv", rows("B", 300, 1, 2, 8)))).error());
      }
    }
  }

  @Test
  void byTheCommandLine() throws IOException {
    Path a = file("a.csv", rows("A", 60, 0, 0, 1));
    Path b = file("b.csv", rows("B", 60, 1, 2, 2));
    Path both = file("both.csv", rows("A", 60, 0, 0, 1), rows("B", 60, 1, 2, 2));
    Path few = file("few.csv", rows("C", 12, 0.9, 1.9, 5));
    Path other = Samples.write(folder.resolve("other.csv"), "x,q,tool,y\n1,2,C,3\n");
    Path one = file("one.csv", rows("A", 20, 0, 0, 1));
    Object[] rest = {"--target", few, "--label", "y", "--hidden", 8, "--source-epochs", 20, "--target-epochs", 20, "--out", folder.resolve("m"), "--overwrite"};
    Cli ok = Cli.ok(with(rest, "transfer", "--source", a, "--source", b, "--ignore", "tool", "--method", "hub", "--top", 1));
    assertTrue(ok.out().contains("Learnt from ") && ok.out().contains("2 files"), ok.out());
    assertEquals(Set.of("a", "b", "target"), Model.load(folder.resolve("m")).targetNames());
    Cli.ok(with(rest, "transfer", "--source", both, "--source-by", "tool", "--source-weight", "A=0.5", "--source-weight", "B=2", "--method", "teachers"));
    assertEquals(Set.of("A", "B", "target"), Model.load(folder.resolve("m")).targetNames());
    Cli.ok(with(rest, "transfer", "--source", a, "--source", b, "--ignore", "tool", "--source-weight", "a=0.1"));
    assertEquals(Set.of("target"), Model.load(folder.resolve("m")).targetNames());
    Files.delete(other.resolveSibling("m").resolve("model.json")); // so that nothing that is refused could be taken for what was there
    Object[] gone = {"--target", few, "--label", "y", "--out", folder.resolve("n")};
    refused("column", gone, "--source", a, "--source", other, "--ignore", "tool");
    refused("would both be called 'a'", gone, "--source", a, "--source", a);
    refused("no source 'c' to weigh; there are a, b", gone, "--source", a, "--source", b, "--ignore", "tool", "--source-weight", "c=2");
    refused("no source 'Z' to weigh; there are A, B", gone, "--source", both, "--source-by", "tool", "--source-weight", "Z=2");
    refused("must be a positive number", gone, "--source", a, "--source", b, "--ignore", "tool", "--source-weight", "a=0");
    refused("--source-weight is for several sources", gone, "--source", a, "--source-weight", "a=2");
    refused("--source-by is of one source", gone, "--source", a, "--source", b, "--source-by", "tool");
    refused("both called 'a'", gone, "--source", a, "--source", b, "--ignore", "tool", "--method", "hub", "--name", "a");
    refused("has one value only", gone, "--source", one, "--source-by", "tool", "--method", "hub");
    refused("nosuch", gone, "--source", both, "--source-by", "nosuch", "--ignore", "tool", "--method", "hub");
    refused("nosuch", gone, "--source", both, "--source-by", "nosuch", "--ignore", "tool");
    refused("are tables in files", gone, "--source", a, "--source", "SELECT 1 AS x");
    assertFalse(Files.exists(folder.resolve("n")));
    DataException thrown = assertThrows(DataException.class, () -> Data.several(Map.of("a", (Data.Files) Data.files(a)), Map.of()));
    assertTrue(thrown.getMessage().contains("two at least"), thrown::getMessage);
  }

  private static void refused(String why, Object[] rest, Object... more) {
    Cli.refused(why, with(with(more, with(rest, "transfer"))));
  }

  private static Object[] with(Object[] rest, Object... first) {
    Object[] all = Arrays.copyOf(first, first.length + rest.length);
    System.arraycopy(rest, 0, all, first.length, rest.length);
    return all;
  }
}
