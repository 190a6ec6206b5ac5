package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.report.Page;
import org.pacnet.result.LayerReport;
import org.pacnet.result.Monitor;

/** Pages, as far as they can be told without a browser. */
class ReportTest {

  @TempDir Path folder;

  private static JsonNode data(Path page) throws IOException {
    String text = Files.readString(page);
    String begin = "<script type=\"application/json\" id=\"data\">";
    int from = text.indexOf(begin) + begin.length();
    return new ObjectMapper().readTree(text.substring(from, text.indexOf("</script>", from)));
  }

  @Test
  void anExperimentsPageHasItsNumbers() throws IOException {
    Path file = folder.resolve("report.html");
    Cli run =
        Cli.run(
            "experiment", "friedman", "--seeds", "3", "--targets", "10,30", "--methods", "pac,scratch,finetune", "--hidden", "8",
            "--source-epochs", "2", "--target-epochs", "3", "--json", "--report", file);
    assertEquals(0, run.exitCode(), run.err());
    JsonNode results = new ObjectMapper().readTree(run.out());
    JsonNode page = data(file);
    assertTrue(Files.size(file) < 2_000_000);
    JsonNode rows = page.at("/sections/0/table/rows");
    assertEquals(results.get("summary").size(), rows.size());
    for (int i = 0; i < rows.size(); i++) {
      JsonNode summary = results.get("summary").get(i);
      assertEquals(summary.get("method").asText(), rows.get(i).get(0).asText());
      assertEquals(summary.get("n").asInt(), rows.get(i).get(1).asInt());
      assertEquals(summary.get("mean").asDouble(), rows.get(i).get(2).asDouble());
      assertEquals(summary.get("p").asDouble(), rows.get(i).get(6).asDouble());
    }
    // What the charts draw is what the tables say.
    JsonNode points = page.at("/sections/0/charts/0/data/series/0/points");
    for (int i = 0; i < points.size(); i++) {
      for (int c = 0; c < 4; c++) {
        assertEquals(rows.get(i).get(c + 1).asDouble(), points.get(i).get(c).asDouble());
      }
    }
    // Two others than pac, at two sizes.
    assertEquals(4, page.at("/sections/1/table/rows").size());
    double difference = page.at("/sections/1/table/rows/0/2").asDouble();
    assertEquals(rows.get(2).get(2).asDouble() - rows.get(0).get(2).asDouble(), difference, 1e-9);
    assertTrue(page.get("lead").asText().contains("3 seeds"));
    String command = page.at("/facts/0/1").asText();
    assertTrue(command.startsWith("./pacnet experiment friedman --seeds 3"), command);
    // The same of what was kept.
    Path kept = folder.resolve("results.json");
    Files.writeString(kept, run.out());
    Path later = folder.resolve("later.html");
    Cli again = Cli.run("report", "--results", kept, "--out", later);
    assertEquals(0, again.exitCode(), again.err());
    assertEquals(page.get("sections"), data(later).get("sections"));
    assertEquals(page.get("lead"), data(later).get("lead"));
    Files.writeString(kept, run.out().replaceFirst("\"mean\":", "\"moan\":"));
    assertEquals(2, Cli.run("report", "--results", kept, "--out", later).exitCode());
    assertEquals(2, Cli.run("report", "--results", folder.resolve("nix.json"), "--out", later).exitCode());
    Cli refused =
        Cli.run("experiment", "friedman", "--seeds", "1", "--report", file.resolve("below-a-file.html"));
    assertEquals(2, refused.exitCode());
  }

  @Test
  void wrongPlacesAndWrongFilesAreOneLine() throws IOException {
    Path html = folder.resolve("page.html");
    Path source = folder.resolve("source.csv");
    Path nowhere = source.resolve("page.html");
    Files.writeString(source, "a,y\n1,2\n2,3\n3,4\n4,5\n");
    Path model = folder.resolve("model");
    String[] quick = {"--label", "y", "--hidden", "4", "--source-epochs", "2", "--target-epochs", "2"};
    Cli refused =
        Cli.run(Cli.and(quick, "transfer", "--source", source, "--target", source, "--out", model, "--report", nowhere));
    assertEquals(2, refused.exitCode(), refused.err());
    assertTrue(refused.err().contains("page.html"), refused.err());
    assertFalse(Files.exists(model), "nothing is trained for a page that can't be written");
    assertEquals(2, Cli.run(Cli.and(quick, "compare", "--source", source, "--target", source, "--report", nowhere)).exitCode());
    assertEquals(2, Cli.run("report", "--out", html).exitCode());
    assertEquals(2, Cli.run("report", "--model", model, "--results", source, "--out", html).exitCode());
    assertEquals(2, Cli.run("report", "--model", model, "--out", html).exitCode());
    assertEquals(2, Cli.run("report", "--results", source, "--out", html).exitCode());
    assertFalse(Files.exists(html));
    // Of a model that has only been trained there is less to say.
    assertEquals(0, Cli.run(Cli.and(new Object[] {"--label", "y", "--hidden", "4", "--source-epochs", "2"}, "train", "--source", source, "--out", model)).exitCode());
    Cli made = Cli.run("report", "--model", model, "--out", html);
    assertEquals(0, made.exitCode(), made.err());
    assertTrue(data(html).get("lead").asText().contains("has not been allocated yet"));
    assertEquals(2, Cli.run("evaluate", "--model", model, "--input", source, "--source-task", "--report", nowhere).exitCode());
  }

