package org.pacnet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.pacnet.internal.base.Json;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;

/** What cross-validation on the target's rows says. */
final class TuningSections {

  private static final int CURVE_POINTS = 40;
  private static final int MOST_BARS = 20;

  private TuningSections() {}

  /** The ways that were tried. */
  static Page.Section of(Comparison comparison) {
    boolean classes = comparison.unit().isEmpty();
    double unit = classes ? 100 : 1;
    String title = classes ? "% wrong" : "RMSE of " + comparison.unit();
    List<String> names = comparison.ways().stream().map(Comparison.Way::name).toList();
    List<String> others = names.stream().filter(name -> !name.equals(comparison.against())).toList();
    List<List<Object>> rows = new ArrayList<>();
    List<List<Double>> items = new ArrayList<>();
    for (Comparison.Way way : comparison.ways()) {
      rows.add(
          Page.row(way.name(), unit * way.error(), way.loss(), way.difference(), way.low(), way.high(), way.p()));
      if (!way.name().equals(comparison.against())) {
        items.add(List.of((double) others.indexOf(way.name()), way.difference(), way.low(), way.high()));
      }
    }
    List<Page.Chart> charts = new ArrayList<>();
    charts.add(
        Charts.bars(
            "The error of each",
            String.format(
                Locale.ROOT,
                "The cross-validated error of %d ways, the lowest loss first: %s with %s",
                names.size(),
                names.get(0),
                Words.number(unit * comparison.ways().get(0).error())),
            title,
            names,
            comparison.ways().stream().map(way -> unit * way.error()).toList()));
    if (!items.isEmpty()) {
      charts.add(
          Charts.intervals(
              String.format(
                  Locale.ROOT, "Less that of %s, row by row (left: better)", comparison.against()),
              String.format(
                  Locale.ROOT,
                  "The loss of each way less that of %s with its 95 %% interval",
                  comparison.against()),
              "difference of the loss",
              others,
              List.of(Json.object("name", "mean and 95 % interval", "items", items))));
    }
    return new Page.Section(
        "Ways to learn the target",
        String.format(
                Locale.ROOT,
                "Cross-validated: each row of the %d was predicted by a model that had not seen it."
                    + " Differences are of the loss, row by row; an interval that holds",
                comparison.target().rows())
            + " zero says nothing for sure. p is of a paired t-test, by Holm's correction.",
        charts,
        new Page.Table(
            List.of(
                Page.text("way"),
                Page.number(title),
                Page.number("loss"),
                Page.number("less that of " + comparison.against()),
                Page.number("95 % from"),
                Page.number("to"),
                Page.number("p")),
            rows));
  }

  /** What more rows would buy. */
  static Page.Section of(LearningCurve curve) {
    double unit = curve.unit().isEmpty() ? 100 : 1;
    double[] rows = curve.points().stream().mapToDouble(LearningCurve.Point::rows).toArray();
    double[] errors = curve.points().stream().mapToDouble(point -> unit * point.error()).toArray();
    double most = 4.0 * curve.rows();
    double[] many = new double[CURVE_POINTS];
    double[] expected = new double[CURVE_POINTS];
    for (int i = 0; i < CURVE_POINTS; i++) {
      many[i] = rows[0] * Math.pow(most / rows[0], (double) i / (CURVE_POINTS - 1));
      expected[i] = unit * curve.expected((int) Math.round(many[i]));
    }
    List<List<Object>> cells = new ArrayList<>();
    curve
        .points()
        .forEach(point -> cells.add(Page.row(point.rows(), unit * point.error(), "measured")));
    for (int factor : new int[] {2, 4}) {
      cells.add(
          Page.row(
              factor * curve.rows(), unit * curve.expected(factor * curve.rows()), "expected"));
    }
    String title = curve.unit().isEmpty() ? "% wrong" : "RMSE of " + curve.unit();
    boolean positive = curve.points().stream().allMatch(point -> point.error() > 0);
    return new Page.Section(
        "What more rows would buy",
        curve.verdict(),
        List.of(
            Charts.curves(
                "",
                "The error against the rows learnt from, measured and drawn out",
                new Charts.Axis("rows learnt from", true),
                new Charts.Axis(title, positive),
                List.of(
                    new Charts.Curve("measured", 0, Charts.Style.POINTS, rows, errors),
                    new Charts.Curve(
                        "power law through them", 1, Charts.Style.DASHED, many, expected)))),
        new Page.Table(
            List.of(Page.number("rows"), Page.number(title), Page.text("how it is known")), cells));
  }

  /** Which inputs matter. */
  static Page.Section of(Importance importance) {
    String title = importance.unit().isEmpty() ? "mean -log p" : "RMSE of " + importance.unit();
    List<Importance.Input> sorted = importance.sorted();
    List<String> names = sorted.stream().limit(MOST_BARS).map(Importance.Input::name).toList();
    List<List<Object>> cells = new ArrayList<>();
    cells.add(Page.row("(none)", importance.target(), importance.source(), null));
    sorted.forEach(input -> cells.add(Page.row(input.name(), input.target(), input.source(), input.correction())));
    return new Page.Section(
        "Which inputs matter",
        importance.verdict()
            + String.format(
                Locale.ROOT,
                " Each column in turn was given the values of other rows, on %d rows that the model had not seen; the correction is what was"
                    + " learnt beyond the source.",
                importance.rows()),
        List.of(
            Charts.bars(
                "The target's error where a column is shuffled",
                String.format(
                    Locale.ROOT, "The error of the target with each column shuffled, %s most, and with none", names.get(0)),
                title,
                Stream.concat(names.stream(), Stream.of("(none)")).toList(),
                Stream.concat(
                        sorted.stream().limit(MOST_BARS).map(Importance.Input::target), Stream.of(importance.target()))
                    .toList())),
        new Page.Table(
            List.of(
                Page.text("shuffled"), Page.number(title + ", target"), Page.number("source"), Page.number("correction")),
            cells));
  }
}
