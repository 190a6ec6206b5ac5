package org.pacnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.result.Metrics;
import org.pacnet.result.PhaseReport;

/** Many targets side by side. */
final class TargetSections {

  /** Rows of a table: more make a page too large, and nobody reads them. */
  static final int MOST_ROWS = 2000;

  private static final int MOST_BARS = 25;
  private static final int BINS = 40;

  private TargetSections() {}

  private record Row(String name, double error, List<Object> cells) {}

  /** The errors on rows that Calibrate has not seen, by target. */
  static Page.Section evaluated(Model model, Map<String, Metrics> errors) {
    List<Row> rows = new ArrayList<>();
    errors.forEach(
        (name, metrics) -> {
          double error = PhaseSections.unit(metrics) * metrics.error();
          List<Object> cells = new ArrayList<>(Page.row(name, error, metrics.rows()));
          cells.addAll(more(metrics));
          rows.add(new Row(name, error, cells));
        });
    List<Page.Column> columns =
        new ArrayList<>(
            List.of(
                Page.text("target"),
                Page.number(PhaseSections.errorTitle(model)),
                Page.number("rows")));
    columns.addAll(moreTitles(model));
    return section(
        "The targets",
        "The error of each target on its own rows, the worst first.",
        model,
        columns,
        rows);
  }

  /** What Calibrate reported of each target. */
  static Page.Section calibrated(Model model, Map<String, PhaseReport> reports) {
    List<Row> rows = new ArrayList<>();
    reports.forEach(
        (name, report) -> {
          Metrics after = report.after();
          double error = after == null ? Double.NaN : PhaseSections.unit(after) * after.error();
          rows.add(
              new Row(
                  name,
                  error,
                  Page.row(
                      name,
                      after == null ? null : error,
                      error(report.before()),
                      report.data() == null ? null : report.data().rows(),
                      report.epochsRun(),
                      report.seconds())));
        });
    String title = PhaseSections.errorTitle(model);
    return section(
        "The targets",
        "The error of each target on the few rows that it was learnt from, the worst first. They"
            + " say how well those were fitted; how good a target is, rows that Calibrate has not"
            + " seen tell (evaluate --report).",
        model,
        List.of(
            Page.text("target"),
            Page.number(title),
            Page.number("before Calibrate"),
            Page.number("rows"),
            Page.number("epochs"),
            Page.number("seconds")),
        rows);
  }

  private static @Nullable Double error(@Nullable Metrics metrics) {
    return metrics == null ? null : PhaseSections.unit(metrics) * metrics.error();
  }

  private static List<Page.Column> moreTitles(Model model) {
    if (model.schema().classification()) {
      return List.of(Page.number("cross-entropy"));
    }
    List<Page.Column> columns = new ArrayList<>();
    model
        .schema()
        .labels()
        .forEach(label -> columns.add(Page.number("mean absolute error of " + label.name())));
    return columns;
  }

  private static List<Object> more(Metrics metrics) {
    Double entropy = metrics.crossEntropy();
    return entropy != null ? List.of(entropy) : metrics.labels().stream().<Object>map(Metrics.LabelError::mae).toList();
  }

  private static Page.Section section(
      String title, String note, Model model, List<Page.Column> columns, List<Row> rows) {
    // Without an error first: that is the worst.
    rows.sort(Comparator.comparingDouble(row -> Double.isNaN(row.error()) ? Double.NEGATIVE_INFINITY : -row.error()));
    double[] errors = rows.stream().mapToDouble(Row::error).filter(Double::isFinite).toArray();
    List<Row> worst = rows.stream().filter(row -> Double.isFinite(row.error())).limit(MOST_BARS).toList();
    String error = PhaseSections.errorTitle(model);
    List<Page.Chart> charts = new ArrayList<>();
    if (!worst.isEmpty()) {
      charts.add(
          Charts.bars(
              worst.size() < rows.size()
                  ? String.format(Locale.ROOT, "The worst %d", worst.size())
                  : "",
              String.format(
                  Locale.ROOT,
                  "The errors of the worst %d targets of %d, at most %s",
                  worst.size(),
                  rows.size(),
                  Words.number(worst.get(0).error())),
              error,
              worst.stream().map(Row::name).toList(),
              worst.stream().map(Row::error).toList()));
    }
    if (errors.length > MOST_BARS) {
      charts.add(histogram(error, errors));
    }
    List<Row> shown = rows.subList(0, Math.min(MOST_ROWS, rows.size()));
    return new Page.Section(
        title,
        note
            + (shown.size() < rows.size()
                ? String.format(
                    Locale.ROOT,
                    " The table has the worst %s of %s; evaluate --json and inspect --json have"
                        + " all.",
                    Words.count(shown.size()),
                    Words.count(rows.size()))
                : ""),
        charts,
        new Page.Table(columns, shown.stream().map(Row::cells).toList()));
  }

  private static Page.Chart histogram(String error, double[] errors) {
    double most = Math.max(Arrays.stream(errors).max().orElseThrow(), Double.MIN_NORMAL);
    double[] edges = Charts.edges(0, most, BINS);
    double median = median(errors);
    return Charts.histogram(
        "All of them",
        String.format(
            Locale.ROOT,
            "How many of %d targets have which error; the median is %s",
            errors.length,
            Words.number(median)),
        error,
        "targets",
        edges,
        List.of(Charts.Series.of("", Charts.counts(errors, edges))),
        Map.of("median: " + Words.number(median), median));
  }

  /** What half of them are at most. */
  static double median(double[] errors) {
    double[] sorted = errors.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