  @Test
  void whatWasTypedCanBeTypedAgain() throws IOException {
    Path source = folder.resolve("it's here.csv");
    Files.writeString(source, "a,y\n1,2\n2,3\n3,4\n4,5\n");
    Path html = folder.resolve("page.html");
    Cli.ok("transfer", "--source", source, "--target", source, "--label", "y", "--hidden", "4", "--source-epochs", "1", "--target-epochs", "1",
        "--out", folder.resolve("model"), "--report", html);
    String command = data(html).at("/facts/0/1").asText();
    assertTrue(command.startsWith("./pacnet transfer --source '" + folder + "/it'\\''s here.csv' --target "), command);
  }

  @Test
  void anEvaluationHasEachRowBesideWhatIsTrue() {
    Object[] a = {1, 2, null, 4, 5, 6};
    double[] y = {3, 5, 7, 9, 11, 13};
    Data data = Data.columns(Map.of("a", a, "y", y));
    TransferConfig config = TransferConfig.builder("y").hidden(4).source(f -> f.epochs(2)).target(f -> f.epochs(2)).columns(c -> c.missing(Missing.DROP)).build();
    try (Model model = Model.transfer(data, "t", data, config, new Monitor())) {
      Evaluation evaluation = model.evaluateRows("t", data);
      assertEquals(5, evaluation.rows());
      assertEquals(2, evaluation.tableRow(1));
      assertEquals(4, evaluation.tableRow(2), "the third is dropped");
      assertArrayEquals(new double[] {3, 5, 9, 11, 13}, evaluation.truth(0), 1e-5);
      assertArrayEquals(new double[] {1, 2, 4, 5, 6}, evaluation.input("a"), 1e-6);
      assertArrayEquals(model.predict("t", data).numbers("prediction_y"), evaluation.predicted(0));
      assertEquals(model.evaluate("t", data), evaluation.metrics());
      assertEquals(model.evaluate(data), model.evaluateRows(null, data).metrics());
      assertThrows(DataException.class, () -> evaluation.input("b"));
      assertNull(evaluation.picture(0, 10));
    }
  }

  @Test
  void weightsAndMasksAreThoseOfTheLayers() {
    Data data = Data.columns(Map.of("a", new double[] {1, 2, 3, 4}, "y", new double[] {3, 5, 7, 9}));
    TransferConfig config = TransferConfig.builder("y").hidden(8, 8).source(f -> f.epochs(2)).target(f -> f.epochs(2)).build();
    try (Model model = Model.transfer(data, "t", data, config, new Monitor())) {
      for (LayerReport layer : model.layers()) {
        float[] source = model.weights(Model.Weights.SOURCE, layer.name());
        float[] pruned = model.weights(Model.Weights.PRUNED, layer.name());
        BitSet mask = model.mask(layer.name());
        assertEquals(layer.size(), source.length);
        assertEquals(layer.kept(), mask.cardinality());
        for (int i = 0; i < source.length; i++) {
          assertEquals(mask.get(i) ? source[i] : 0f, pruned[i]);
        }
      }
      assertEquals(config.target().epochs(), model.config("t").target().epochs());
      assertTrue(model.describe().startsWith("1-8-8-1 (silu), "), model.describe());
      assertThrows(IllegalArgumentException.class, () -> model.mask("layers.0.bias"));
    }
  }

  @Test
  void whatUsersNameIsNoMarkup() throws IOException {
    String evil = "</script><script>alert(1)</script><b onclick='x'>";
    Path file = folder.resolve("evil.html");
    Page.Table table = new Page.Table(List.of(new Page.Column(evil, false)), List.of(List.of(evil)));
    new Page(
            evil,
            evil,
            List.of(List.of(evil, evil)),
            List.of(new Page.Section(evil, evil, List.of(new Page.Chart("lines", evil, evil, Map.of("x", evil))), table)))
        .write(file);
    assertFalse(Files.readString(file).contains("<script>alert"));
    assertEquals(evil, data(file).get("title").asText());
    // It asks nothing of any network: nothing in it has an address to fetch from.
    String own = Files.readString(file).replaceAll("(?s)<script>\\s*/\\*.*?</script>", "");
    assertFalse(own.matches("(?s).*(src|href)=\"?https?:.*"));
  }
}
