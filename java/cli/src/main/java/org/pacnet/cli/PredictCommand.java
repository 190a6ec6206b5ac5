package org.pacnet.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.Predictions;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Words;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet predict}. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Predict rows of a file: its columns are kept, predictions are added. A regression adds"
          + " prediction_LABEL, a classification prediction and probability_CLASS.",
      ""
    })
final class PredictCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE",
      description = "Rows with the model's input columns; others are kept and not used")
  private String input = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "A .csv or .parquet file; one that is there is replaced")
  private String out = "";

  @Option(
      names = "--interval",
      paramLabel = "LEVEL",
      description =
          "Add lower_LABEL and upper_LABEL, which hold that share of the true values; for a target that was"
              + " calibrated with --intervals")
  private @Nullable Double interval;

  @Option(
      names = "--horizon",
      paramLabel = "T",
      description =
          "Of trajectories: predict so long a time after each one's first row, instead of at the times of the"
              + " file; written with trajectory, time and first state in place of the file's columns")
  private @Nullable Double horizon;

  @Option(names = "--every", paramLabel = "T", description = "With --horizon: how often (default: a hundredth of it)")
  private @Nullable Double every;

  @Mixin private CopiesOption copies = new CopiesOption();
  @Mixin private TargetChoice choice = new TargetChoice();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      String groupBy = choice.groupBy();
      String target = groupBy == null ? choice.resolve(model) : null;
      Data data = Tables.of(input);
      Predictions.checkWritable(data, Path.of(out));
      Predictions predictions =
          groupBy == null ? predict(model, target, data) : routed(model, data, groupBy);
      predictions.write(data, Path.of(out));
      Text.unseen(predictions.data());
      List<String> added = predictions.columns();
      int rows = predictions.rows();
      int dropped = predictions.dropped().cardinality();
      output.print(
          Json.object(
              "model", directory,
              "target", target,
              "file", out,
              "rows", rows,
              "dropped", dropped,
              "columns", added,
              "unseen", predictions.data().unseen()),
          text ->
              text.println(
                  Words.count(rows)
                      + " rows predicted"
                      + (dropped > 0 ? ", " + dropped + " left empty (missing values)" : "")
                      + "; added "
                      + String.join(", ", added)
                      + " in "
                      + out));
    }
  }

  private Predictions routed(Model model, Data data, String column) {
    if (horizon != null || every != null || copies.given()) {
      throw new DataException("--group-by goes with none of --horizon, --every, --augment-test");
    }
    return interval == null ? model.predictByTarget(data, column) : model.predictByTarget(data, column, interval);
  }

  private Predictions predict(Model model, @Nullable String target, Data data) {
    if (every != null && horizon == null) {
      throw new DataException("--every goes with --horizon");
    }
    if (copies.given()) {
      if (horizon != null || interval != null || target == null) {
        throw new DataException("--augment-test is of a target, and goes with neither --horizon nor --interval");
      }
      return model.predictAugmented(target, data, copies.count());
    }
    if (horizon != null) {
      if (interval != null) {
        throw new DataException("intervals are for tables, not for trajectories", "interval");
      }
      return model.predict(target, data, horizon, every != null ? every : horizon / 100);
    }
    if (interval == null) {
      return target == null ? model.predict(data) : model.predict(target, data);
    }
    if (target == null) {
      throw new DataException("intervals are a target's, not the source task's", "interval");
    }
    return model.predict(target, data, interval);
  }
}
