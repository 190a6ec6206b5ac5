package org.pacnet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.pacnet.Evaluation;
import org.pacnet.result.Metrics;

/** Predicted numbers beside true ones. */
final class NumberSections {

  private static final int MOST_POINTS = 1000;
  private static final int MOST_LABELS = 6;
  private static final int WORST = 20;
  private static final int BINS = 40;

  private NumberSections() {}

  static List<Page.Section> of(Evaluation evaluation) {
    List<Page.Section> sections = new ArrayList<>(List.of(predicted(evaluation)));
    sections.add(residuals(evaluation));
    if (!evaluation.alongTrajectories()) {
      sections.add(worst(evaluation));
    }
    return sections;
  }

  private static List<Integer> drawn(Evaluation evaluation) {
    return IntStream.range(0, Math.min(MOST_LABELS, evaluation.labels().size())).boxed().toList();
  }

  // Of many rows some, and of many labels the first.
  private static String thinned(Evaluation evaluation) {
    String labels =
        evaluation.labels().size() > MOST_LABELS
            ? String.format(
                Locale.ROOT,
                " The first %d of %d labels are drawn.",
                MOST_LABELS,
                evaluation.labels().size())
            : "";
    return evaluation.rows() > MOST_POINTS
        ? String.format(
                Locale.ROOT,
                " %s of %s rows are drawn, evenly over the table.",
                Words.count(MOST_POINTS),
                Words.count(evaluation.rows()))
            + labels
        : labels;
  }

  private static Page.Section predicted(Evaluation evaluation) {
    List<Page.Chart> charts = new ArrayList<>();
    for (int label : drawn(evaluation)) {
      double[] truth = evaluation.truth(label);
      double[] predicted = evaluation.predicted(label);
      List<List<Double>> points = new ArrayList<>();
      for (int r : Charts.chosen(truth.length, MOST_POINTS)) {
        points.add(List.of(Charts.rounded(truth[r]), Charts.rounded(predicted[r])));
      }
      String name = evaluation.labels().get(label);
      charts.add(
          Charts.scatter(
              name,
              String.format(
                  Locale.ROOT,
                  "The predicted %s against the true one, in all %s rows",
                  name,
                  Words.count(truth.length)),
              "true " + name,
              "predicted " + name,
              points,
              "diagonal"));
    }
    List<List<Object>> rows = new ArrayList<>();
    for (Metrics.LabelError error : evaluation.metrics().labels()) {
      rows.add(Page.row(error.label(), error.rmse(), error.mae(), error.r2(), evaluation.rows()));
    }
    return new Page.Section(
        "Predicted and true",
        String.format(
            Locale.ROOT,
            "Each point is a row of %s; on the dashed line it would be right.%s",
            evaluation.data().name(),
            thinned(evaluation)),
        charts,
        new Page.Table(
            List.of(
                Page.text("label"),
                Page.number("RMSE"),
                Page.number("mean absolute error"),
                Page.number("R²"),
                Page.number("rows")),
            rows));
  }

  private static Page.Section residuals(Evaluation evaluation) {
    List<Page.Chart> charts = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    for (int label = 0; label < evaluation.labels().size(); label++) {
      String name = evaluation.labels().get(label);
      double[] off = off(evaluation, label);
      double[] sorted = off.clone();
      Arrays.sort(sorted);
      rows.add(
          Page.row(
              name,
              Arrays.stream(off).average().orElseThrow(),
              quantile(sorted, 0.05),
              quantile(sorted, 0.5),
              quantile(sorted, 0.95),
              Math.max(-sorted[0], sorted[sorted.length - 1])));
      if (drawn(evaluation).contains(label)) {
        charts.add(against(evaluation, label, off));
        charts.add(histogram(name, sorted));
      }
    }
    return new Page.Section(
        "Residuals",
        String.format(
            Locale.ROOT,
            "Predicted less true: around zero and alike everywhere where the model is as good as"
                + " the noise lets it be.%s",
            thinned(evaluation)),
        charts,
        new Page.Table(
            List.of(
                Page.text("label"),
                Page.number("mean"),
                Page.number("5 % are below"),
                Page.number("median"),
                Page.number("5 % are above"),
                Page.number("largest, without sign")),
            rows));
  }

  private static double[] off(Evaluation evaluation, int label) {
    double[] truth = evaluation.truth(label);
    double[] off = evaluation.predicted(label);
    for (int r = 0; r < off.length; r++) {
      off[r] -= truth[r];
    }
    return off;
  }

  private static double quantile(double[] sorted, double share) {
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }

  private static Page.Chart against(Evaluation evaluation, int label, double[] off) {
    double[] predicted = evaluation.predicted(label);
    List<List<Double>> points = new ArrayList<>();
    for (int r : Charts.chosen(off.length, MOST_POINTS)) {
      points.add(List.of(Charts.rounded(predicted[r]), Charts.rounded(off[r])));
    }
    String name = evaluation.labels().get(label);
    return Charts.scatter(
        name + ": residual against prediction",
        String.format(Locale.ROOT, "The residuals of %s against what was predicted", name),
        "predicted " + name,
        "residual",
        points,
        "zero");
  }

  private static Page.Chart histogram(String name, double[] sorted) {
    double most = Math.max(Math.max(-sorted[0], sorted[sorted.length - 1]), Double.MIN_NORMAL);
    double[] edges = Charts.edges(-most, most, BINS);
    return Charts.histogram(
        name + ": how many rows are off by how much",
        String.format(
            Locale.ROOT,
            "How many rows have which residual of %s; the largest is %s",
            name,
            Words.number(most)),
        "residual of " + name,
        "rows",
        edges,
        List.of(Charts.Series.of("", Charts.counts(sorted, edges))),
        Map.of());
  }

  private static Page.Section worst(Evaluation evaluation) {
    int labels = evaluation.labels().size();
    double[][] truth = new double[labels][];
    double[][] predicted = new double[labels][];
    double[] far = new double[evaluation.rows()];
    for (int label = 0; label < labels; label++) {
      truth[label] = evaluation.truth(label);
      predicted[label] = evaluation.predicted(label);
      double scale = Math.max(evaluation.metrics().labels().get(label).rmse(), Double.MIN_NORMAL);
      for (int r = 0; r < far.length; r++) {
        far[r] = Math.max(far[r], Math.abs(predicted[label][r] - truth[label][r]) / scale);
      }
    }
    List<Integer> order =
        IntStream.range(0, far.length).boxed().sorted(Comparator.comparingDouble(r -> -far[r])).limit(WORST).toList();
    List<Page.Column> columns = new ArrayList<>(List.of(Page.number("row")));
    for (String name : evaluation.labels()) {
      columns.add(Page.number("true " + name));
      columns.add(Page.number("predicted " + name));
    }
    List<List<Object>> rows = new ArrayList<>();
    for (int r : order) {
      List<Object> row = new ArrayList<>(List.of(evaluation.tableRow(r)));
      for (int label = 0; label < labels; label++) {
        row.add(truth[label][r]);
        row.add(predicted[label][r]);
      }
      rows.add(row);
    }
    return new Page.Section(
        "The rows that are furthest off",
        String.format(
            Locale.ROOT,
            "Rows of %s, counted from 1, by the largest residual beside its label's RMSE. Wrong"
                + " measurements show here first.",
            evaluation.data().name()),
        List.of(),
        new Page.Table(columns, rows));
  }
}
