package org.pacnet.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Evaluation;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Comparison;
import org.pacnet.report.Reports;
import org.pacnet.report.Words;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Metrics;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Tuning;

/** All four phases and the table that sums them up: what {@code transfer} and {@code demo} share. */
final class TransferRun {

  /**
   * @param tune whether to choose how the target is learnt by cross-validation
   * @param learningCurve whether to say what more rows would buy
   * @param importance whether to say which columns matter
   * @param test labelled rows of the target that no phase sees; null for none
   * @param report where to write a page; null for nowhere
   * @param command that repeats it
   */
  record Request(
      Data source,
      @Nullable Path init,
      String target,
      @Nullable String test,
      String name,
      TransferConfig config,
      boolean tune,
      boolean learningCurve,
      boolean importance,
      Path out,
      boolean overwrite,
      @Nullable Path report,
      String command) {}

  private TransferRun() {}

  static void run(Request request, Output output) {
    Data test = request.test() == null ? null : Tables.of(request.test());
    long started = System.nanoTime();
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forNew(request.out(), request.overwrite());
        Model model =
            Model.transfer(
                request.source(),
                request.init(),
                request.name(),
                Tables.of(request.target()),
                test,
                request.config(),
                display.monitor())) {
      Tuning tuning = null;
      if (request.tune()) {
        Data target = Tables.of(request.target());
        tuning =
            model.tuneWithBase(
                target, request.source(), request.config(), display.monitor());
        model.calibrate(request.name(), target, null, tuning, display.monitor());
      }
      TransferConfig chosen = tuning == null ? request.config() : tuning.best().config();
      LearningCurve curve =
          request.learningCurve() ? model.learningCurve(Tables.of(request.target()), chosen, display.monitor()) : null;
      Importance importance =
          request.importance()
              ? model.importance(Tables.of(request.target()), request.source(), chosen, display.monitor())
              : null;
      display.finish();
      double seconds = (System.nanoTime() - started) / 1e9;
      List<Path> others = Saving.save(place, model);
      Evaluation evaluatedBefore = null;
      Evaluation evaluated = null;
      if (test != null) {
        try {
          evaluated = model.evaluateRows(request.name(), test);
          evaluatedBefore = model.hasOwnClasses(request.name()) ? null : model.evaluateRows(null, test);
        } catch (DataException e) {
          throw new DataException(
              e.getMessage() + "; the model itself was written to " + request.out(), e);
        }
      }
      Evaluation was = evaluatedBefore;
      Evaluation is = evaluated;
      Tuning tuned = tuning;
      if (request.report() != null) {
        Reports.transfer(model, request.name(), was, is, tuned, curve, importance, request.command()).write(request.report());
      }
      Metrics testBefore = was == null ? null : was.metrics();
      Metrics testAfter = is == null ? null : is.metrics();
      List<String> warnings = Text.warnings(model);
      PhaseReport calibrate = model.report(request.name());
      Text.unseen(calibrate.data());
      Text.unseen(is == null ? null : is.data());
      Text.sameRows(calibrate.data(), is == null ? null : is.data());
      List<PhaseReport> phases = new ArrayList<>(model.reports());
      phases.add(calibrate);
      Map<String, Object> json =
          Json.object(
              "model", request.out().toString(),
              "target", request.name(),
              "method", model.config(request.name()).method().kind().toString(),
              "parameters", model.parameterCount(),
              "layers", model.layers(),
              "phases", phases,
              "test",
                  request.test() == null
                      ? null
                      : Json.object("before", testBefore, "after", testAfter),
              "tuning", tuning == null ? null : TuneReport.json(tuning),
              "learningCurve", curve,
              "importance", importance,
              "warnings", warnings,
              "testUnseen", is == null ? null : is.data().unseen(),
              "others", Saving.names(others));
      output.print(
          json,
          out -> {
            print(out, request, model, seconds, phases, is == null ? null : is.data().name(), testBefore, testAfter);
            if (curve != null) {
              out.println();
              TuneReport.print(out, curve);
            }
            if (importance != null) {
              out.println();
              TuneReport.print(out, importance);
            }
            if (tuned != null) {
              out.println();
              TuneReport.print(out, Comparison.of(model, tuned, tuned.best()));
              out.println();
              out.println(tuned.verdict());
            }
            warnings.forEach(warning -> out.println("\n" + warning));
            out.println();
            Text.others(out, others);
            out.println("Model written to " + request.out());
            if (request.report() != null) {
              out.println("Report written to " + request.report() + ": open it in a browser");
            }
          });
    }
  }

  private static void print(
      PrintStream out,
      Request request,
      Model model,
      double seconds,
      List<PhaseReport> phases,
      @Nullable String test,
      @Nullable Metrics testBefore,
      @Nullable Metrics testAfter) {
    PhaseReport train = phases.get(0);
    PhaseReport calibrate = phases.get(phases.size() - 1);
    out.println();
    out.println("Network  " + model.describe());
    out.println("Source   " + rows(train));
    out.println("Target   " + rows(calibrate));
    out.println("Method   " + model.config(request.name()).method().kind());
    Text.relatives(out, calibrate);
    out.printf(
        Locale.ROOT, "Time     %.1f s, %d thread(s)%n%n", seconds, request.config().compute().threads());
    Text.layers(out, model.layers());
    out.println();

    List<String> names = new ArrayList<>();
    List<@Nullable Metrics> errors = new ArrayList<>();
    for (PhaseReport report : phases.subList(0, phases.size() - 1)) {
      names.add("after " + report.phase());
      errors.add(report.after());
    }
    Text.metrics(out, model, "source error (training rows)", names, errors);
    Text.heldOut(out, model);
    out.println();

    List<String> sides = List.of("before Calibrate", "after Calibrate");
    if (testAfter != null) {
      Text.metrics(
          out,
          model,
          "target error (" + test + ")",
          sides,
          Arrays.asList(testBefore, testAfter));
      out.println();
      out.println(verdict(testBefore, testAfter));
    } else {
      Text.metrics(
          out,
          model,
          "target error (training rows)",
          sides,
          Arrays.asList(calibrate.before(), calibrate.after()));
      out.println();
      out.println(
          "Calibrate learnt from these very rows, so their error flatters. Others say how good the target is: --test FILE;"
              + " or, where none can be spared, --tune or ./pacnet compare, which hold some out in turn.");
    }
  }

  private static String rows(PhaseReport report) {
    return report.data() == null
        ? "-"
        : report.data().name()
            + ", "
            + Words.count(report.data().rows())
            + " rows"
            + (report.data().dropped() > 0
                ? " (" + Words.count(report.data().dropped()) + " left out, a value is missing)"
                : "");
  }

  private static String verdict(@Nullable Metrics before, Metrics after) {
    if (before == null) {
      return "The target has classes of its own, so the source model alone can't predict it.";
    }
    double change = after.error() / before.error() - 1;
    if (!Double.isFinite(change)) {
      return "The source model is already right on every row.";
    }
    String percent = Words.percent(Math.abs(change));
    return change < 0
        ? "Calibrate lowers the target error by " + percent + "."
        : "Calibrate raises the target error by "
            + percent
            + ": here the source model is better left alone.";
  }
}
