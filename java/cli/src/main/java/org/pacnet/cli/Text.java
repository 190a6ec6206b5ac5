package org.pacnet.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.data.Provenance;
import org.pacnet.data.Unseen;
import org.pacnet.report.Words;
import org.pacnet.result.LayerReport;
import org.pacnet.result.Metrics;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;

/** Results as people read them. */
final class Text {

  private static final int MOST_NAMED = 20;
  private static final double SLIGHT_SHARE = 0.005;

  private static final int MOST_UNSEEN = 5;
  private static final int MOST_CLASSES = 12;

  private Text() {}

  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    return size >= 1e6 || size < 1e-3
        ? String.format(Locale.ROOT, "%.3e", value)
        : String.format(Locale.ROOT, size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.4f", value);
  }

  /** How much each of the targets that another was learnt from counted. */
  static void relatives(PrintStream out, PhaseReport report) {
    Map<String, Double> relatives = report.relatives();
    if (relatives == null) {
      return;
    }
    List<Map.Entry<String, Double>> sorted = new ArrayList<>(relatives.entrySet());
    sorted.sort(Map.Entry.<String, Double>comparingByValue().reversed());
    List<String> words = new ArrayList<>();
    sorted.stream()
        .limit(MOST_NAMED)
        .filter(one -> one.getValue() >= SLIGHT_SHARE)
        .forEach(one -> words.add(String.format(Locale.ROOT, "%s %.0f %%", one.getKey(), 100 * one.getValue())));
    int less = sorted.size() - words.size();
    out.println("Learnt from " + String.join(", ", words) + (less > 0 ? ", hardly from " + less + (less == 1 ? " other" : " others") : ""));
  }

