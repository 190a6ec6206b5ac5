package org.pacnet.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.statistics.Means;
import org.pacnet.report.Charts;
import org.pacnet.report.Page;
import org.pacnet.report.Reports;
import org.pacnet.report.Words;

/** An experiment's results as a page. */
public final class ExperimentPage {

  private static final String PAC = Method.PAC.toString();
  // Columns of a heat map that numbers fit into.
  private static final int MOST_NUMBERS = 8;

  private final Experiment.Results results;
  private final Experiment.Settings settings;
  private final boolean wrong;
  private final double unit;

  private ExperimentPage(Experiment.Results results) {
    this.results = results;
    settings = results.settings();
    wrong = settings.problem().countsMistakes();
    unit = wrong ? 100 : 1;
  }

  /**
   * The page.
   *
   * @param command that repeats the experiment
   */
  public static Page of(Experiment.Results results, String command) {
    return new ExperimentPage(results).page(command);
  }

  private Page page(String command) {
    List<Page.Section> sections = new ArrayList<>();
    sections.add(errors());
    if (results.methods().contains(PAC) && results.methods().size() > 1 && settings.seeds() > 1) {
      sections.add(differences());
    }
    if (results.bestReward() != null) {
      sections.add(rewards(results.bestReward()));
    }
    sections.add(retention());
    sections.add(Reports.settings(settings.config()));
    return new Page(
        String.format(Locale.ROOT, "How much a source helps: %s", settings.problem()),
        lead(),
        facts(command),
        sections);
  }

  private String error() {
    return wrong ? "target error, % wrong" : "target error (RMSE)";
  }

  private double[] errors(String method, int n) {
    return results.results().stream()
        .filter(cell -> cell.method().equals(method) && cell.n() == n)
        .mapToDouble(cell -> unit * cell.error())
        .toArray();
  }

  private Means.@Nullable Interval lessThanPac(String method, int n) {
    double[] pac = errors(PAC, n);
    double[] other = errors(method, n);
    if (pac.length < 2 || pac.length != other.length) {
      return null;
    }
    double[] differences = new double[pac.length];
    for (int i = 0; i < pac.length; i++) {
      differences[i] = other[i] - pac[i];
    }
    return Means.interval(differences);
  }

