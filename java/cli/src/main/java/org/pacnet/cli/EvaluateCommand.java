package org.pacnet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Evaluation;
import org.pacnet.Model;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Reports;
import org.pacnet.report.Words;
import org.pacnet.result.Metrics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet evaluate}. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Measure a model's errors on labelled rows.", ""})
final class EvaluateCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE",
      description = "Rows with inputs and label; CSV or Parquet")
  private String input = "";

  @Mixin private CopiesOption copies = new CopiesOption();
  @Mixin private TargetChoice choice = new TargetChoice();
  @Mixin private ReportOption report = new ReportOption();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    report.file();
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      String groupBy = choice.groupBy();
      if (groupBy != null) {
        if (copies.given()) {
          throw new DataException("--group-by does not go with --augment-test");
        }
        byTarget(model, groupBy);
        return;
      }
      String target = choice.resolve(model);
      Data data = Tables.of(input);
      Evaluation evaluation = model.evaluateRows(target, data, copies.count());
      Metrics metrics = evaluation.metrics();
      String what = target == null ? "source task" : target;
      report.write(command -> Reports.evaluation(model, target, evaluation, command));
      Text.unseen(evaluation.data());
      Text.sameRows(target == null ? null : model.report(target).data(), evaluation.data());
      output.print(
          Json.object(
              "model", directory,
              "target", target,
              "metrics", metrics,
              "unseen", evaluation.data().unseen()),
          text -> {
            List<@Nullable Metrics> one = Collections.singletonList(metrics);
            Text.metrics(
                text, model, Words.count(metrics.rows()) + " rows of " + data.name(), List.of(what), one);
            if (metrics.horizons() != null) {
              text.println();
              Text.horizons(text, model, metrics.horizons());
            }
            if (metrics.confusion() != null) {
              text.println();
              Text.confusion(text, evaluation.classes(), metrics.confusion());
              text.println();
              Text.rare(text, metrics);
            }
          });
    }
  }

  // The worst first: those are what one looks for among many.
  private void byTarget(Model model, String column) {
    Data table = Tables.of(input);
    Map<String, Metrics> found = model.evaluateByTarget(table, column);
    List<Map.Entry<String, Metrics>> worstFirst = new ArrayList<>(found.entrySet());
    worstFirst.sort(Comparator.comparingDouble(e -> -e.getValue().error()));
    Map<String, Metrics> sorted = new LinkedHashMap<>();
    worstFirst.forEach(e -> sorted.put(e.getKey(), e.getValue()));
    report.write(command -> Reports.targets(model, sorted, table.name(), command));
    output.print(
        Json.object("model", directory, "groupBy", column, "targets", sorted),
        text ->
            Text.metrics(
                text,
                model,
                String.format(
                    Locale.ROOT, "%d targets of %s, the worst first", sorted.size(), table.name()),
                List.copyOf(sorted.keySet()),
                List.copyOf(sorted.values())));
  }
}
