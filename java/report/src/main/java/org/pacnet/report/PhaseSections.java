package org.pacnet.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.data.Provenance;
import org.pacnet.data.Unseen;
import org.pacnet.result.Metrics;
import org.pacnet.result.PhaseReport;

/** What the phases did. */
final class PhaseSections {

  private PhaseSections() {}

  /** The phases of the source side and those of some targets, by what to call them. */
  static Map<String, PhaseReport> phases(Model model, Map<String, PhaseReport> targets) {
    Map<String, PhaseReport> phases = new LinkedHashMap<>();
    model.reports().forEach(report -> phases.put(report.phase().toString(), report));
    targets.forEach((name, report) -> phases.put(report.phase() + " " + name, report));
    return phases;
  }

  /** The loss of each epoch. */
  static Page.Section losses(Map<String, PhaseReport> phases) {
    List<Page.Chart> charts = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    phases.forEach(
        (name, report) -> {
          rows.add(
              Page.row(
                  name,
                  report.epochsRun(),
                  report.bestEpoch(),
                  first(report.trainLosses()),
                  last(report.trainLosses()),
                  last(report.validationLosses()),
                  report.seconds(),
                  report.threads()));
          if (!report.trainLosses().isEmpty()) {
            charts.add(chart(name, report));
          }
        });
    return new Page.Section(
        "How the losses fell",
        "The mean loss of each epoch, of standardised labels, with what the phase adds to it; of"
            + " many epochs some are drawn. The best epoch is the one whose weights were taken."
            + " Prune trains nothing.",
        charts,
        new Page.Table(
            List.of(
                Page.text("phase"),
                Page.number("epochs"),
                Page.number("best epoch"),
                Page.number("first loss"),
                Page.number("last loss"),
                Page.number("last validation loss"),
                Page.number("seconds"),
                Page.number("threads")),
            rows));
  }

  private static Page.Chart chart(String name, PhaseReport report) {
    List<Charts.Curve> curves =
        new ArrayList<>(List.of(curve("training", Charts.Style.LINE, report.trainLosses())));
    if (!report.validationLosses().isEmpty()) {
      curves.add(curve("validation", Charts.Style.DASHED, report.validationLosses()));
    }
    boolean positive = report.trainLosses().stream().allMatch(loss -> loss > 0);
    return Charts.curves(
        name,
        String.format(
            Locale.ROOT,
            "The loss of %s over %d epochs, from %.4g to %.4g",
            name,
            report.trainLosses().size(),
            first(report.trainLosses()),
            last(report.trainLosses())),
        new Charts.Axis("epoch", false),
        new Charts.Axis("loss", positive),
        curves);
  }

  private static Charts.Curve curve(String name, Charts.Style style, List<Double> losses) {
    double[] epochs = new double[losses.size()];
    for (int i = 0; i < epochs.length; i++) {
      epochs[i] = i + 1.0;
    }
    return new Charts.Curve(name, style == Charts.Style.LINE ? 0 : 1, style, epochs, losses.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static @Nullable Double first(List<Double> losses) {
    return losses.isEmpty() ? null : losses.get(0);
  }

  private static @Nullable Double last(List<Double> losses) {
    return losses.isEmpty() ? null : losses.get(losses.size() - 1);
  }

  /** The source's error from phase to phase, or nothing where none was measured. */
  static List<Page.Section> retention(Model model) {
    List<String> names = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    List<List<Object>> rows = new ArrayList<>();
    for (PhaseReport report : model.reports()) {
      Metrics after = report.after();
      if (after != null) {
        names.add("after " + report.phase());
        errors.add(unit(after) * after.error());
        rows.add(Page.row("after " + report.phase(), unit(after) * after.error(), after.rows()));
      }
    }
    if (names.isEmpty()) {
      return List.of();
    }
    boolean calibrated = !model.targetNames().isEmpty() && names.contains("after Allocate");
    if (calibrated) {
      names.add("after Calibrate");
      errors.add(errors.get(errors.size() - 1));
      rows.add(
          Page.row(
              "after Calibrate", errors.get(errors.size() - 1), rows.get(rows.size() - 1).get(2)));
    }
    String title = errorTitle(model);
    return List.of(
        new Page.Section(
            "What is left of the source",
            (Words.heldOut(model) + " The error on the source's own training rows.").strip()
                + (calibrated
                    ? " No target changes the base, bit for bit: what Calibrate freezes is compared"
                          + " when it ends. So after it the source's error is what it was."
                    : ""),
            List.of(
                Charts.bars(
                    "",
                    String.format(
                        Locale.ROOT,
                        "The source's error after each phase, at the end %s",
                        Words.number(errors.get(errors.size() - 1))),
                    title,
                    names,
                    errors)),
            new Page.Table(
                List.of(Page.text("phase"), Page.number(title), Page.number("rows")), rows)));
  }

  /** In per cent where it is a share. */
  static double unit(Metrics metrics) {
    return metrics.accuracy() != null ? 100 : 1;
  }

  static String errorTitle(Model model) {
    if (model.schema().classification()) {
      return "% wrong";
    }
    return model.schema().labels().size() == 1
        ? "RMSE of " + model.schema().labels().get(0).name()
        : "mean RMSE of the labels";
  }

  /** Where data go beyond what the source had; none where they do not. */
  static List<Page.Section> unseen(Provenance... tables) {
    List<List<Object>> rows = new ArrayList<>();
    for (Provenance data : tables) {
      for (Unseen unseen : data.unseen()) {
        rows.add(
            Page.row(
                data.name(),
                unseen.column(),
                unseen.least(),
                unseen.most(),
                unseen.sourceLeast(),
                unseen.sourceMost()));
      }
    }
    return rows.isEmpty()
        ? List.of()
        : List.of(
            new Page.Section(
                "Beyond the source",
                "Columns that go further out of the source's range than that range is wide, or that"
                    + " move where the source's is constant: what a network says there is a guess.",
                List.of(),
                new Page.Table(
                    List.of(
                        Page.text("data"),
                        Page.text("column"),
                        Page.number("least"),
                        Page.number("most"),
                        Page.number("least in the source"),
                        Page.number("most in the source")),
                    rows)));
  }

  /** The data that the phases read. */
  static Page.Section data(Map<String, PhaseReport> phases) {
    List<List<Object>> rows = new ArrayList<>();
    phases.forEach(
        (name, report) -> {
          Provenance data = report.data();
          if (data != null) {
            rows.add(Page.row(name, data.name(), data.rows(), data.dropped(), data.sha256()));
          }
        });
    return new Page.Section(
        "The data",
        "What each phase read. The hash is of the files' bytes.",
        List.of(),
        new Page.Table(
            List.of(
                Page.text("phase"),
                Page.text("data"),
                Page.number("rows"),
                Page.number("left out"),
                Page.text("SHA-256")),
            rows));
  }
}
