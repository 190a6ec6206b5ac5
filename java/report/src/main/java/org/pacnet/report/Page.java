package org.pacnet.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Diagnosis;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Json;

/**
 * A page as data: what its script draws. Charts are drawn by Apache ECharts (Apache-2.0), which is shipped inside the page: it has
 * every kind of chart that reports need, draws SVG that prints, and is kept by the Apache foundation.
 *
 * @param title of the page
 * @param lead the first paragraph, in plain words
 * @param facts names and values: settings, versions, the command that repeats it
 * @param sections with a chart, a table, or both
 */
public record Page(String title, String lead, List<List<String>> facts, List<Section> sections) {

  /**
   * A part of a page.
   *
   * @param note below its title: what one sees
   * @param charts side by side where there is room
   */
  public record Section(String title, String note, List<Chart> charts, @Nullable Table table) {}

  /**
   * A chart.
   *
   * @param kind the name of its file in the folder of charts, which says what the data are
   * @param title above it; empty where that of its section says it all
   * @param label for those who hear the page
   */
  public record Chart(String kind, String title, String label, Map<String, Object> data) {}

  /** A table that the reader can sort and download. */
  public record Table(List<Column> columns, List<List<Object>> rows) {}

  /** A column of a {@link Table}. */
  public record Column(String name, boolean number) {}

  public static Column text(String name) {
    return new Column(name, false);
  }

  public static Column number(String name) {
    return new Column(name, true);
  }

  /** A row of a {@link Table}: texts and numbers, and null where there is none. */
  public static List<Object> row(@Nullable Object... cells) {
    return Arrays.asList(cells);
  }

  private static final String LIBRARY = "/META-INF/resources/webjars/echarts/5.3.1/dist/echarts.min.js";

  /** Writes the page, whole or not at all. */
  public void write(Path file) {
    byte[] bytes = html().getBytes(StandardCharsets.UTF_8);
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }

  String html() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("title", title);
    data.put("lead", lead);
    data.put("facts", facts);
    data.put("sections", sections);
    data.put("version", Diagnosis.version());
    StringBuilder script = new StringBuilder("const charts = {};\n");
    sections.stream()
        .flatMap(section -> section.charts().stream())
        .map(Chart::kind)
        .distinct()
        .forEach(kind -> script.append(resource("charts/" + kind + ".js")));
    script.append(resource("page.js"));
    // Nothing in the data can end the element that holds them.
    String json = Json.compact(data).replace("<", "\\u003c");
    return resource("page.html")
        .replace("{{style}}", resource("style.css"))
        .replace("{{library}}", resource(LIBRARY))
        .replace("{{script}}", script)
        .replace("{{data}}", json);
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its part " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
