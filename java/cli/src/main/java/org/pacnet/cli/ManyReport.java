package org.pacnet.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.pacnet.Model;
import org.pacnet.error.DataException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Words;
import org.pacnet.result.Metrics;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.TargetOutcome;

/** What became of many targets. */
final class ManyReport {

  // A screen of them; all are in the model and in --json.
  private static final int MOST_SHOWN = 20;

  // Of whom it is said where they go beyond the source; --json has all.
  private static final int MOST_UNSEEN = 3;

  private final String directory;
  private final double seconds;

  ManyReport(String directory, double seconds) {
    this.directory = directory;
    this.seconds = seconds;
  }

  /** Throws, after all is printed, where one was not learnt: who runs this by a program has to hear of it. */
  void print(Output output, Model model, Map<String, TargetOutcome> outcomes) {
    List<TargetOutcome> learnt = new ArrayList<>();
    Map<String, PacNetException> problems = new LinkedHashMap<>();
    for (TargetOutcome outcome : outcomes.values()) {
      if (outcome.problem() == null) {
        learnt.add(outcome);
      } else {
        problems.put(outcome.name(), outcome.problem());
      }
    }
    learnt.stream()
        .map(outcome -> Objects.requireNonNull(outcome.report()).data())
        .filter(data -> data != null && !data.unseen().isEmpty())
        .limit(MOST_UNSEEN)
        .forEach(Text::unseen);
    output.print(
        Json.object(
            "model", directory,
            "seconds", seconds,
            "targets", learnt.stream().map(ManyReport::json).toList(),
            "problems", messages(problems)),
        text -> print(text, model, learnt, problems));
    if (!problems.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%d of %d targets were not learnt, %s among them",
              problems.size(),
              outcomes.size(),
              problems.keySet().iterator().next()));
    }
  }

  private static Map<String, Object> json(TargetOutcome outcome) {
    return Json.object(
        "target", outcome.name(),
        "resumed", outcome.resumed(),
        "phase", outcome.report(),
        "tuning", outcome.tuning() == null ? null : TuneReport.json(outcome.tuning()));
  }

  private static Map<String, String> messages(Map<String, PacNetException> problems) {
    Map<String, String> messages = new LinkedHashMap<>();
    problems.forEach((name, problem) -> messages.put(name, problem.getMessage()));
    return messages;
  }

  private void print(
      PrintStream text, Model model, List<TargetOutcome> learnt, Map<String, PacNetException> problems) {
    List<String> titles = Text.metricTitles(model);
    List<String> header =
        new ArrayList<>(List.of("target (errors on training rows)", "rows", "method"));
    titles.forEach(title -> header.addAll(List.of(title + " before", "after")));
    List<List<String>> rows = new ArrayList<>();
    for (TargetOutcome outcome : learnt.subList(0, Math.min(MOST_SHOWN, learnt.size()))) {
      rows.add(row(model, outcome, titles.size()));
    }
    Text.table(text, header, rows);
    if (learnt.size() > MOST_SHOWN) {
      text.println(
          String.format(Locale.ROOT, "  … and %s more", Words.count(learnt.size() - MOST_SHOWN)));
    }
    long resumed = learnt.stream().filter(TargetOutcome::resumed).count();
    text.println();
    text.println(
        String.format(
            Locale.ROOT,
            "%s targets learnt in %s s%s%s",
            Words.count(learnt.size() - resumed),
            Text.number(seconds),
            resumed > 0 ? ", " + Words.count(resumed) + " were there already" : "",
            problems.isEmpty() ? "" : ", " + Words.count(problems.size()) + " not:"));
    problems.entrySet().stream()
        .limit(MOST_SHOWN)
        .forEach(e -> text.println("  " + e.getKey() + ": " + e.getValue().getMessage()));
    if (problems.size() > MOST_SHOWN) {
      text.println(
          String.format(Locale.ROOT, "  … and %s more", Words.count(problems.size() - MOST_SHOWN)));
    }
    text.println();
    text.println(
        "Next: ./pacnet evaluate --model "
            + directory
            + " --group-by COLUMN --input FILE, with rows that Calibrate has not seen");
  }

  private static List<String> row(Model model, TargetOutcome outcome, int titles) {
    PhaseReport report = outcome.report();
    List<String> row = new ArrayList<>(List.of("  " + outcome.name()));
    row.add(report == null || report.data() == null ? "-" : Words.count(report.data().rows()));
    row.add(model.config(outcome.name()).method().kind().toString());
    Metrics before = report == null ? null : report.before();
    Metrics after = report == null ? null : report.after();
    List<String> was = Text.metricCells(before, titles);
    List<String> now = Text.metricCells(after, titles);
    for (int i = 0; i < titles; i++) {
      row.addAll(List.of(was.get(i), now.get(i)));
    }
    return row;
  }
}
