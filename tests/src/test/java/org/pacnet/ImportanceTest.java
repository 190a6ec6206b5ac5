package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Importance;
import org.pacnet.result.Monitor;

/** Which inputs matter. */
class ImportanceTest {

  private static final String[] TOOLS = {"T0", "T1", "T2"};

  @TempDir private Path folder;

  // Source: 3a and the tool. Target: 2b more. What c says is no matter to either.
  private static Map<String, Object> table(int rows, double ofB, long seed) {
    Random random = new Random(seed);
    double[][] x = new double[3][rows];
    String[] tool = new String[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      for (double[] column : x) {
        column[r] = random.nextGaussian();
      }
      int which = random.nextInt(3);
      tool[r] = TOOLS[which];
      y[r] = 3 * x[0][r] + ofB * x[1][r] + which;
    }
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("a", x[0]);
    table.put("b", x[1]);
    table.put("c", x[2]);
    table.put("tool", tool);
    table.put("y", y);
    return table;
  }

  private static TransferConfig.Builder quick(Method method) {
    return TransferConfig.builder("y").hidden(32).source(f -> f.epochs(100)).fits(f -> f.batchSize(32)).method(method).seed(3);
  }

  private static Model base() {
    Data source = Data.columns(table(600, 0, 1));
    Model model = Model.train(source, quick(Method.STACK).build(), new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  private static Importance.Input of(Importance found, String name) {
    return found.inputs().stream().filter(input -> input.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void eachOfSourceTargetAndCorrectionNeedsItsOwnColumns() {
    try (Model model = base()) {
      for (Method method : new Method[] {Method.STACK, Method.COKRIGING, Method.RIDGE_RESIDUAL}) {
        Importance found =
            model.importance(Data.columns(table(40, 2, 2)), Data.columns(table(600, 0, 1)), quick(method).build(), new Monitor());
        double source = found.source();
        String all = method + ": " + found;
        assertEquals(40, found.rows());
        assertTrue(found.target() < source / 2, all);
        assertTrue(of(found, "a").target() > 3 * found.target() && of(found, "b").target() > 2 * found.target(), all);
        assertTrue(of(found, "a").target() > of(found, "b").target(), all);
        assertTrue(of(found, "a").source() > 1.3 * source, all);
        // The base was told so little of b that it takes no notice.
        assertEquals(source, of(found, "b").source(), 0.1 * source, all);
        assertTrue(of(found, "b").correction() > 2 * found.target(), all);
        assertTrue(of(found, "a").correction() < of(found, "b").correction() / 2, all);
        assertTrue(of(found, "c").target() < 1.5 * found.target(), all);
        assertTrue(found.verdict().contains("The target needs a most") && found.verdict().contains("goes most by b"), all + found.verdict());
      }
    }
  }

  @Test
  void errorsAreThoseOfAllPairsOfRows() {
    try (Model model = base()) {
      Map<String, Object> few = table(12, 2, 5);
      Importance found = model.importance(Data.columns(few), null, quick(Method.UNTOUCHED).build(), new Monitor());
      assertEquals(found.source(), found.target());
      String[] names = {"a", "b", "c", "tool"};
      for (String shuffled : names) {
        double squares = 0;
        for (int donor = 0; donor < 12; donor++) {
          Map<String, Object> moved = new LinkedHashMap<>(few);
          Object column = few.get(shuffled);
          if (column instanceof double[] numbers) {
            double[] same = new double[12];
            java.util.Arrays.fill(same, numbers[donor]);
            moved.put(shuffled, same);
          } else {
            String[] same = new String[12];
            java.util.Arrays.fill(same, ((String[]) column)[donor]);
            moved.put(shuffled, same);
          }
          double[] said = model.predict(Data.columns(moved)).numbers("prediction_y");
          for (int row = 0; row < 12; row++) {
            double off = said[row] - ((double[]) few.get("y"))[row];
            squares += row == donor ? 0 : off * off;
          }
        }
        double right = Math.sqrt(squares / (12 * 11));
        assertEquals(right, of(found, shuffled).source(), 1e-4 * right, shuffled);
        assertEquals(right, of(found, shuffled).target(), 1e-4 * right, shuffled);
        assertEquals(found.target(), of(found, shuffled).correction(), 1e-4, shuffled);
      }
    }
  }

  @Test
  void classesAreAskedByTheirProbabilities() {
    Path source = Samples.csv(folder.resolve("source.csv"), 300, 0, 1);
    Path target = Samples.csv(folder.resolve("target.csv"), 40, 0.5, 2);
    Path page = folder.resolve("page.html");
    Cli said =
        Cli.ok("transfer", "--source", source, "--target", target, "--label", "grade", "--ignore", "y", "--task", "classification", "--hidden", 16,
            "--source-epochs", 60, "--importance", "--report", page, "--out", folder.resolve("model"));
    assertTrue(said.out().contains("-log p, target") && said.out().contains("The target needs"), said.out());
    try {
      assertTrue(Files.readString(page).contains("Which inputs matter"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    JsonNode json =
        Cli.ok("calibrate", "--model", folder.resolve("model"), "--target", target, "--name", "u", "--importance", "--json").json().get("importance");
    assertEquals(3, json.get("inputs").size());
    assertTrue(json.get("inputs").get(0).get("target").asDouble() > json.get("target").asDouble(), json.toString());
    // Of classes of its own the source can say nothing.
    Path other = Samples.csv(folder.resolve("other.csv"), 40, 0.5, 2, "bad", "fair", "good");
    JsonNode own =
        Cli.ok("calibrate", "--model", folder.resolve("model"), "--target", other, "--name", "v", "--new-classes", "--importance", "--json").json().get("importance");
    assertTrue(own.get("source").isNull() && own.get("inputs").get(0).get("correction").isNull(), own.toString());
    Cli.refused("--importance", "calibrate", "--model", folder.resolve("model"), "--target", target, "--group-by", "tool", "--importance");
  }

  @Test
  void whatCantBeShuffledSaysSo() {
    try (Model model = base()) {
      assertThrows(
          DataException.class, () -> model.importance(Data.columns(table(1, 2, 2)), null, quick(Method.GP).build(), new Monitor()));
      // Two rows have one donor each.
      Importance two = model.importance(Data.columns(table(2, 2, 2)), null, quick(Method.AFFINE).build(), new Monitor());
      assertEquals(2, two.rows());
    }
  }
}
