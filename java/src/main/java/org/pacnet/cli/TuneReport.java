package org.pacnet.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.LearningCurve;
import org.pacnet.TransferConfig;
import org.pacnet.Trial;
import org.pacnet.Tuning;

/** What cross-validation found, for people and for programs. */
final class TuneReport {

  private TuneReport() {}

  static Map<String, Object> json(Tuning tuning) {
    return Output.object(
        "verdict", tuning.verdict(),
        "pValue", tuning.pValue(),
        "best", json(tuning.best()),
        "trials", tuning.trials().stream().map(TuneReport::json).toList());
  }

  private static Map<String, Object> json(Trial trial) {
    TransferConfig config = trial.config();
    return Output.object(
        "method", config.method().toString(),
        "ratio", config.ratio(),
        "lambda", config.strength(),
        "learningRate", config.learningRate(),
        "targetEpochs", config.targetEpochs(),
        "error", trial.error(),
        "loss", trial.loss());
  }

  /** A row for each trial, the best first, with how sure its distance from {@code against} is. */
  static void print(PrintStream out, Tuning tuning, Trial against) {
    String unit = tuning.unit().isEmpty() ? "wrong" : "RMSE of " + tuning.unit();
    List<String> header =
        List.of("cross-validated", unit, "p against " + against.config().method());
    List<List<String>> rows = new ArrayList<>();
    double[] p = tuning.holm(against);
    for (int i = 0; i < tuning.trials().size(); i++) {
      Trial trial = tuning.trials().get(i);
      rows.add(
          List.of(
              name(trial.config(), tuning.without().config()),
              tuning.unit().isEmpty()
                  ? Text.percent(trial.error())
                  : String.format(Locale.ROOT, "%.4g", trial.error()),
              trial.equals(against) ? "-" : String.format(Locale.ROOT, "%.2g", p[i])));
    }
    Text.table(out, header, rows);
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

  private static String name(TransferConfig config, TransferConfig usual) {
    StringBuilder name = new StringBuilder(config.method().toString());
    if (config.lambda() != null) {
      name.append(", lambda ").append(config.lambda());
    }
    if (config.learningRate() != usual.learningRate()) {
      name.append(String.format(Locale.ROOT, ", lr %.2g", config.learningRate()));
    }
    if (config.targetEpochs() != usual.targetEpochs()) {
      name.append(", ").append(config.targetEpochs()).append(" epochs");
    }
    if (config.ratio() != usual.ratio()) {
      name.append(", ratio ").append(config.ratio());
    }
    return name.toString();
  }

  /** The options that make a model so. */
  static String options(TransferConfig config) {
    StringBuilder options = new StringBuilder("--method ").append(config.method());
    if (config.lambda() != null) {
      options.append(" --lambda ").append(config.lambda());
    }
    return options
        .append(" --ratio ")
        .append(config.ratio())
        .append(" --lr ")
        .append(config.learningRate())
        .append(" --target-epochs ")
        .append(config.targetEpochs())
        .toString();
  }
}