  // In plain words: does it help, by how much, how sure.
  private String lead() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "The problem %s at distance %s from the source, %d %s, %d to %d samples of the target.",
            settings.problem(),
            settings.distance(),
            settings.seeds(),
            settings.seeds() == 1 ? "seed" : "seeds",
            settings.targets().stream().mapToInt(Integer::intValue).min().orElseThrow(),
            settings.targets().stream().mapToInt(Integer::intValue).max().orElseThrow()));
    String alone = Method.SCRATCH.toString();
    if (!results.methods().contains(PAC) || !results.methods().contains(alone) || settings.seeds() < 2) {
      return text + " Errors are means over seeds with their 95 % intervals.";
    }
    List<String> helps = new ArrayList<>();
    List<String> harms = new ArrayList<>();
    List<String> open = new ArrayList<>();
    for (int n : settings.targets().stream().sorted().toList()) {
      Means.Interval less = lessThanPac(alone, n);
      if (less == null) {
        continue;
      }
      double scratch = Arrays.stream(errors(alone, n)).average().orElseThrow();
      String said =
          String.format(
              Locale.ROOT,
              "%d (%.0f %% %s)",
              n,
              100 * Math.abs(less.mean()) / scratch,
              less.mean() >= 0 ? "lower" : "higher");
      (less.low() > 0 ? helps : less.high() < 0 ? harms : open).add(said);
    }
    text.append(" Beside that of training on those samples alone, PAC's error");
    List<String> said = new ArrayList<>();
    say(said, "is lower with %s samples: there the transfer helps", helps);
    say(said, "is higher with %s: there it harms", harms);
    say(said, "may differ by chance alone with %s", open);
    text.append(' ')
        .append(String.join("; it ", said))
        .append(". (95 % intervals of the paired differences over the seeds decide.)");
    return text.toString();
  }

  private static void say(List<String> said, String what, List<String> sizes) {
    if (!sizes.isEmpty()) {
      said.add(String.format(Locale.ROOT, what, String.join(", ", sizes)));
    }
  }

  private Page.Section errors() {
    List<Map<String, Object>> series = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<List<Double>> points = new ArrayList<>();
      for (Experiment.Summary summary : results.of(method)) {
        double mean = unit * summary.mean();
        double half = unit * summary.interval();
        points.add(List.of((double) summary.n(), mean, mean - half, mean + half));
        rows.add(
            List.of(method, summary.n(), mean, mean - half, mean + half, unit * summary.std(), summary.p(), 1000 * summary.seconds()));
      }
      series.add(Map.of("name", method, "points", points));
    }
    Map<String, Object> data =
        Json.object(
            "x",
            Map.of("name", "samples of the target"),
            "y",
            new Charts.Axis(error(), !wrong),
            "series",
            series);
    return new Page.Section(
        "Error against the number of samples",
        "Mean over the seeds, on rows that no method has seen; the band is the 95 % interval of the"
            + " mean. p is of a paired t-test against pac over the seeds, by Holm's correction.",
        List.of(
            new Page.Chart(
                "lines",
                "",
                "Error of each method against the number of samples; the table below has the"
                    + " numbers.",
                data)),
        new Page.Table(
            List.of(
                Page.text("method"),
                Page.number("samples"),
                Page.number("error"),
                Page.number("95 % from"),
                Page.number("to"),
                Page.number("deviation"),
                Page.number("p against pac"),
                Page.number("ms to learn")),
            rows));
  }

  private Page.Section rewards(double best) {
    List<Map<String, Object>> series = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<List<Double>> points = new ArrayList<>();
      for (int n : settings.targets()) {
        Means.Interval mean = Means.interval(rewards(method, n));
        points.add(List.of((double) n, mean.mean(), mean.low(), mean.high()));
        rows.add(List.of(method, n, mean.mean(), mean.low(), mean.high(), best));
      }
      series.add(Map.of("name", method, "points", points));
    }
    return new Page.Section(
        "What a planner achieves with it",
        String.format(
            Locale.ROOT,
            "The mean reward of a step on the target, of a planner that follows plans by the model; %.4g by the truth itself. The band is the 95 %% interval of"
                + " the mean over the seeds.",
            best),
        List.of(
            new Page.Chart(
                "lines",
                "",
                "Reward with each method against the number of samples; the table below has the numbers.",
                Json.object("x", Map.of("name", "samples of the target"), "y", new Charts.Axis("reward a step", false), "series", series))),
        new Page.Table(
            List.of(
                Page.text("method"), Page.number("samples"), Page.number("reward"), Page.number("95 % from"), Page.number("to"), Page.number("by the truth")),
            rows));
  }

  private double[] rewards(String method, int n) {
    return results.results().stream()
        .filter(cell -> cell.method().equals(method) && cell.n() == n)
        .mapToDouble(cell -> Objects.requireNonNull(cell.reward()))
        .toArray();
  }

  private Page.Section differences() {
    List<String> others = results.methods().stream().filter(method -> !method.equals(PAC)).toList();
    List<Map<String, Object>> groups = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    for (int n : settings.targets()) {
      List<List<Double>> items = new ArrayList<>();
      for (String method : others) {
        Means.Interval less = lessThanPac(method, n);
        if (less != null) {
          items.add(List.of((double) others.indexOf(method), less.mean(), less.low(), less.high()));
          rows.add(List.of(method, n, less.mean(), less.low(), less.high()));
        }
      }
      groups.add(Map.of("name", "n = " + n, "items", items));
    }
    return new Page.Section(
        "Beside PAC, seed by seed",
        "The error of each method less that of pac on the same seed: mean and 95 % interval, which"
            + " says nothing for sure where it holds zero.",
        List.of(
            Charts.intervals(
                "",
                "Paired differences from PAC; the table below has the numbers.",
                "error less PAC's (right: PAC is better)",
                others,
                groups)),
        new Page.Table(
            List.of(
                Page.text("method"),
                Page.number("samples"),
                Page.number("difference"),
                Page.number("95 % from"),
                Page.number("to")),
            rows));
  }

  private Page.Section retention() {
    double base = unit * results.source().allocated();
    List<List<Object>> rows = new ArrayList<>();
    Map<String, List<@Nullable Double>> cells = new LinkedHashMap<>();
    double most = base;
    for (String method : results.methods()) {
      for (Experiment.Summary summary : results.of(method)) {
        Double left = summary.sourceError();
        if (left != null) {
          double after = unit * left;
          most = Math.max(most, after);
          rows.add(Page.row(method, summary.n(), base, after, after - base));
          cells
              .computeIfAbsent(method, name -> new ArrayList<>(Collections.nCopies(settings.targets().size(), null)))
              .set(settings.targets().indexOf(summary.n()), after);
        }
      }
    }
    List<Page.Chart> charts =
        rows.isEmpty()
            ? List.of()
            : List.of(
                Charts.heat(
                    "",
                    String.format(
                        Locale.ROOT,
                        "The source's error after each transfer, from %.4g of the base to %.4g",
                        base,
                        most),
                    new Charts.Side(
                        "samples", settings.targets().stream().map(String::valueOf).toList()),
                    new Charts.Side("method", List.copyOf(cells.keySet())),
                    List.copyOf(cells.values()),
                    new Charts.Scale(
                        wrong ? "% wrong" : "RMSE",
                        base,
                        most,
                        false,
                        settings.targets().size() <= MOST_NUMBERS)));
    return new Page.Section(
        "What is left of the source",
        String.format(
            Locale.ROOT,
            "The error on the source's own rows of the weights that the source's output can still"
                + " be had from. The source model: trained %.4g, just pruned %.4g, allocated %.4g."
                + " A method that keeps the base loses nothing, bit for bit.",
            unit * results.source().trained(),
            unit * results.source().pruned(),
            base),
        charts,
        new Page.Table(
            List.of(
                Page.text("method"),
                Page.number("samples"),
                Page.number("source error of the base"),
                Page.number("after the transfer"),
                Page.number("lost")),
            rows));
  }

  private List<List<String>> facts(String command) {
    List<List<String>> facts = new ArrayList<>();
    facts.add(List.of("Command", command));
    facts.add(
        List.of(
            "Seeds",
            String.format(
                Locale.ROOT,
                "%d to %d",
                settings.firstSeed(),
                settings.firstSeed() + settings.seeds() - 1)));
    facts.add(
        List.of(
            "Took",
            String.format(
                Locale.ROOT,
                "%.1f s on %d thread(s), at most %d MB",
                results.seconds(),
                settings.threads(),
                results.peakBytes() / 1_000_000)));
    results.leftOut().forEach((method, why) -> facts.add(List.of("Left out: " + method, why)));
    facts.addAll(Reports.versions());
    return facts;
  }
}