  /** A table with a header line; the first column is left-aligned, the others right-aligned. */
  static void table(PrintStream out, List<String> header, List<List<String>> rows) {
    int columns = header.size();
    int[] widths = new int[columns];
    List<List<String>> all = new ArrayList<>();
    all.add(header);
    all.addAll(rows);
    for (List<String> row : all) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder("  ");
      for (int c = 0; c < columns; c++) {
        String pad = " ".repeat(widths[c] - row.get(c).length());
        line.append(c == 0 ? row.get(c) + pad : "   " + pad + row.get(c));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  /** What {@link #metricCells} shows, as column titles. */
  static List<String> metricTitles(Model model) {
    if (!model.schema().classes().isEmpty()) {
      return List.of("wrong", "cross-entropy");
    }
    return model.schema().labels().stream().map(label -> "RMSE of " + label.name()).toList();
  }

  /** One cell a title of {@link #metricTitles}. */
  static List<String> metricCells(@Nullable Metrics metrics, int columns) {
    if (metrics == null) {
      return Collections.nCopies(columns, "-");
    }
    Double entropy = metrics.crossEntropy();
    if (entropy != null) {
      return List.of(Words.percent(metrics.error()), number(entropy));
    }
    return metrics.labels().stream().map(label -> number(label.rmse())).toList();
  }

  /** Names in a row, the first of many. */
  static String some(Collection<String> names, String between) {
    List<String> first = names.stream().limit(MOST_NAMED).toList();
    int more = names.size() - first.size();
    return String.join(between, first)
        + (more > 0 ? between + String.format(Locale.ROOT, "and %d more", more) : "");
  }

  /** A table of metrics, one row a name. */
  static void metrics(
      PrintStream out, Model model, String title, List<String> names, List<@Nullable Metrics> rows) {
    List<String> titles = metricTitles(model);
    List<String> header = new ArrayList<>();
    header.add(title);
    header.addAll(titles);
    List<List<String>> cells = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      List<String> row = new ArrayList<>();
      row.add("  " + names.get(i));
      row.addAll(metricCells(rows.get(i), titles.size()));
      cells.add(row);
    }
    table(out, header, cells);
  }

  /** How the error of trajectories grows with the time since their first states. */
  static void horizons(PrintStream out, Model model, List<Metrics.HorizonError> horizons) {
    List<String> header = new ArrayList<>(List.of("time since the first row", "rows"));
    header.addAll(metricTitles(model));
    List<List<String>> rows = new ArrayList<>();
    for (Metrics.HorizonError horizon : horizons) {
      List<String> row =
          new ArrayList<>(List.of("up to " + number(horizon.until()), Words.count(horizon.rows())));
      horizon.rmse().forEach(value -> row.add(number(value)));
      rows.add(row);
    }
    table(out, header, rows);
  }

  /** A line about how good the source model is, where it is known. */
  static void heldOut(PrintStream out, Model model) {
    String said = Words.heldOut(model);
    if (!said.isEmpty()) {
      out.println("  " + said);
    }
  }

  static void layers(PrintStream out, List<LayerReport> layers) {
    List<List<String>> rows = new ArrayList<>();
    long kept = 0;
    long prunable = 0;
    for (LayerReport layer : layers) {
      if (!layer.excluded()) {
        kept += layer.kept();
        prunable += layer.size();
      }
      rows.add(
          List.of(
              layer.name(),
              String.join(" x ", layer.shape().stream().map(String::valueOf).toList()),
              Words.count(layer.kept()),
              Words.count(layer.size() - layer.kept()),
              layer.excluded() ? "excluded" : Words.percent(layer.prunedRatio())));
    }
    rows.add(
        List.of(
            "together",
            "",
            Words.count(kept),
            Words.count(prunable - kept),
            Words.percent(1 - (double) kept / prunable)));
    table(out, List.of("layer", "shape", "kept", "pruned", "ratio"), rows);
  }

  /**
   * What a person should know before they use the base: an error after Allocate well above that after
   * Train. Well above is a quarter more, and a hundredth of what there is to be explained: of a
   * label's variance, or of the rows.
   */
  static List<String> warnings(Model model) {
    Map<Phase, Metrics> errors = new EnumMap<>(Phase.class);
    for (PhaseReport report : model.reports()) {
      Metrics after = report.after();
      if (after != null) {
        errors.put(report.phase(), after);
      }
    }
    Metrics before = errors.get(Phase.TRAIN);
    Metrics after = errors.get(Phase.ALLOCATE);
    if (before == null
        || after == null
        || after.error() <= 1.25 * before.error()
        || unexplained(after) - unexplained(before) < 0.01) {
      return List.of();
    }
    boolean classes = !model.schema().classes().isEmpty();
    double trained = before.error();
    double allocated = after.error();
    return List.of(
        "Caution: the source error after Allocate is "
            + (classes ? Words.percent(allocated) : number(allocated))
            + ", well above the "
            + (classes ? Words.percent(trained) : number(trained))
            + " after Train: pruning took more than the rest of the network can make up for. Try a"
            + " lower --ratio, more --source-epochs, a wider network, or --per-layer.");
  }

  /** Says on standard error where a table, if one was read, goes beyond what the source had, a line a column. */
  static void unseen(@Nullable Provenance data) {
    if (data == null) {
      return;
    }
    List<Unseen> all = data.unseen();
    all.stream()
        .limit(MOST_UNSEEN)
        .map(unseen -> "pacnet: " + data.name() + ": " + Words.unseen(unseen))
        .forEach(line -> System.err.println(Main.oneLine(line)));
    if (all.size() > MOST_UNSEEN) {
      System.err.println(
          "pacnet: "
              + data.name()
              + ": "
              + Words.count(all.size() - MOST_UNSEEN)
              + " more columns go beyond the source (--json lists them)");
    }
  }

  /**
   * Says on standard error that rows which are to tell how good a target is are those that it was learnt from.
   *
   * @param learnt from which the target was
   * @param asked by which it is measured
   */
  static void sameRows(@Nullable Provenance learnt, @Nullable Provenance asked) {
    if (learnt != null && asked != null && learnt.sha256().equals(asked.sha256())) {
      System.err.println(
          Main.oneLine(
              "pacnet: "
                  + asked.name()
                  + " has the rows that the target was learnt from: the error on them flatters, and says nothing of other rows"));
    }
  }

  private static double unexplained(Metrics metrics) {
    return metrics.accuracy() != null
        ? metrics.error()
        : metrics.labels().stream()
            .mapToDouble(label -> label.r2() == null ? 0 : 1 - label.r2())
            .average()
            .orElseThrow();
  }

  /** Each true class with what its rows were taken for; of many classes the worst. */
  static void confusion(PrintStream out, List<String> classes, List<List<Long>> matrix) {
    List<Integer> order = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      order.add(c);
    }
    boolean all = classes.size() <= MOST_CLASSES;
    if (!all) {
      order.sort(Comparator.comparingDouble(c -> recall(matrix.get(c), c)));
    }
    List<String> header = new ArrayList<>(List.of("true class", "rows", "right"));
    header.addAll(
        all ? classes.stream().map(name -> "as " + name).toList() : List.of("mostly taken for"));
    List<List<String>> rows = new ArrayList<>();
    for (int c : order.subList(0, Math.min(order.size(), MOST_CLASSES))) {
      List<Long> taken = matrix.get(c);
      long count = taken.stream().mapToLong(Long::longValue).sum();
      List<String> row = new ArrayList<>(List.of(classes.get(c), Words.count(count)));
      row.add(count == 0 ? "-" : Words.percent(recall(taken, c)));
      if (all) {
        taken.forEach(n -> row.add(Words.count(n)));
      } else {
        row.add(mistaken(classes, taken, c));
      }
      rows.add(row);
    }
    table(out, header, rows);
    if (!all) {
      out.println("  (the " + MOST_CLASSES + " worst of " + classes.size() + " classes)");
    }
  }

  /** What counts where classes are not equally frequent. */
  static void rare(PrintStream out, Metrics metrics) {
    out.printf(
        Locale.ROOT,
        "Balanced accuracy %s, macro F1 %.3f, AUC %s%n",
        Words.percent(Objects.requireNonNull(metrics.balancedAccuracy())),
        metrics.f1(),
        metrics.auc() == null ? "- (one class alone)" : String.format(Locale.ROOT, "%.3f", metrics.auc()));
  }

  private static double recall(List<Long> taken, int truth) {
    long count = taken.stream().mapToLong(Long::longValue).sum();
    return count == 0 ? 1 : (double) taken.get(truth) / count;
  }

  private static String mistaken(List<String> classes, List<Long> taken, int truth) {
    int worst = -1;
    for (int c = 0; c < taken.size(); c++) {
      if (c != truth && taken.get(c) > 0 && (worst < 0 || taken.get(c) > taken.get(worst))) {
        worst = c;
      }
    }
    return worst < 0 ? "-" : classes.get(worst) + " (" + Words.count(taken.get(worst)) + ")";
  }

  /** Names what lies beside a model and was left alone. */
  static void others(PrintStream out, List<Path> others) {
    if (!others.isEmpty()) {
      out.println(
          "Not of the model, and left as it was: "
              + String.join(", ", others.stream().map(Path::toString).toList()));
    }
  }
}
