package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.statistics.Means;
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
    numbersAreThoseOfTheData();

    List<List<String>> before = browser.table(0);
    browser.sort(0, 2, true);
    List<List<String>> up = new ArrayList<>(before);
    Comparator<List<String>> byError = Comparator.comparingDouble(row -> Double.parseDouble(row.get(2)));
    up.sort(byError);
    assertEquals(up, browser.table(0));
    browser.sort(0, 2, false);
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

  private static Path write(String name, String header, int rows, IntFunction<String> row) throws IOException {
    Path file = folder.resolve(name);
    StringBuilder text = new StringBuilder(header).append('\n');
    for (int r = 0; r < rows; r++) {
      text.append(row.apply(r)).append('\n');
    }
    Files.writeString(file, text);
    return file;
  }

  private static double a(int r) {
    return Math.sin(1.7 * r);
  }

  private static double b(int r) {
    return Math.cos(2.9 * r + 1);
  }

  // Of a table: y, a class that follows it, and a tool that shifts it.
  private static String row(int r, int tools, double shift) {
    int tool = r % Math.max(1, tools);
    double y = 3 * Math.sin(a(r)) + b(r) * b(r) + shift * (1 + tool);
    return String.format(Locale.ROOT, "%.5f,%.5f,%s%.5f", a(r), b(r), tools == 0 ? "" : "tool" + tool + ",", y);
  }

  private void isSound(Path page) throws IOException {
    assertTrue(Files.size(page) < 2_000_000, page + " has " + Files.size(page) + " bytes");
    browser.check(page);
    numbersAreThoseOfTheData();
  }

  private List<String> titles() {
    List<String> titles = new ArrayList<>();
    browser.data().get("sections").forEach(section -> titles.add(section.get("title").asText()));
    return titles;
  }

  // Twenty methods, eight sizes, thirty seeds.
  @Test
  void theLargestExperiment() throws IOException {
    List<Method> methods = List.of(Method.values()).subList(0, 20);
    List<Integer> sizes = List.of(5, 10, 20, 50, 100, 200, 500, 1000);
    int seeds = 30;
    SplittableRandom random = new SplittableRandom(1);
    List<Experiment.Cell> cells = new ArrayList<>();
    List<Experiment.Summary> summary = new ArrayList<>();
    for (Method method : methods) {
      for (int n : sizes) {
        double[] errors = random.doubles(seeds).map(x -> (1 + method.ordinal() + x) / Math.sqrt(n)).toArray();
        double mean = Arrays.stream(errors).average().orElseThrow();
        for (int seed = 0; seed < seeds; seed++) {
          cells.add(new Experiment.Cell(method.toString(), n, seed, errors[seed], 2.0, 0.1, 1 / (1 + errors[seed])));
        }
        summary.add(
            new Experiment.Summary(
                method.toString(), n, mean, Means.deviation(errors), Means.halfInterval(errors), random.nextDouble(), 2.0, 0.1, 1 / (1 + mean)));
      }
    }
    Experiment.Settings settings =
        new Experiment.Settings(
            Experiment.Problems.FRIEDMAN, 2, 0, seeds, sizes, methods, false, TransferConfig.builder("y").build(), 2);
    Experiment.Results results =
        new Experiment.Results(settings, cells, summary, Map.of(), new Experiment.SourceErrors(1, 4, 1.1), 0.8, 100, 1_000_000);
    Path kept = folder.resolve("largest.json");
    Files.writeString(kept, Json.compact(results));
    Path page = folder.resolve("largest.html");
    run("report", "--results", kept, "--out", page);
    isSound(page);
    assertEquals(160, browser.table(0).size());
    assertEquals(19 * 8, browser.table(1).size());
  }

  @Test
  void aTableItsModelItsTargetsAndWhatComparesThem() throws IOException {
    Path source = write("source.csv", "a,b,y", 400, r -> row(r, 0, 0));
    Path target = write("target.csv", "a,b,y", 20, r -> row(r + 1000, 0, 0.7));
    Path test = write("test.csv", "a,b,y", 1500, r -> row(r + 2000, 0, 0.7));
    Path model = folder.resolve("model");
    Path page = folder.resolve("transfer.html");
    String[] quick = {"--label", "y", "--hidden", "16,16", "--source-epochs", "20", "--target-epochs", "60", "--validation-share", "0.2"};
    run(
        Cli.and(
            quick, "transfer", "--source", source, "--target", target, "--test", test, "--tune", "--learning-curve", "--out", model,
            "--report", page));
    isSound(page);
    assertTrue(
        titles()
            .containsAll(
                List.of(
                    "The target's error", "Predicted and true", "Residuals", "The rows that are furthest off", "Ways to learn the target",
                    "What more rows would buy", "What is left of the source", "How the losses fell", "Weights kept in each layer",
                    "Magnitudes and the threshold", "The masks", "The data", "The settings")),
        titles().toString());
    String lead = browser.data().get("lead").asText();
    assertTrue(lead.contains("Learning the target's rows helps: the error is "), lead);
    assertTrue(browser.data().at("/facts/0/1").asText().startsWith("./pacnet transfer --source "));

    Path errors = folder.resolve("errors.html");
    Cli said = Cli.run("evaluate", "--model", model, "--input", test, "--json", "--report", errors);
    assertEquals(0, said.exitCode(), said.err());
    isSound(errors);
    JsonNode rmse = said.json().at("/metrics/labels/0");
    assertEquals(rmse.get("rmse"), browser.data().at("/sections/0/table/rows/0/1"));
    assertEquals(rmse.get("mae"), browser.data().at("/sections/0/table/rows/0/2"));

    Path many = write("many.csv", "a,b,tool,y", 60 * 8, r -> row(r, 60, 0.01));
    run("calibrate", "--model", model, "--target", many, "--group-by", "tool", "--target-epochs", "10");
    Path tools = folder.resolve("tools.html");
    Cli evaluated = Cli.run("evaluate", "--model", model, "--input", many, "--group-by", "tool", "--json", "--report", tools);
    assertEquals(0, evaluated.exitCode(), evaluated.err());
    isSound(tools);
    JsonNode byTarget = evaluated.json().get("targets");
    List<List<String>> shown = browser.table(0);
    assertEquals(60, shown.size());
    List<String> names = new ArrayList<>();
    byTarget.fieldNames().forEachRemaining(names::add);
    assertEquals(names, shown.stream().map(row -> row.get(0)).toList());
    double worst = byTarget.get(names.get(0)).at("/labels/0/rmse").asDouble();
    assertEquals(worst, Double.parseDouble(shown.get(0).get(1)), 1e-3 * worst);

    Path whole = folder.resolve("model.html");
    run("report", "--model", model, "--out", whole);
    isSound(whole);
    assertEquals(61, browser.table(0).size());

    Path compared = folder.resolve("compare.html");
    Path kept = folder.resolve("compare.json");
    Cli compare =
        Cli.run(
            Cli.and(
                quick, "compare", "--source", source, "--target", target, "--methods", "pac,finetune,scratch", "--json", "--report",
                compared));
    assertEquals(0, compare.exitCode(), compare.err());
    Files.writeString(kept, compare.out());
    isSound(compared);
    JsonNode ways = compare.json().at("/comparison/ways");
    JsonNode drawn = browser.data();
    assertEquals(ways.size(), drawn.at("/sections/0/table/rows").size());
    for (int w = 0; w < ways.size(); w++) {
      assertEquals(ways.get(w).get("name"), drawn.at("/sections/0/table/rows").get(w).get(0));
      assertEquals(ways.get(w).get("low").asDouble(), drawn.at("/sections/0/table/rows").get(w).get(4).asDouble());
    }
    Path later = folder.resolve("later.html");
    run("report", "--results", kept, "--out", later);
    browser.open(later, 1440, false);
    assertEquals(drawn.get("sections"), browser.data().get("sections"));
  }

  @Test
  void imagesAndTheirClasses() throws IOException {
    Path source = folder.resolve("shapes");
    Path few = folder.resolve("few");
    Path test = folder.resolve("later");
    Shapes.writeSource(source, 200, 1);
    Shapes.writeTarget(few, 20, 2);
    Shapes.writeTarget(test, 60, 3);
    Path page = folder.resolve("images.html");
    run(
        "transfer", "--source", source, "--target", few, "--test", test, "--network", "cnn", "--widths", "4,8", "--source-epochs", "2",
        "--target-epochs", "3", "--out", folder.resolve("images"), "--report", page);
    isSound(page);
    assertTrue(titles().containsAll(List.of("Which class is taken for which", "How sure it is, and how often right", "Pictures")));
    // Pictures are as many as the table has rows.
    int table = titles().indexOf("Pictures");
    assertEquals(
        String.valueOf(browser.data().at("/sections/" + table + "/table/rows").size()),
        browser.text("return document.querySelectorAll('.pictures img').length"));
    // Every row is counted once.
    JsonNode classes = browser.data().at("/sections/1/table/rows");
    assertEquals(60, classes.get(0).get(1).asInt() + classes.get(1).get(1).asInt());
  }

  @Test
  void trajectoriesOverTheTruth() throws IOException {
    IntFunction<String> states =
        r -> {
          double t = 0.1 * (r % 40);
          int run = r / 40;
          return String.format(Locale.ROOT, "run%d,%.2f,%.5f,%.5f", run, t, Math.cos(t + run), -Math.sin(t + run));
        };
    Path source = write("runs.csv", "run,t,x,v", 40 * 12, states);
    Path target = write("few_runs.csv", "run,t,x,v", 40 * 2, states);
    Path test = write("other_runs.csv", "run,t,x,v", 40 * 8, states);
    Path page = folder.resolve("runs.html");
    run(
        "transfer", "--source", source, "--target", target, "--test", test, "--network", "ode", "--trajectory", "run", "--time", "t",
        "--hidden", "16", "--source-epochs", "3", "--target-epochs", "3", "--out", folder.resolve("ode"), "--report", page);
    isSound(page);
    int section = titles().indexOf("Trajectories over the truth");
    JsonNode drawn = browser.data().at("/sections/" + section + "/charts/0/data/series");
    assertEquals(4, drawn.size());
    // The first state is given, so both curves start at the same place.
    assertEquals(drawn.at("/0/points/0"), drawn.at("/1/points/0"));
    assertEquals(8, browser.data().at("/sections/" + section + "/table/rows").size());
  }

  @Test
  void aFieldBesideItsReference() throws IOException {
    Path source = folder.resolve("points.csv");
    Path target = folder.resolve("few_points.csv");
    Path test = folder.resolve("solution.csv");
    run("points", "heat", "--coefficient", "0.1", "--points", "200", "--known", "100", "--out", source);
    run("points", "heat", "--coefficient", "0.2", "--points", "20", "--known", "20", "--out", target);
    run("points", "heat", "--coefficient", "0.2", "--solution", "16", "--out", test);
    Path page = folder.resolve("field.html");
    run(
        "transfer", "--source", source, "--target", target, "--test", test, "--network", "pinn", "--equation", "heat", "--hidden", "8,8",
        "--source-epochs", "3", "--target-epochs", "3", "--out", folder.resolve("pinn"), "--report", page);
    isSound(page);
    JsonNode charts = browser.data().at("/sections/" + titles().indexOf("The field") + "/charts");
    assertEquals(3, charts.size());
    for (int y = 0; y < 5; y++) {
      double said = charts.at("/0/data/cells").get(y).get(3).asDouble();
      double is = charts.at("/1/data/cells").get(y).get(3).asDouble();
      assertEquals(said - is, charts.at("/2/data/cells").get(y).get(3).asDouble(), 1e-4);
    }
  }

  @Test
  void theColumnsOfAUserStayText() throws IOException {
    String evil = "<img src=x onerror=alert(1)>";
    Path source = write("evil_source.csv", "a," + evil, 60, r -> a(r) + (r % 2 == 0 ? ",<b>yes</b>" : ",no"));
    Path page = folder.resolve("evil_columns.html");
    run(
        "transfer", "--source", source, "--target", source, "--test", source, "--label", evil, "--task", "classification", "--hidden", "4",
        "--source-epochs", "2", "--target-epochs", "2", "--out", folder.resolve("evil"), "--report", page);
    browser.check(page);
    assertEquals("0", browser.text("return document.querySelectorAll('main img, main b').length"));
    assertTrue(browser.text("return document.getElementById('report').textContent").contains("<b>yes</b>"));
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
