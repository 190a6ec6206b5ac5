package org.pacnet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.pacnet.Evaluation;
import org.pacnet.result.Metrics;

/** Predicted trajectories over true ones. */
final class TrajectorySections {

  private static final int MOST = 6;
  private static final int MOST_STATES = 4;

  private TrajectorySections() {}

  static List<Page.Section> of(Evaluation evaluation) {
    return List.of(horizons(evaluation), courses(evaluation));
  }

  private static Page.Section horizons(Evaluation evaluation) {
    List<Metrics.HorizonError> horizons = Objects.requireNonNull(evaluation.metrics().horizons());
    List<Charts.Curve> curves = new ArrayList<>();
    double[] times = horizons.stream().mapToDouble(Metrics.HorizonError::until).toArray();
    for (int s = 0; s < Math.min(MOST_STATES, evaluation.labels().size()); s++) {
      int state = s;
      curves.add(
          new Charts.Curve(
              evaluation.labels().get(s), s, Charts.Style.LINE, times, horizons.stream().mapToDouble(h -> h.rmse().get(state)).toArray()));
    }
    List<Page.Column> columns =
        new ArrayList<>(List.of(Page.number("up to a time of"), Page.number("rows")));
    evaluation.labels().forEach(label -> columns.add(Page.number("RMSE of " + label)));
    List<List<Object>> rows = new ArrayList<>();
    for (Metrics.HorizonError horizon : horizons) {
      List<Object> row = new ArrayList<>(Page.row(horizon.until(), horizon.rows()));
      row.addAll(horizon.rmse());
      rows.add(row);
    }
    return new Page.Section(
        "How the error grows",
        String.format(
            Locale.ROOT,
            "Trajectories are predicted from their first states alone; each point is the RMSE of"
                + " the times since the point before.%s",
            states(evaluation)),
        List.of(
            Charts.curves(
                "",
                String.format(
                    Locale.ROOT,
                    "The error against the time since the first state, up to %s",
                    Words.number(times[times.length - 1])),
                new Charts.Axis("time since the first state", false),
                new Charts.Axis("RMSE", false),
                curves)),
        new Page.Table(columns, rows));
  }

  private static String states(Evaluation evaluation) {
    return evaluation.labels().size() > MOST_STATES
        ? String.format(
            Locale.ROOT,
            " The first %d of %d states are drawn.",
            MOST_STATES,
            evaluation.labels().size())
        : "";
  }

  // The worst, the middle and the best.
  private static Page.Section courses(Evaluation evaluation) {
    List<Evaluation.Trajectory> all = new ArrayList<>(evaluation.trajectories());
    all.sort(Comparator.comparingDouble(one -> -error(one)));
    List<Page.Chart> charts = new ArrayList<>();
    for (int i : Charts.chosen(all.size(), MOST)) {
      Evaluation.Trajectory one = all.get(i);
      List<Charts.Curve> curves = new ArrayList<>();
      for (int s = 0; s < Math.min(MOST_STATES, one.truth().length); s++) {
        String name = evaluation.labels().get(s);
        curves.add(
            new Charts.Curve(
                name + ", predicted", s, Charts.Style.LINE, one.times(), one.predicted()[s]));
        curves.add(
            new Charts.Curve(name + ", true", s, Charts.Style.DASHED, one.times(), one.truth()[s]));
      }
      charts.add(
          Charts.curves(
              String.format(Locale.ROOT, "%s: RMSE %s", one.id(), Words.number(error(one))),
              String.format(
                  Locale.ROOT,
                  "The trajectory %s as predicted and as it was, with an RMSE of %s",
                  one.id(),
                  Words.number(error(one))),
              new Charts.Axis("time", false),
              new Charts.Axis("state", false),
              curves));
    }
    List<List<Object>> rows = new ArrayList<>();
    int shown = Math.min(all.size(), TargetSections.MOST_ROWS);
    for (Evaluation.Trajectory one : all.subList(0, shown)) {
      rows.add(Page.row(one.id(), one.times().length, one.times()[one.times().length - 1] - one.times()[0], error(one)));
    }
    return new Page.Section(
        "Trajectories over the truth",
        String.format(
            Locale.ROOT,
            "From the worst to the best, by the RMSE of all states and times after the first; %d of"
                + " %d are drawn.%s%s",
            charts.size(),
            all.size(),
            states(evaluation),
            shown < all.size()
                ? String.format(Locale.ROOT, " The table has the worst %s.", Words.count(shown))
                : ""),
        charts,
        new Page.Table(
            List.of(
                Page.text("trajectory"),
                Page.number("times"),
                Page.number("length"),
                Page.number("RMSE")),
            rows));
  }

  private static double error(Evaluation.Trajectory one) {
    double squares = 0;
    int count = 0;
    for (int s = 0; s < one.truth().length; s++) {
      for (int k = 1; k < one.times().length; k++) {
        double off = one.predicted()[s][k] - one.truth()[s][k];
        squares += off * off;
        count++;
      }
    }
    return Math.sqrt(squares / Math.max(1, count));
  }
}
