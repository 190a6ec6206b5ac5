package org.pacnet.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.pacnet.internal.base.Json;

/** The charts that there are: what each file of the folder of charts is told. */
public final class Charts {

  // Points of a curve, on a screen as wide as a desk.
  private static final int MOST_POINTS = 240;
  private static final MathContext DIGITS = new MathContext(5);

  private Charts() {}

  /** An axis; {@code log} only where all of its values are positive. */
  public record Axis(String name, boolean log) {}

  /** How a curve is drawn. */
  enum Style {
    LINE,
    DASHED,
    POINTS
  }

  /**
   * A curve; its points are thinned to what a screen can show.
   *
   * @param colour those that belong together have the same
   */
  record Curve(String name, int colour, Style style, double[] x, double[] y) {}

  /** A series of numbers. */
  record Series(String name, List<? extends Number> values) {

    static Series of(String name, long[] counts) {
      return new Series(name, Arrays.stream(counts).boxed().toList());
    }
  }

  static Page.Chart curves(String title, String label, Axis x, Axis y, List<Curve> curves) {
    return new Page.Chart("curves", title, label, curves(x, y, curves));
  }

  /** The same in a square from {@code least} to {@code most} with its diagonal. */
  static Page.Chart square(String title, String label, Axis x, Axis y, List<Curve> curves, double least, double most) {
    Map<String, Object> data = curves(x, y, curves);
    data.put("diagonal", List.of(least, most));
    return new Page.Chart("curves", title, label, data);
  }

  private static Map<String, Object> curves(Axis x, Axis y, List<Curve> curves) {
    List<Map<String, Object>> series = new ArrayList<>();
    for (Curve curve : curves) {
      List<List<Double>> points = new ArrayList<>();
      for (int i : chosen(curve.x().length, MOST_POINTS)) {
        if (Double.isFinite(curve.y()[i]) && !(y.log() && curve.y()[i] <= 0)) {
          points.add(List.of(rounded(curve.x()[i]), rounded(curve.y()[i])));
        }
      }
      series.add(Json.object("name", curve.name(), "colour", curve.colour(), "style", curve.style(), "points", points));
    }
    return Json.object("x", x, "y", y, "series", series);
  }

  /** A bar for each name. */
  static Page.Chart bars(String title, String label, String value, List<String> rows, List<Double> values) {
    return bars(title, label, value, false, rows, List.of(new Series("", values)));
  }

  /** Bars of several series on each other. */
  static Page.Chart stacked(String title, String label, String value, List<String> rows, List<Series> series) {
    return bars(title, label, value, true, rows, series);
  }

  private static Page.Chart bars(
      String title, String label, String value, boolean stacked, List<String> rows, List<Series> series) {
    return new Page.Chart("bars", title, label, Json.object("value", value, "rows", rows, "series", series, "stacked", stacked));
  }

  /** So many bins of equal width. */
  static double[] edges(double from, double to, int bins) {
    double[] edges = new double[bins + 1];
    for (int i = 0; i <= bins; i++) {
      edges[i] = from + (to - from) * i / bins;
    }
    return edges;
  }

  /** How many values are in each bin between the edges; those beyond are in the first and the last. */
  static long[] counts(double[] values, double[] edges) {
    int bins = edges.length - 1;
    long[] counts = new long[bins];
    for (double value : values) {
      double at = (value - edges[0]) / (edges[bins] - edges[0]) * bins;
      counts[(int) Math.max(0, Math.min(bins - 1, at))]++;
    }
    return counts;
  }

  /** Counts between edges, of which there is one more; marks are named places. */
  static Page.Chart histogram(
      String title, String label, String x, String y, double[] edges, List<Series> counts, Map<String, Double> marks) {
    List<Map<String, Object>> named = new ArrayList<>();
    marks.forEach((name, at) -> named.add(Json.object("name", name, "at", at)));
    List<Map<String, Object>> series = new ArrayList<>();
    counts.forEach(one -> series.add(Json.object("name", one.name(), "counts", one.values())));
    return new Page.Chart("histogram", title, label, Json.object("x", x, "y", y, "edges", edges, "series", series, "marks", named));
  }

  /** Points beside {@code line}: "diagonal" or "zero". */
  static Page.Chart scatter(String title, String label, String x, String y, List<List<Double>> points, String line) {
    return new Page.Chart("scatter", title, label, Json.object("x", x, "y", y, "points", points, "line", line));
  }

  /** Intervals beside zero; an item is the index of its row, the middle and both ends. */
  public static Page.Chart intervals(String title, String label, String x, List<String> rows, List<Map<String, Object>> groups) {
    return new Page.Chart("intervals", title, label, Json.object("x", x, "rows", rows, "groups", groups));
  }

  /** A side of a heat map; without labels where nobody could read them. */
  public record Side(String name, List<String> labels) {}

  /** Colours; {@code diverging}: from one to the other side of zero. */
  public record Scale(String value, double min, double max, boolean diverging, boolean numbers) {}

  public static Page.Chart heat(String title, String label, Side x, Side y, List<List<Double>> cells, Scale scale) {
    return new Page.Chart(
        "heat",
        title,
        label,
        Json.object(
            "x", x, "y", y, "cells", cells, "value", scale.value(), "min", scale.min(), "max", scale.max(),
            "diverging", scale.diverging(), "numbers", scale.numbers()));
  }

  /** As many digits as a screen can show: a page holds thousands of them. */
  static double rounded(double value) {
    return value == 0 || !Double.isFinite(value) ? value : new BigDecimal(value).round(DIGITS).doubleValue();
  }

  /** So many of so many indices, evenly, the last among them. */
  static int[] chosen(int count, int most) {
    if (count <= most) {
      return IntStream.range(0, count).toArray();
    }
    int[] some = new int[most];
    for (int i = 0; i < most; i++) {
      some[i] = (int) ((long) i * (count - 1) / (most - 1));
    }
    return some;
  }
}
