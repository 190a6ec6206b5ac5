package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.data.Data;

/** Every command on real files, as text and as JSON. */
class CliTest {

  @TempDir Path folder;
  private Path source;
  private Path target;
  private Path test;
  private Path model;

  @BeforeEach
  void makeFiles() {
    source = Samples.csv(folder.resolve("source.csv"), 200, 0, 1);
    target = Samples.csv(folder.resolve("target.csv"), 20, 1, 2);
    test = Samples.csv(folder.resolve("test.csv"), 50, 1, 3);
    model = folder.resolve("model");
  }

  private Object[] transfer(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("transfer", "--source", source, "--target", target, "--label", "y", "--method", "pac"));
    words.addAll(List.of("--hidden", "16,16", "--source-epochs", 3, "--target-epochs", 5));
    words.addAll(List.of("--out", model));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void transferPrintsATableAndWritesAModel() {
    String out = Cli.ok(transfer("--test", test)).out();
    for (String expected :
        List.of("after Train", "after Prune", "after Allocate", "before Calibrate", "80.", "RMSE")) {
      assertTrue(out.contains(expected), expected + " is not in " + out);
    }
    for (String file : List.of("model.json", "source", "mask", "base", "targets/target/pruned")) {
      assertTrue(Files.isRegularFile(Samples.file(model, file)), file);
    }
  }

  @Test
  void everyCommandPrintsOneJsonObject() {
    JsonNode transfer = Cli.ok(transfer("--test", test, "--name", "fab2", "--json")).json();
    assertEquals(4, transfer.get("phases").size());
    assertEquals("prune", transfer.get("phases").get(1).get("phase").asText());
    assertTrue(transfer.get("test").get("after").get("labels").get(0).get("rmse").isDouble());

    Path stepwise = folder.resolve("stepwise");
    JsonNode train =
        Cli.ok("train", "--source", source, "--label", "y", "--hidden", "16,16",
                "--source-epochs", 3, "--out", stepwise, "--json").json();
    assertEquals(3, train.get("phase").get("epochsRun").asInt());
    JsonNode prune = Cli.ok("prune", "--model", stepwise, "--ratio", 0.5, "--json").json();
    long kept = 0;
    long all = 0;
    for (JsonNode layer : prune.get("layers")) {
      kept += layer.get("kept").asLong();
      all += layer.get("size").asLong();
    }
    assertEquals(Math.round(0.5 * all), kept);
    Cli.ok("allocate", "--model", stepwise, "--source", source, "--json").json();
    Cli.ok("calibrate", "--model", stepwise, "--target", target, "--name", "b", "--method", "pac", "--json").json();

    JsonNode inspect = Cli.ok("inspect", "--model", stepwise, "--json").json();
    assertTrue(inspect.get("targets").has("b"));
    JsonNode evaluate =
        Cli.ok("evaluate", "--model", stepwise, "--source-task", "--input", test, "--json").json();
    assertEquals(50, evaluate.get("metrics").get("rows").asInt());
    Path out = folder.resolve("p.csv");
    JsonNode predict =
        Cli.ok("predict", "--model", stepwise, "--input", test, "--out", out, "--json").json();
    assertEquals("prediction_y", predict.get("columns").get(0).asText());
    Path weights = folder.resolve("w.safetensors");
    for (Object[] choice :
        List.of(
            new Object[] {"--name", "b"},
            new Object[] {"--what", "source"},
            new Object[] {"--what", "base"})) {
      Cli.ok("export", "--model", stepwise, choice[0], choice[1], "--out", weights, "--json").json();
    }
    JsonNode doctor = Cli.ok("doctor", "--json").json();
    assertEquals("2.13.0", doctor.get("libtorch").asText());
    assertEquals(1, doctor.get("blasThreads").asInt());
    assertTrue(doctor.get("gpu").asText().contains("not used"));
    assertTrue(doctor.get("libraries").has("libtorch_cpu.so"), doctor.toString());
    Path torch = Path.of(doctor.get("libraries").get("libtorch_cpu.so").asText());
    assertTrue(torch.startsWith(doctor.get("cache").asText()), doctor.toString());
    assertTrue(doctor.get("cacheBytes").asLong() > torch.toFile().length(), doctor.toString());
  }

  @Test
  void everyCommandPrintsTextToo() {
    Cli.ok(transfer());
    assertTrue(Cli.ok("inspect", "--model", model).out().contains("Calibrate target"));
    assertTrue(Cli.ok("evaluate", "--model", model, "--input", test).out().contains("50 rows"));
    assertTrue(Cli.ok("doctor").out().contains("LibTorch"));
    assertTrue(Cli.ok("--help").out().contains("transfer"));
    assertTrue(Cli.ok("transfer", "--help").out().contains("--lambda"));
    assertTrue(Cli.ok("--version").out().contains("pacnet 0"));
  }

