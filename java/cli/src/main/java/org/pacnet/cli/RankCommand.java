package org.pacnet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.Model;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Words;
import org.pacnet.result.Ranking;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet rank}. */
@Command(
    name = "rank",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tell which of several models your target is nearest to, before anything is trained: by how well a linear model on what each base's output"
          + " layer is given says the target's labels.",
      "",
      "Example: ./pacnet rank --models simulator,fab1,fab2 --target few.csv"
    })
final class RankCommand implements Runnable {

  @Option(names = "--models", required = true, split = ",", paramLabel = "DIR", description = "Two models or more, each with a base")
  private List<String> directories = List.of();

  @Option(names = "--target", required = true, paramLabel = "FILE", description = "The few samples of the new task, with the columns of all models")
  private String target = "";

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    Map<String, Model> models = new LinkedHashMap<>();
    try (ProgressDisplay display = new ProgressDisplay()) {
      for (String directory : directories) {
        models.put(directory, Model.load(Path.of(directory), ComputeOptions.processors()));
      }
      Ranking ranking = Model.rank(models, Tables.of(target), display.monitor());
      display.finish();
      output.print(
          Json.object("rows", ranking.rows(), "unit", ranking.unit(), "verdict", ranking.verdict(), "bases", ranking.bases()),
          text -> {
            boolean numbers = !ranking.unit().isEmpty();
            List<List<String>> rows = new ArrayList<>();
            for (Ranking.Base base : ranking.bases()) {
              Double untouched = base.untouched();
              Double hScore = base.hScore();
              List<String> row = new ArrayList<>(List.of(base.name(), Words.percent(base.chance()), error(base.error(), numbers)));
              row.add(untouched == null ? "-" : error(untouched, numbers));
              row.add(String.format(Locale.ROOT, "%.4g", base.logMe()));
              if (!numbers) {
                row.add(hScore == null ? "-" : String.format(Locale.ROOT, "%.3g", hScore));
              }
              rows.add(row);
            }
            String error = numbers ? "RMSE of " + ranking.unit() : "wrong";
            List<String> header = new ArrayList<>(List.of("base", "best in", error + ", left out", "as it is", "LogME"));
            if (!numbers) {
              header.add("H-score");
            }
            Text.table(text, header, rows);
            text.println();
            text.println(ranking.verdict());
          });
    } finally {
      models.values().forEach(Model::close);
    }
  }

  private static String error(double value, boolean numbers) {
    return numbers ? String.format(Locale.ROOT, "%.4g", value) : Words.percent(value);
  }
}
