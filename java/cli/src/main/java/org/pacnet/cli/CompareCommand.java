package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Comparison;
import org.pacnet.report.Reports;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pacnet compare}. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compare ways to learn your target, by cross-validation on its rows: trains on the source"
          + " once, tries each method on the same folds, and says which to take and by which"
          + " command.",
      ""
    })
final class CompareCommand implements Runnable {

  @Option(
      names = "--source",
      required = true,
      paramLabel = "FILE",
      description = "The rich data set")
  private String source = "";

  @Option(
      names = "--target",
      required = true,
      paramLabel = "FILE",
      description = "The few samples of the new task, with the same columns")
  private String target = "";

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      description =
          "What to compare, each with its defaults, of ${COMPLETION-CANDIDATES} (default: what"
              + " --tune tries)")
  private List<Method> methods = List.of();

  @Option(
      names = "--tune",
      description =
          "Try four settings of each method that trains a network, the same budget for all, and"
              + " compare the best of each.")
  private boolean tune;

  @Option(names = "--init", paramLabel = "FILE", description = TransferCommand.INIT)
  private @Nullable Path init;

  @Option(names = "--new-classes", description = NewClasses.DESCRIPTION)
  private boolean newClasses;

  @Mixin private ColumnOptions data = new ColumnOptions();
  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private FoldOption folds = new FoldOption();
  @Mixin private PruneOptions prune = new PruneOptions();
  @Mixin private EpochOptions epochs = new EpochOptions();
  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private CurriculumOptions curriculum = new CurriculumOptions();
  @Mixin private WeightOptions rowWeights = new WeightOptions();
  @Mixin private ExtraOption extra = new ExtraOption();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ReportOption report = new ReportOption();
  @Mixin private Output output = new Output();

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    report.file();
    Data rows = Tables.of(source);
    TransferConfig config = config();
    try (ProgressDisplay display = new ProgressDisplay();
        Model model = Model.train(rows, init, config, display.monitor())) {
      model.prune();
      model.allocate(rows, display.monitor());
      display.finish();
      Tuning tuning =
          model.compare(
              Tables.of(target), needsSource() ? rows : null, methods, tune, config, display.monitor());
      Trial against =
          tuning.trials().stream()
              .filter(trial -> trial.config().method().kind() == Method.PAC)
              .min(Comparator.comparingDouble(trial -> trial.config().method().lambda() == null ? 0 : 1))
              .orElse(tuning.best());
      String command = Recommendation.of(spec, tuning.best().config());
      Comparison comparison = Comparison.of(model, tuning, against);
      Text.unseen(tuning.data());
      report.write(typed -> Reports.comparison(comparison, config, command, typed));
      output.print(
          Json.object(
              "tuning",
              TuneReport.json(tuning),
              "comparison",
              comparison,
              "config",
              config,
              "command",
              command),
          text -> {
            TuneReport.print(text, comparison);
            text.println();
            text.println(tuning.verdict());
            text.println("Take " + tuning.best().config().method().kind() + ":  " + command);
          });
    }
  }

  /** What the options say. */
  TransferConfig config() {
    TransferConfig.Builder builder = data.builder(Tables.of(source), network).calibrate(c -> c.newClasses(newClasses));
    folds.apply(builder);
    prune.apply(builder);
    training.apply(builder);
    curriculum.apply(builder);
    rowWeights.apply(builder);
    extra.apply(builder);
    epochs.apply(builder);
    run.apply(builder);
    return builder.build();
  }

  private boolean needsSource() {
    return methods.stream().anyMatch(method -> method.needs(Method.Need.SOURCE_ROWS));
  }
}