  @Test
  void predictKeepsTheInputsColumnsAsTheyAreWritten() throws IOException {
    Cli.ok(transfer());
    Path input =
        Samples.write(
            folder.resolve("in.csv"), "note,tool,b,a\n\"x, y\",T1,012.50,0.5\nz,T0,15,-1e0\n");
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--input", addGrade(input), "--out", out);
    List<String> lines = Files.readAllLines(out);
    assertEquals("note,tool,b,a,grade,prediction_y", lines.get(0));
    assertTrue(lines.get(1).startsWith("\"x, y\",T1,012.50,0.5,low,"), lines.get(1));
    assertTrue(lines.get(2).startsWith("z,T0,15,-1e0,low,"), lines.get(2));
    double[] expected;
    try (Model loaded = Model.load(model)) {
      expected = loaded.predict("target", Data.files(input.toString())).numbers("prediction_y");
    }
    double[] written =
        lines.stream()
            .skip(1)
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(',') + 1)))
            .toArray();
    assertArrayEquals(expected, written, 1e-12);

    Path parquet = folder.resolve("out.parquet");
    Cli.ok("predict", "--model", model, "--input", input, "--out", parquet);
    // What it wrote it reads; the prediction column is there already.
    Cli again =
        Cli.run("predict", "--model", model, "--input", parquet, "--out", folder.resolve("b.csv"));
    assertEquals(2, again.exitCode());
    assertTrue(again.err().contains("prediction_y"), again.err());
  }

  // The model was trained with the grade as an input.
  private static Path addGrade(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(line + (lines.isEmpty() ? ",grade" : ",low"));
    }
    return Files.write(file, lines);
  }

  @Test
  void droppedRowsHaveNoPrediction() throws IOException {
    Cli.ok(transfer("--missing", "drop"));
    Path input =
        Samples.write(
            folder.resolve("in.csv"), "a,b,tool,grade\n0.1,11,T1,low\n,12,T1,low\n0.3,13,T0,mid\n");
    Path out = folder.resolve("out.csv");
    JsonNode json =
        Cli.ok("predict", "--model", model, "--input", input, "--out", out, "--json").json();
    assertEquals(2, json.get("rows").asInt());
    assertEquals(1, json.get("dropped").asInt());
    List<String> lines = Files.readAllLines(out);
    assertEquals(4, lines.size());
    assertEquals(",12,T1,low,", lines.get(2));
    assertFalse(lines.get(3).endsWith(","));
  }

  @Test
  void overwriteReplacesAModelAndNothingElse() throws IOException {
    Cli.ok(transfer());
    final byte[] before = Files.readAllBytes(Samples.file(model, "source"));
    assertEquals(2, Cli.run(transfer("--seed", 5)).exitCode());
    assertArrayEquals(before, Files.readAllBytes(Samples.file(model, "source")));
    Cli.ok(transfer("--seed", 5, "--overwrite"));
    assertFalse(
        Arrays.equals(before, Files.readAllBytes(Samples.file(model, "source"))));
    Path foreign = Files.createDirectory(folder.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.txt"), "ten years");
    model = foreign;
    assertEquals(2, Cli.run(transfer("--overwrite")).exitCode());
    assertEquals("ten years", Files.readString(foreign.resolve("thesis.txt")));
  }

  @Test
  void pruningAModelWithTargetsAsksFirst() throws IOException {
    Cli.ok(transfer());
    Cli refused = Cli.run("prune", "--model", model, "--ratio", 0.5);
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("--overwrite"), refused.err());
    Cli.ok("prune", "--model", model, "--ratio", 0.5, "--overwrite");
    try (Stream<Path> files = Files.list(model)) {
      assertTrue(files.noneMatch(f -> f.getFileName().toString().startsWith("targets")));
    }
  }

  @Test
  void demoRuns() {
    Cli demo = Cli.ok("demo", "--out", folder.resolve("demo"));
    assertTrue(demo.out().contains("Calibrate lowers the target error"), demo.out());
    Cli.ok("demo", "--out", folder.resolve("demo"));
  }

  @Test
  void asAProcessItIsQuietAndGivesTheExitCode() throws IOException, InterruptedException {
    assertEquals(0, Cli.start(folder, transfer("--json")).waitFor());
    assertEquals("", Files.readString(folder.resolve("stderr")));
    assertEquals(1, Files.readString(folder.resolve("stdout")).lines().count());
    assertEquals(2, Cli.start(folder, transfer("--json")).waitFor());
    assertTrue(Files.readString(folder.resolve("stdout")).startsWith("{\"error\":{\"code\":2,"));
    assertEquals(1, Files.readString(folder.resolve("stderr")).lines().count());
    assertEquals(2, Cli.start(folder).waitFor());
  }
}
