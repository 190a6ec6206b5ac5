package org.pacnet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import picocli.CommandLine.Option;

/** How the source's columns are read. */
final class ColumnOptions {

  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      description =
          "Column to predict; several for a regression with several outputs: --label a --label b."
              + " Of CelebA the attribute; other images need none. Of trajectories a column of the state"
              + " (default: all but trajectory and time), of points of an equation the column of u (default: u)")
  private List<String> labels = List.of();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "regression (default for tables) or classification (images always)")
  private @Nullable Task task;

  @Option(
      names = "--categorical",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "Input columns of numbers that are codes, not quantities. Columns of text are categorical"
              + " anyway.")
  private List<String> categorical = List.of();

  @Option(
      names = "--date",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "Input columns of dates, or of dates with times (2026-03-04 12:30): they become the year, the day of the year and the"
              + " time of day.")
  private List<String> dates = List.of();

  @Option(
      names = "--ignore",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "Columns that are neither inputs nor labels, an identity say; kept in predictions.")
  private List<String> ignored = List.of();

  @Option(
      names = "--missing",
      paramLabel = "HOW",
      description =
          "What to do with missing input values: error (default), mean (of the source), drop (the"
              + " row)")
  private Missing missing = Missing.ERROR;

  @Option(
      names = "--missing-words",
      split = ",",
      paramLabel = "WORD",
      description =
          "Texts that stand for a missing value, besides the empty one; none: --missing-words ''"
              + " (default: NA,N/A,NULL,null,NaN,nan)")
  private @Nullable List<String> missingWords;

  @Option(
      names = "--no-standardize",
      description = "Take inputs and labels as they are, not scaled with the source's statistics.")
  private boolean noStandardize;

  /** For this source and network, with the network's settings. */
  TransferConfig.Builder builder(Data source, NetworkOptions network) {
    boolean images = source instanceof Data.Images;
    List<String> wanted =
        !labels.isEmpty() ? labels : images ? List.of("class") : network.usualLabels();
    if (wanted == null) {
      throw new DataException("no column to predict is named", "labels");
    }
    Task asked = task != null ? task : images ? Task.CLASSIFICATION : Task.REGRESSION;
    List<String> words = missingWords == null ? Missing.WORDS : missingWords;
    TransferConfig.Builder builder =
        TransferConfig.builder(wanted.toArray(String[]::new))
            .objective(o -> o.task(asked))
            .columns(
                c ->
                    c.categorical(categorical.toArray(String[]::new))
                        .dates(dates.toArray(String[]::new))
                        .ignored(ignored.toArray(String[]::new))
                        .missing(missing)
                        .missingWords(words.toArray(String[]::new))
                        .standardizeInputs(!noStandardize)
                        .standardizeLabels(!noStandardize));
    network.apply(builder, source);
    return builder;
  }
}
