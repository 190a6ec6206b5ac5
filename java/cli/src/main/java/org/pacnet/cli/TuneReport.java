package org.pacnet.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Comparison;
import org.pacnet.report.Words;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;

/** What cross-validation found, for people and for programs. */
final class TuneReport {

  private TuneReport() {}

  static Map<String, Object> json(Tuning tuning) {
    return Json.object(
        "verdict", tuning.verdict(),
        "optimism", tuning.optimism(),
        "againstSource", difference(tuning, tuning.untouched()),
        "againstAlone", difference(tuning, tuning.alone()),
        "best", json(tuning.best()),
        "trials", tuning.trials().stream().map(TuneReport::json).toList(),
        "diverged", tuning.diverged().stream().map(TuneReport::json).toList());
  }

  private static Tuning.@Nullable Difference difference(Tuning tuning, @Nullable Trial rival) {
    return rival == null ? null : tuning.difference(tuning.best(), rival);
  }

  private static Map<String, Object> json(Tuning.Diverged way) {
    return Json.object(
        "method", way.config().method().kind().toString(),
        "lambda", way.config().strength(),
        "learningRate", way.config().target().learningRate(),
        "targetEpochs", way.config().target().epochs(),
        "problem", way.problem());
  }

  private static Map<String, Object> json(Trial trial) {
    TransferConfig config = trial.config();
    return Json.object(
        "method", config.method().kind().toString(),
        "ratio", config.prune().ratio(),
        "lambda", config.strength(),
        "learningRate", config.target().learningRate(),
        "targetEpochs", config.target().epochs(),
        "targetShare", config.calibrate().targetShare(),
        "error", trial.error(),
        "loss", trial.loss());
  }

  /** A row for each way, the best first, with how sure its distance from the one that they are compared with is. */
  static void print(PrintStream out, Comparison comparison) {
    String unit = comparison.unit().isEmpty() ? "wrong" : "RMSE of " + comparison.unit();
    List<List<String>> rows = new ArrayList<>();
    for (Comparison.Way way : comparison.ways()) {
      rows.add(
          List.of(
              way.name(),
              comparison.unit().isEmpty() ? Words.percent(way.error()) : String.format(Locale.ROOT, "%.4g", way.error()),
              way.name().equals(comparison.against()) ? "-" : String.format(Locale.ROOT, "%.2g", way.p())));
    }
    Text.table(out, List.of("cross-validated", unit, "p against " + comparison.against()), rows);
    comparison.diverged().forEach(way -> out.println("Can't be taken: " + way));
  }

  static void print(PrintStream out, LearningCurve curve) {
    List<List<String>> rows = new ArrayList<>();
    for (LearningCurve.Point point : curve.points()) {
      rows.add(List.of(String.valueOf(point.rows()), curve.text(point.error())));
    }
    String unit = curve.unit().isEmpty() ? "wrong" : "RMSE of " + curve.unit();
    Text.table(out, List.of("rows learnt from", unit), rows);
    out.println();
    out.println(curve.verdict());
    out.println();
  }

  static void print(PrintStream out, Importance importance) {
    String error = importance.unit().isEmpty() ? "-log p" : "RMSE of " + importance.unit();
    List<List<String>> rows = new ArrayList<>();
    Double source = importance.source();
    rows.add(List.of("(none)", importance.text(importance.target()), source == null ? "-" : importance.text(source), "-"));
    for (Importance.Input input : importance.sorted()) {
      Double ofSource = input.source();
      Double correction = input.correction();
      rows.add(
          List.of(
              input.name(),
              importance.text(input.target()),
              ofSource == null ? "-" : importance.text(ofSource),
              correction == null ? "-" : importance.text(correction)));
    }
    Text.table(out, List.of("shuffled", error + ", target", "source", "correction"), rows);
    out.println();
    out.println(importance.verdict());
    out.println();
  }

  /** The options of {@code transfer} that make a model so. */
  static String options(TransferConfig config) {
    String penalty = config.method().lambda() == null ? "" : " --lambda " + config.method().lambda();
    Double share = config.calibrate().targetShare();
    return "--ratio "
        + config.prune().ratio()
        + " --method "
        + config.method().kind()
        + penalty
        + " --target-lr "
        + config.target().learningRate()
        + " --target-epochs "
        + config.target().epochs()
        + (share == null ? "" : " --target-share " + share);
  }
}
