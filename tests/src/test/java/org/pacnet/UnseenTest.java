package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Activation;
import org.pacnet.config.NeuralOde;
import org.pacnet.config.Solver;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Unseen;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** A table that goes where the source never was is told of, everywhere it is read. */
class UnseenTest {

  @TempDir Path folder;

  // x goes from 0 to 9, "set" is what the simulator fixes.
  private Path table(String name, int rows, double set, DoubleUnaryOperator x) throws IOException {
    List<String> lines = new ArrayList<>(List.of("x,set,y"));
    for (int r = 0; r < rows; r++) {
      double value = x.applyAsDouble(r);
      lines.add(String.format(Locale.ROOT, "%s,%s,%s", value, set, Math.sin(value) + r % 2));
    }
    return Files.write(folder.resolve(name), lines);
  }

  private Model model() throws IOException {
    TransferConfig config = Samples.quick().build();
    Model model = Model.train(Data.files(table("source.csv", 60, 0.1, r -> r % 10)), config, new Monitor());
    model.prune();
    model.allocate(Data.files(table("source.csv", 60, 0.1, r -> r % 10)), new Monitor());
    return model;
  }

  private static Cli run(Object... arguments) {
    Cli cli = Cli.run(arguments);
    assertEquals(0, cli.exitCode(), cli.toString());
    return cli;
  }

  @Test
  void farOutsideTheRangeOrWhereTheSourceIsConstant() throws IOException {
    try (Model model = model()) {
      Data far = Data.files(table("far.csv", 8, 0.2, r -> r == 3 ? 7300 : r));
      List<Unseen> expected =
          List.of(new Unseen("x", 0, 7300, 0, 9), new Unseen("set", 0.2, 0.2, 0.1, 0.1));
      assertEquals(expected, model.predict(far).data().unseen());
      assertEquals(expected, model.evaluateRows(null, far).data().unseen());
      model.calibrate("t", far, new Monitor());
      assertEquals(expected, model.report("t").data().unseen());
      // What is kept keeps it.
      model.save(folder.resolve("model"), false);
      try (Model again = Model.load(folder.resolve("model"))) {
        assertEquals(expected, again.report("t").data().unseen());
        assertEquals(expected, again.predict("t", far).data().unseen());
      }
    }
  }

  @Test
  void nothingIsSaidOfWhatIsNear() throws IOException {
    try (Model model = model()) {
      // As far out again as the source's range is wide, and a constant that another tool rounds otherwise.
      Data near = Data.files(table("near.csv", 8, 0.1 + 1e-9, r -> r == 0 ? -9 : r == 1 ? 18 : r));
      assertEquals(List.of(), model.predict(near).data().unseen());
      Data further = Data.columns(Map.of("x", new double[] {18.1}, "set", new double[] {0.1}));
      assertEquals(List.of(new Unseen("x", 18.1, 18.1, 0, 9)), model.predict(further).data().unseen());
      assertEquals(List.of(), model.reports().get(0).data().unseen());
    }
  }

  @Test
  void statesOfTrajectoriesToo() {
    TransferConfig config =
        TransferConfig.builder()
            .network(new NeuralOde("run", "t", 10, false, List.of(4), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of()))
            .source(f -> f.epochs(1))
            .target(f -> f.epochs(1))
            .build();
    Map<String, double[]> steps = Map.of("run", new double[] {1, 1, 1}, "t", new double[] {0, 1, 2}, "s", new double[] {0, 1, 2});
    Map<String, double[]> far = Map.of("run", new double[] {1, 1, 1}, "t", new double[] {0, 1, 2}, "s", new double[] {0, 1, 90});
    try (Model model = Model.train(Data.columns(steps), config, new Monitor())) {
      assertEquals(List.of(new Unseen("s", 0, 90, 0, 2)), model.evaluateRows(null, Data.columns(far)).data().unseen());
    }
  }

  @Test
  void theCommandsSayItOnceAndInJsonAndInTheReport() throws IOException {
    Path source = table("source.csv", 60, 0.1, r -> r % 10);
    Path target = table("target.csv", 8, 0.1, r -> r == 3 ? 7300 : r);
    Path page = folder.resolve("page.html");
    String words = "target.csv: column x goes from 0 to 7,300, and went from 0 to 9 in the source";
    Cli said =
        run(
            "transfer", "--source", source, "--target", target, "--label", "y", "--hidden", "4", "--source-epochs", 1,
            "--target-epochs", 1, "--out", folder.resolve("model"), "--report", page, "--json");
    assertEquals(1, said.err().lines().filter(line -> line.contains(words)).count(), said.err());
    JsonNode phases = said.json().get("phases");
    assertEquals(7300, phases.get(phases.size() - 1).at("/data/unseen/0/most").asDouble());
    assertTrue(Files.readString(page).contains("Beyond the source"));

    Path out = folder.resolve("out.csv");
    Cli predicted = run("predict", "--model", folder.resolve("model"), "--source-task", "--input", target, "--out", out, "--json");
    assertTrue(predicted.err().contains(words), predicted.err());
    assertEquals("x", predicted.json().at("/unseen/0/column").asText());
    Cli evaluated = run("evaluate", "--model", folder.resolve("model"), "--input", target, "--json");
    assertTrue(evaluated.err().contains(words), evaluated.err());
    assertEquals("x", evaluated.json().at("/unseen/0/column").asText());
    assertEquals("", Cli.ok("evaluate", "--model", folder.resolve("model"), "--input", source).err());
  }

  @Test
  void predictionsAreWrittenBesideTheirOwnRowsOnly() throws IOException {
    try (Model model = model()) {
      Path file = table("rows.csv", 8, 0.1, r -> r);
      Predictions predictions = model.predict(Data.files(file));
      List<String> lines = new ArrayList<>(Files.readAllLines(file));
      Path out = folder.resolve("out.csv");
      predictions.write(Data.files(file), out);
      assertEquals(9, Files.readAllLines(out).size());
      Collections.swap(lines, 1, 2);
      Files.write(file, lines);
      String message =
          assertThrows(DataException.class, () -> predictions.write(Data.files(file), folder.resolve("other.csv"))).getMessage();
      assertTrue(message.contains("rows.csv has other rows"), message);
      assertEquals(9, Files.readAllLines(out).size());

      Data query = Data.sql("SELECT * FROM '" + file + "' ORDER BY x");
      Predictions ofQuery = model.predict(query);
      ofQuery.write(query, out);
      Data reversed = Data.sql("SELECT * FROM '" + file + "' ORDER BY x DESC");
      assertThrows(DataException.class, () -> ofQuery.write(reversed, out));
    }
  }
}
