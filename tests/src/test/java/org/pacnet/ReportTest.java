package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.report.Page;

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
    assertTrue(page.get("lead").asText().contains("3 seed(s)"));
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
