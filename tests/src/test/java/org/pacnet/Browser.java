package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.print.PrintOptions;

/** A headless Chromium with a page of ours, and what must hold of each of them. */
final class Browser implements AutoCloseable {

  /** A phone and a desk. */
  static final int[] WIDTHS = {390, 1440};

  private static final int HEIGHT = 900;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Skips the test, loudly, where there is no Chromium. */
  static Browser start(Path downloads) {
    String chromium = find("chromium", "chromium-browser", "google-chrome");
    String chromedriver = find("chromedriver");
    if (chromium == null || chromedriver == null) {
      System.err.println(
          "\n*** THE TESTS OF REPORTS IN A BROWSER ARE SKIPPED: Chromium and its driver are not there (Debian: chromium,"
              + " chromium-driver) ***\n");
      Assumptions.abort("no Chromium");
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    // Root may not use the sandbox, and containers have little shared memory.
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb");
    options.setExperimentalOption("prefs", Map.of("download.default_directory", downloads.toString()));
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable("browser", Level.ALL);
    logs.enable("performance", Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(new File(chromedriver)).usingAnyFreePort().build();
    return new Browser(new ChromeDriver(service, options));
  }

  private static String find(String... names) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> Stream.of(names).map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }

  /** The page as a reader with this width and theme sees it. */
  void open(Path page, int width, boolean dark) {
    look(width, dark, "screen");
    driver.get(page.toUri().toString());
  }

  private void look(int width, boolean dark, String medium) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", width < 500));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "media", medium, "features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  /**
   * Checks a page on a phone in the dark theme and on a desk in the light one, and as it is printed: a theme has its colours, and a
   * width its layout, whatever the other is. Leaves it open on the desk.
   */
  void check(Path page) throws IOException {
    driver.manage().logs().get("performance");
    checkPrint(page);
    for (int width : WIDTHS) {
      boolean dark = width < 500;
      open(page, width, dark);
      String where = "%s, %d pixels, %s".formatted(page.getFileName(), width, dark ? "dark" : "light");
      checkChartsAreDrawn(where);
      long over = number("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assertEquals(0, over, "the page is wider than the screen: " + where);
      String colour = text("return getComputedStyle(document.body).backgroundColor");
      assertEquals(dark, brightness(colour) < 128, "the theme's background is " + colour + ": " + where);
      checkNothingIsWrong(where);
      // A table's rows are alike, and so are a drawing's marks: axe takes a time of all of them.
      AxeBuilder axe = new AxeBuilder().exclude("tbody tr:nth-child(n+6)").exclude(".chart svg > *");
      axe.setOptions("{\"resultTypes\":[\"violations\"]}");
      List<Rule> violations = axe.analyze(driver).getViolations();
      assertTrue(violations.isEmpty(), () -> where + ": " + violations);
    }
    checkRequests();
  }

  private static int brightness(String rgb) {
    return Stream.of(rgb.replaceAll("[^0-9,]", "").split(",")).limit(3).mapToInt(Integer::parseInt).sum() / 3;
  }

  // Drawn: there is an SVG with marks besides its background, or a canvas or picture that is not one colour, as wide as its place.
  private void checkChartsAreDrawn(String where) {
    JsonNode charts =
        JSON.valueToTree(
            driver.executeScript(
                """
                return [...document.querySelectorAll(".chart")].map((box) => {
                  const svg = box.querySelector("svg"), canvas = box.querySelector("canvas"), pictures = [...box.querySelectorAll("img")];
                  let marks = 0;
                  if (svg) marks = svg.querySelectorAll("path, circle, polygon, polyline, rect").length - 1;
                  if (canvas) {
                    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                    marks = new Set(new Uint32Array(pixels.buffer)).size - 1;
                  }
                  if (pictures.length) marks = pictures.every((p) => p.complete && p.naturalWidth > 0 && p.alt) ? pictures.length : 0;
                  const drawing = svg || canvas;
                  return { name: box.getAttribute("aria-label"), marks, width: box.clientWidth,
                    drawn: drawing ? drawing.getBoundingClientRect().width : box.clientWidth };
                });"""));
    JsonNode data = data();
    int expected = 0;
    for (JsonNode section : data.get("sections")) {
      expected += section.get("charts").size();
    }
    assertEquals(expected, charts.size(), where);
    for (JsonNode chart : charts) {
      assertTrue(chart.get("marks").asInt() > 1, where + ": nothing is drawn of " + chart);
      assertEquals(chart.get("width").asDouble(), chart.get("drawn").asDouble(), 1, where + ": " + chart);
      assertTrue(chart.get("name").asText().length() > 10, where + ": " + chart);
    }
  }

  /** What the page was made of. */
  JsonNode data() {
    try {
      return JSON.readTree(text("return document.getElementById('data').textContent"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void checkNothingIsWrong(String where) {
    List<LogEntry> said = driver.manage().logs().get("browser").getAll();
    assertTrue(said.isEmpty(), () -> where + ": " + said);
  }

  private void checkRequests() throws IOException {
    List<String> outside = new ArrayList<>();
    int asked = 0;
    for (LogEntry entry : driver.manage().logs().get("performance")) {
      JsonNode message = JSON.readTree(entry.getMessage()).get("message");
      if (message.get("method").asText().equals("Network.requestWillBeSent")) {
        asked++;
        String url = message.at("/params/request/url").asText();
        if (!url.matches("(?s)(file|data|blob):.*")) {
          outside.add(url);
        }
      }
    }
    assertTrue(asked > 0, "the page itself is asked for");
    assertEquals(List.of(), outside);
  }

  // On paper no chart may be cut: each fits its place, and there is a page or more of PDF.
  private void checkPrint(Path page) {
    open(page, 1440, true);
    look(700, true, "print");
    driver.executeAsyncScript("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))");
    checkChartsAreDrawn("print");
    assertTrue(brightness(text("return getComputedStyle(document.body).backgroundColor")) > 250);
    byte[] pdf = Base64.getDecoder().decode(driver.print(new PrintOptions()).getContent());
    assertTrue(pdf.length > 20_000, "the PDF has " + pdf.length + " bytes");
  }

  /** The cells of a table as the page shows them. */
  List<List<String>> table(int which) {
    List<List<String>> rows = new ArrayList<>();
    for (Object row :
        (List<?>)
            Objects.requireNonNull(
                driver.executeScript(
                    "return [...document.querySelectorAll('table')[arguments[0]].tBodies[0].rows]"
                        + ".map(row => [...row.cells].map(cell => cell.textContent))",
                    which))) {
      rows.add(((List<?>) row).stream().map(String::valueOf).toList());
    }
    return rows;
  }

  /** Presses a column's title, by the mouse or by the keyboard. */
  void sort(int table, int column, boolean mouse) {
    WebElement head = driver.findElements(By.tagName("table")).get(table);
    WebElement title = head.findElements(By.cssSelector("th button")).get(column);
    if (mouse) {
      title.click();
    } else {
      title.sendKeys(Keys.ENTER);
    }
  }

  /** Follows the link below a table, and reads what it is saved as. */
  String download(int table, Path folder) throws IOException, InterruptedException {
    WebElement link = driver.findElements(By.cssSelector("a.download")).get(table);
    Path file = folder.resolve(Objects.requireNonNull(link.getAttribute("download")));
    Files.deleteIfExists(file);
    link.click();
    for (int i = 0; i < 100 && !Files.exists(file); i++) {
      Thread.sleep(100);
    }
    return Files.readString(file);
  }

  String text(String script) {
    return String.valueOf(driver.executeScript(script));
  }

  private long number(String script) {
    return ((Number) Objects.requireNonNull(driver.executeScript(script))).longValue();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
