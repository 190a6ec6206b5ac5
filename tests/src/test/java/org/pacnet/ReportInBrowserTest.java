package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.report.Page;

/** Reports as readers see them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportInBrowserTest {

  @TempDir static Path folder;
  private Browser browser;

  @BeforeAll
  void start() {
    browser = Browser.start(folder);
  }

  @AfterAll
  void end() {
    if (browser != null) {
      browser.close();
    }
  }

  private static void run(Object... arguments) {
    Cli run = Cli.run(arguments);
    assertEquals(0, run.exitCode(), run.err());
  }

  // Four digits are shown.
  private void numbersAreThoseOfTheData() {
    int table = 0;
    for (JsonNode section : browser.data().get("sections")) {
      JsonNode data = section.get("table");
      if (data.isNull()) {
        continue;
      }
      List<List<String>> shown = browser.table(table++);
      assertEquals(data.get("rows").size(), shown.size());
      for (int r = 0; r < shown.size(); r++) {
        for (int c = 0; c < shown.get(r).size(); c++) {
          JsonNode value = data.get("rows").get(r).get(c);
          String cell = shown.get(r).get(c);
          if (value.isNumber()) {
            double number = value.asDouble();
            assertEquals(number, Double.parseDouble(cell.replace(",", "")), 5e-3 * Math.abs(number) + 1e-300);
          } else {
            assertEquals(value.isNull() ? "–" : value.asText(), cell);
          }
        }
      }
    }
    assertTrue(table > 0);
  }

  @Test
  void anExperiment() throws IOException, InterruptedException {
    Path page = folder.resolve("experiment.html");
    run(
        "experiment", "friedman", "--seeds", "3", "--targets", "10,30", "--methods", "pac,scratch,finetune", "--hidden", "8",
        "--source-epochs", "2", "--target-epochs", "3", "--report", page);
    browser.check(page);
    browser.open(page, 1440, false);
    numbersAreThoseOfTheData();

    List<List<String>> before = browser.table(0);
    browser.sort(0, 2);
    List<List<String>> up = new ArrayList<>(before);
    Comparator<List<String>> byError = Comparator.comparingDouble(row -> Double.parseDouble(row.get(2)));
    up.sort(byError);
    assertEquals(up, browser.table(0));
    browser.sort(0, 2);
    up.sort(byError.reversed());
    assertEquals(up, browser.table(0));

    JsonNode rows = browser.data().at("/sections/0/table/rows");
    List<String> lines = browser.download(0, folder).lines().toList();
    assertEquals(rows.size() + 1, lines.size());
    for (int r = 0; r < rows.size(); r++) {
      String[] cells = lines.get(r + 1).split(",", -1);
      assertEquals(rows.get(r).get(0).asText(), cells[0]);
      assertEquals(rows.get(r).get(2).asDouble(), Double.parseDouble(cells[2]));
    }
  }

  @Test
  void whatUsersNameStaysText() throws IOException {
    String evil = "</script><img src=x onerror=\"document.title='bad'\"><b>";
    Path page = folder.resolve("evil.html");
    Page.Table table = new Page.Table(List.of(new Page.Column(evil, false)), List.of(List.of(evil)));
    new Page("Names", evil, List.of(List.of(evil, evil)), List.of(new Page.Section(evil, evil, List.of(), table))).write(page);
    browser.check(page);
    assertEquals("Names", browser.text("return document.title"));
    assertEquals("0", browser.text("return document.querySelectorAll('main img, main b').length"));
    assertEquals(List.of(List.of(evil)), browser.table(0));
  }
}
