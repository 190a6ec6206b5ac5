package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.Friedman;
import org.pacnet.experiment.Problem;

/** The benchmark, in small. */
class ExperimentTest {

  private static JsonNode run(int threads) {
    return Cli.ok("experiment", "friedman", "--seeds", 2, "--distance", 2, "--targets", "10,100",
            "--methods", "finetune,pac", "--threads", threads, "--json").json();
  }

  @Test
  void friedmanHasItsShapeAndDoesNotDependOnThreads() {
    JsonNode json = run(2);
    assertEquals(8, json.get("results").size());
    for (JsonNode cell : json.get("results")) {
      assertEquals(List.of("method", "n", "seed", "error", "sourceError", "seconds", "reward"), names(cell));
    }
    assertEquals(4, json.get("summary").size());
    for (JsonNode row : json.get("summary")) {
      assertEquals(List.of("method", "n", "mean", "std", "interval", "p", "sourceError", "seconds", "reward"), names(row));
    }
    JsonNode source = json.get("source");
    assertEquals(List.of("trained", "pruned", "allocated"), names(source));
    // Far from the noise of two seeds: a trained source, a ruined one, a mended one.
    double trained = source.get("trained").asDouble();
    assertTrue(trained < 1, "trained " + trained);
    assertTrue(source.get("pruned").asDouble() > 2);
    assertTrue(source.get("allocated").asDouble() < 1.1 * trained);
    JsonNode again = run(1);
    for (int i = 0; i < 8; i++) {
      assertEquals(json.get("results").get(i).get("error"), again.get("results").get(i).get("error"));
    }
    assertEquals(source, again.get("source"));
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void friedmanIsItsFormula() {
    Map<String, Object> rows = new Friedman(2).testColumns(3, 500);
    Map<String, Object> noisy = new Friedman(2).targetColumns(3, 20_000);
    double[][] x = new double[10][];
    for (int i = 0; i < 10; i++) {
      x[i] = (double[]) rows.get("x" + (i + 1));
    }
    double[] y = (double[]) rows.get("y");
    for (int r = 0; r < 500; r++) {
      assertEquals(friedman(x[0][r], x[1][r], x[2][r], x[3][r], x[4][r]), y[r], 1e-12);
    }
    double squares = 0;
    double[] off = (double[]) noisy.get("y");
    for (int r = 0; r < off.length; r++) {
      double[] at = new double[5];
      for (int i = 0; i < 5; i++) {
        at[i] = ((double[]) noisy.get("x" + (i + 1)))[r];
      }
      double noise = off[r] - friedman(at[0], at[1], at[2], at[3], at[4]);
      squares += noise * noise;
    }
    assertEquals(1, squares / off.length, 0.05);
  }

  private static double friedman(double x1, double x2, double x3, double x4, double x5) {
    return 10 * Math.sin(Math.PI * x1 * x2) + 20 * (x3 - 0.5) * (x3 - 0.5) + 10 * x4 + 5 * x5;
  }

  @ParameterizedTest
  @EnumSource(names = {"FRIEDMAN", "ROUGH", "WIDE", "LEVELS"})
  void everyProblemHasASourceThatHelpsAndRowsThatAskForThemselves(Experiment.Problems problem) {
    try (Problem at = problem.at(1)) {
      Samples.expectHelpfulSource(
          at,
          at.settings().source(f -> f.epochs(5)).build(),
          50,
          (model, pac) -> assertNotEquals(pac, model.evaluate("pac", at.test(2)).error()));
    }
  }

  @TempDir Path folder;

  private Object[] small(Path out, Object... more) {
    Object[] base = {
      "experiment", "levels", "--seeds", 3, "--targets", "10,20", "--methods", "finetune,pac,affine", "--hidden", "16,16",
      "--source-epochs", 4, "--target-epochs", 60, "--threads", 2, "--out", out
    };
    return Stream.concat(Arrays.stream(base), Arrays.stream(more)).toArray();
  }

  @Test
  void pacForgetsNothingAndOthersDo() {
    JsonNode json = Cli.ok(small(folder.resolve("r.csv"), "--json")).json();
    for (JsonNode cell : json.get("results")) {
      double base = 0;
      for (JsonNode other : json.get("results")) {
        if (other.get("seed").equals(cell.get("seed")) && other.get("method").asText().equals("affine")) {
          base = other.get("sourceError").asDouble();
        }
      }
      boolean same = cell.get("sourceError").asDouble() == base;
      assertEquals(!cell.get("method").asText().equals("finetune"), same, cell.toString());
    }
  }

  /** Ended at any moment and started again, it ends with the same bytes. */
  @Test
  void killsCostNothing() throws Exception {
    Path unbroken = folder.resolve("unbroken.csv");
    Cli.ok(small(unbroken));
    Path broken = folder.resolve("broken.csv");
    Path journal = folder.resolve("broken.csv.journal");
    int kills = Integer.getInteger("pacnet.kills", 3);
    Random random = new Random(5);
    for (int i = 0; i < kills; i++) {
      Process process = Cli.start(folder, small(broken));
      long wait = 300L + random.nextInt(2500);
      process.waitFor(wait, TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
    }
    Cli.ok(small(broken));
    assertEquals(Files.readString(unbroken), Files.readString(broken));
    // A line that was cut off is not there.
    String whole = Files.readString(journal);
    Files.delete(broken);
    Files.writeString(journal, whole.substring(0, whole.length() - 30));
    Cli.ok(small(broken));
    assertEquals(Files.readString(unbroken), Files.readString(broken));
    Cli other = Cli.run(small(broken, "--distance", 3));
    assertEquals(2, other.exitCode());
    assertTrue(other.err().contains("of another experiment"), other.err());
  }

  @Test
  void aConfigFileGivesOptions() throws IOException {
    Path config = Files.writeString(folder.resolve("c.properties"), "seeds=2\ntargets=10\nmethods=affine\nsource-epochs=1\n");
    JsonNode json = Cli.ok("experiment", "rough", "--config", config, "--targets", 12, "--json").json();
    assertEquals(2, json.get("settings").get("seeds").asInt());
    assertEquals(12, json.get("settings").get("targets").get(0).asInt());
    Files.writeString(config, "sedes=2\n");
    Cli wrong = Cli.run("experiment", "rough", "--config", config);
    assertEquals(2, wrong.exitCode());
    assertTrue(wrong.err().contains("--sedes"), wrong.err());
    Cli missing = Cli.run("experiment", "rough", "--config", folder.resolve("none"));
    assertEquals(2, missing.exitCode());
    assertEquals(1, missing.err().lines().count());
  }

  @Test
  void tunedDoesNotTakeTheWorst() {
    JsonNode json =
        Cli.ok("experiment", "levels", "--distance", 0.5, "--seeds", 2, "--targets", 20, "--methods", "scratch,untouched,pac",
                "--source-epochs", 5, "--target-epochs", 60, "--hidden", "32,32", "--tune", "--json")
            .json();
    Map<String, Double> mean = new LinkedHashMap<>();
    json.get("summary").forEach(s -> mean.put(s.get("method").asText(), s.get("mean").asDouble()));
    assertTrue(mean.get("tuned") < mean.get("scratch"), mean.toString());
    assertTrue(mean.get("tuned") < Math.max(mean.get("untouched"), mean.get("pac")), mean.toString());
  }

  @Test
  void shapesAreAProblemOfPictures() {
    JsonNode json =
        Cli.ok("experiment", "shapes", "--seeds", 1, "--targets", 3, "--methods", "pac,cotuning,stochnorm,lwf,pac-ensemble,gp",
                "--source-epochs", 1,
                "--target-epochs", 2, "--widths", "4,4", "--json")
            .json();
    assertEquals(5, json.get("results").size());
    assertTrue(json.get("leftOut").get("gp").asText().contains("classification"));
    assertTrue(json.get("results").get(1).get("sourceError").isNull()); // its head is of other classes
    double error = json.get("results").get(0).get("error").asDouble();
    assertTrue(error > 0 && error < 1, "error " + error);
  }
}
