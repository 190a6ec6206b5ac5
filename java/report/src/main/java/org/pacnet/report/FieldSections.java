package org.pacnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.Evaluation;

/** The predicted solution of a partial differential equation beside its reference. */
final class FieldSections {

  private static final int MOST_CELLS = 64;
  private static final int TIMES = 10;
  private static final double VALUE = 1; // the condition of rows that know u

  /** Values from the least to the most. */
  private record Range(double from, double to) {

    int cell(double value, int cells) {
      return to > from ? (int) Math.min(cells - 1, (value - from) / (to - from) * cells) : 0;
    }
  }

  private final Evaluation evaluation;
  private final int[] known;
  private final double[] x;
  private final double[] t;
  private final double[] truth;
  private final double[] predicted;
  private final Range places;
  private final Range times;

  private FieldSections(Evaluation evaluation) {
    this.evaluation = evaluation;
    double[] condition = evaluation.input("condition");
    known = IntStream.range(0, condition.length).filter(r -> condition[r] == VALUE).toArray();
    x = ofKnown(evaluation.input("x"));
    t = ofKnown(evaluation.input("t"));
    truth = ofKnown(evaluation.truth(0));
    predicted = ofKnown(evaluation.predicted(0));
    places = range(x);
    times = range(t);
  }

  private double[] ofKnown(double[] all) {
    return IntStream.of(known).mapToDouble(r -> all[r]).toArray();
  }

  private static Range range(double[] values) {
    DoubleSummaryStatistics all = Arrays.stream(values).summaryStatistics();
    return new Range(all.getMin(), all.getMax());
  }

  /** Nothing where no row knows the solution. */
  static List<Page.Section> of(Evaluation evaluation) {
    FieldSections these = new FieldSections(evaluation);
    return these.known.length == 0 ? List.of() : List.of(these.field());
  }

  private Page.Section field() {
    List<List<@Nullable Double>> reference = cells(truth);
    List<List<@Nullable Double>> found = cells(predicted);
    double[] off = new double[truth.length];
    double most = 0;
    for (int r = 0; r < off.length; r++) {
      off[r] = predicted[r] - truth[r];
      most = Math.max(most, Math.abs(off[r]));
    }
    Range is = range(truth);
    Range says = range(predicted);
    String label = evaluation.labels().get(0);
    Charts.Side across =
        new Charts.Side(
            String.format(
                Locale.ROOT,
                "t, from %s to %s",
                Words.number(times.from()),
                Words.number(times.to())),
            List.of());
    Charts.Side down =
        new Charts.Side(
            String.format(
                Locale.ROOT,
                "x, from %s (top) to %s",
                Words.number(places.from()),
                Words.number(places.to())),
            List.of());
    Charts.Scale scale = new Charts.Scale(label, Math.min(is.from(), says.from()), Math.max(is.to(), says.to()), false, false);
    return new Page.Section(
        "The field",
        String.format(
            Locale.ROOT,
            "The solution over place and time, where %s rows of %s know it; a cell is the mean of"
                + " the points in it.",
            Words.count(known.length),
            evaluation.data().name()),
        List.of(
            Charts.heat(
                "predicted",
                String.format(Locale.ROOT, "The predicted %s over place and time", label),
                across,
                down,
                found,
                scale),
            Charts.heat(
                "reference",
                String.format(Locale.ROOT, "The reference of %s over place and time", label),
                across,
                down,
                reference,
                scale),
            Charts.heat(
                "predicted less reference",
                String.format(
                    Locale.ROOT,
                    "The difference over place and time, at most %s",
                    Words.number(most)),
                across,
                down,
                cells(off),
                new Charts.Scale(label, -most, most, true, false))),
        byTime(off));
  }

  // A line of cells is a place, and a column a time.
  private List<List<@Nullable Double>> cells(double[] values) {
    int across = cellsOf(t);
    int down = cellsOf(x);
    double[][] sums = new double[down][across];
    int[][] counts = new int[down][across];
    for (int r = 0; r < values.length; r++) {
      int c = times.cell(t[r], across);
      int y = places.cell(x[r], down);
      sums[y][c] += values[r];
      counts[y][c]++;
    }
    List<List<@Nullable Double>> cells = new ArrayList<>();
    for (int y = 0; y < down; y++) {
      List<@Nullable Double> line = new ArrayList<>(Collections.nCopies(across, null));
      for (int c = 0; c < across; c++) {
        if (counts[y][c] > 0) {
          line.set(c, Charts.rounded(sums[y][c] / counts[y][c]));
        }
      }
      cells.add(line);
    }
    return cells;
  }

  private static int cellsOf(double[] values) {
    return (int) Math.min(MOST_CELLS, Arrays.stream(values).distinct().count());
  }

  private Page.Table byTime(double[] off) {
    double[] squares = new double[TIMES];
    long[] counts = new long[TIMES];
    for (int r = 0; r < off.length; r++) {
      int bin = times.cell(t[r], TIMES);
      squares[bin] += off[r] * off[r];
      counts[bin]++;
    }
    double length = times.to() - times.from();
    List<List<Object>> rows = new ArrayList<>();
    for (int b = 0; b < TIMES; b++) {
      if (counts[b] > 0) {
        rows.add(
            Page.row(times.from() + length * b / TIMES, times.from() + length * (b + 1) / TIMES, counts[b], Math.sqrt(squares[b] / counts[b])));
      }
    }
    return new Page.Table(
        List.of(
            Page.number("time from"),
            Page.number("to"),
            Page.number("points"),
            Page.number("RMSE")),
        rows);
  }
}
