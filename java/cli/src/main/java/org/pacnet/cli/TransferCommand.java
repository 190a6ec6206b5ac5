package org.pacnet.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet transfer}. */
@Command(
    name = "transfer",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "All phases in one go: Train on the source, Prune, Allocate on the source, Calibrate on the"
          + " target. Ends with the errors before and after each, and writes the model.",
      "",
      "Example: ./pacnet transfer --source sim.parquet --target fab2.csv --test fab2_later.csv"
          + " --label thickness --name fab2 --out model",
      ""
    })
final class TransferCommand implements Runnable {

  static final String INIT =
      "Start Train from these weights: safetensors with the names of PyTorch's module. With"
          + " --source-epochs 0 they are taken as they are";

  @Mixin private SourceOptions sources = new SourceOptions();

  @Option(
      names = "--target",
      required = true,
      paramLabel = "FILE",
      description = "The few samples of the new task, with the same columns")
  private String target = "";

  @Option(
      names = "--test",
      paramLabel = "FILE",
      description = "Labelled rows of the target for an honest error; no phase sees them")
  private @Nullable String test;

  @Option(names = "--init", paramLabel = "FILE", description = INIT)
  private @Nullable Path init;

  @Option(names = "--new-classes", description = NewClasses.DESCRIPTION)
  private boolean newClasses;

  @Mixin private ColumnOptions data = new ColumnOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private PruneOptions prune = new PruneOptions();
  @Mixin private MethodOptions method = new MethodOptions();
  @Mixin private EpochOptions epochs = new EpochOptions();
  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private CurriculumOptions curriculum = new CurriculumOptions();
  @Mixin private WeightOptions rowWeights = new WeightOptions();
  @Mixin private ExtraOption extra = new ExtraOption();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private OutOptions out = new OutOptions();
  @Mixin private ReportOption report = new ReportOption();
  @Mixin private Output output = new Output();

  @Option(
      names = "--name",
      paramLabel = "TARGET",
      description = "What to call the target in the model (default: target)")
  private String name = "target";

  @Override
  public void run() {
    Path page = report.file();
    TransferRun.run(
        new TransferRun.Request(
            sources.data(),
            init,
            target,
            test,
            name,
            config(),
            method.tune(),
            method.learningCurve(),
            method.importance(),
            Path.of(out.out),
            out.overwrite,
            page,
            report.command()),
        output);
  }

  /** What the options say. */
  TransferConfig config() {
    TransferConfig.Builder builder = data.builder(sources.data(), network).calibrate(c -> c.newClasses(newClasses));
    prune.apply(builder);
    method.apply(builder, builder.build().method());
    training.apply(builder);
    curriculum.apply(builder);
    rowWeights.apply(builder);
    extra.apply(builder);
    epochs.apply(builder);
    run.apply(builder);
    return builder.build();
  }
}
