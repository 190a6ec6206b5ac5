package org.pacnet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.Predictions;
import org.pacnet.data.Data;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.table.PickedRows;
import org.pacnet.report.Words;
import org.pacnet.result.Suggestion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet suggest}. */
@Command(
    name = "suggest",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tell which rows to measure next: of those that could be, the ones that would make a target's predictions for all of them"
          + " surest. For numbers in tables.",
      "",
      "Example: ./pacnet suggest --model model --candidates grid.csv --count 5 --out measure.csv",
      ""
    })
final class SuggestCommand implements Runnable {

  // What a terminal has room for.
  private static final int SHOWN = 8;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Option(
      names = "--name",
      paramLabel = "TARGET",
      description = "A target of the model; may be left out if there is only one")
  private @Nullable String name;

  @Option(
      names = "--candidates",
      required = true,
      paramLabel = "FILE",
      description = "Rows that could be measured, with the model's input columns; at most 10,000")
  private String candidates = "";

  @Option(names = "--count", paramLabel = "N", description = "How many rows to suggest (default: 5)")
  private int count = 5;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write them with all their columns, the most telling first, to a .csv or .parquet file")
  private @Nullable String out;

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      String target = TargetChoice.one(model, name);
      Data data = Tables.of(candidates);
      if (out != null) {
        Predictions.checkWritable(data, Path.of(out));
      }
      List<Suggestion> found = model.suggest(target, data, count);
      int[] rows = found.stream().mapToInt(Suggestion::row).toArray();
      if (out != null) {
        PickedRows.write(data, model.schema().missingWords(), rows, Path.of(out));
      }
      output.print(
          Json.object("model", directory, "target", target, "file", out, "suggestions", found),
          text -> {
            List<List<String>> texts = PickedRows.texts(data, model.schema().missingWords(), rows);
            Text.table(text, header(texts.get(0)), cells(found, texts));
            text.println();
            text.println(
                "Left is what the mean variance of the predictions for all rows of "
                    + data.name()
                    + " would be once these are measured, as a share of what it is now."
                    + (out == null ? "" : " Written to " + out));
          });
    }
  }

  private static List<String> header(List<String> columns) {
    List<String> header = new ArrayList<>(List.of("measure", "row", "left"));
    header.addAll(columns.subList(0, Math.min(columns.size(), SHOWN)));
    return header;
  }

  private static List<List<String>> cells(List<Suggestion> found, List<List<String>> texts) {
    List<List<String>> cells = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      List<String> values = texts.get(i + 1);
      List<String> row = new ArrayList<>(List.of(String.valueOf(i + 1)));
      row.add(Words.count(found.get(i).row() + 1L));
      row.add(Words.percent(found.get(i).varianceLeft()));
      row.addAll(values.subList(0, Math.min(values.size(), SHOWN)));
      cells.add(row);
    }
    return cells;
  }
}
