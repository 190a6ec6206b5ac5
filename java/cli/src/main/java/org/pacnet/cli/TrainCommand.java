package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.base.Json;
import org.pacnet.result.PhaseReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Train a new model on the source: the first phase alone.", ""})
final class TrainCommand implements Runnable {

  @Option(
      names = "--source",
      required = true,
      paramLabel = "FILE",
      description = "The rich data set: a CSV, Parquet or JSON file, a pattern in quotes, a query in quotes that"
              + " begins with SELECT or FROM, or a folder of images")
  private String source = "";

  @Option(
      names = "--source-epochs",
      paramLabel = "N",
      description = "Of Train, and later of Allocate (default: " + EpochOptions.SOURCE_DEFAULT + ")")
  private @Nullable Integer sourceEpochs;

  @Option(
      names = "--allocate-epochs",
      paramLabel = "N",
      description = "Of Allocate, where it is not to be as many as of Train")
  private int allocateEpochs;

  @Option(names = "--init", paramLabel = "FILE", description = TransferCommand.INIT)
  private @Nullable Path init;

  @Mixin private ColumnOptions data = new ColumnOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private WeightOptions rowWeights = new WeightOptions();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private OutOptions out = new OutOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    TransferConfig.Builder builder = data.builder(Tables.of(source), network);
    if (sourceEpochs != null) {
      EpochOptions.source(builder, sourceEpochs);
    }
    builder.prune(p -> p.allocateEpochs(allocateEpochs));
    training.apply(builder);
    rowWeights.apply(builder);
    run.apply(builder);
    TransferConfig config = builder.build();
    Path directory = Path.of(out.out);
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forNew(directory, out.overwrite);
        Model model = Model.train(Tables.of(source), init, config, display.monitor())) {
      display.finish();
      List<Path> others = Saving.save(place, model);
      PhaseReport report = model.reports().get(0);
      output.print(
          Json.object(
              "model", out.out,
              "parameters", model.parameterCount(),
              "phase", report,
              "others", Saving.names(others)),
          text -> {
            text.println("Network  " + model.describe());
            Text.metrics(
                text,
                model,
                "source error (training rows)",
                List.of("after Train"),
                Collections.singletonList(report.after()));
            Text.heldOut(text, model);
            Text.others(text, others);
            text.println("Model written to " + out.out + "; next: ./pacnet prune --model " + out.out);
          });
    }
  }
}
