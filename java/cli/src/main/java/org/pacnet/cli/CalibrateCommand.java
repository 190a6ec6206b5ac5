package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Comparison;
import org.pacnet.result.Importance;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Monitor;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.TargetOutcome;
import org.pacnet.result.Tuning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet calibrate}. */
@Command(
    name = "calibrate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Teach an allocated model one more target: the last phase alone. Base and other targets stay"
          + " as they are, bit for bit. Settings not given are those of the model.",
      ""
    })
final class CalibrateCommand implements Runnable {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "An allocated model")
  private String directory = "";

  @Option(
      names = "--target",
      paramLabel = "FILE",
      description = "The few samples of the new task")
  private @Nullable String target;

  @Option(
      names = "--name",
      paramLabel = "TARGET",
      description = "What to call the target in the model")
  private @Nullable String name;

  @Option(
      names = "--targets",
      paramLabel = "PATTERN",
      description =
          "Instead of --target and --name: many targets, one a file, each called as its file is; in"
              + " quotes, such as 'tools/*.csv'")
  private @Nullable String targets;

  @Option(
      names = "--group-by",
      paramLabel = "COLUMN",
      description =
          "Instead of --name: many targets in the table of --target, named by this column")
  private @Nullable String groupBy;

  @Option(
      names = "--fail-fast",
      description =
          "Of many targets: end with the first that can't be learnt, instead of going on with the"
              + " others.")
  private boolean failFast;

  @Option(
      names = "--source",
      paramLabel = "FILE",
      description =
          "The rows that the model was trained on, for a method that learns from them too")
  private @Nullable String source;

  @Option(
      names = "--unlabelled",
      paramLabel = "FILE",
      description = "Rows of the target without labels, on which --method teachers follows its teachers too (default: the source's rows that the model keeps)")
  private @Nullable String unlabelled;

  @Option(names = "--new-classes", description = NewClasses.DESCRIPTION)
  private boolean newClasses;

  @Option(
      names = "--overwrite",
      description =
          "Replace a target of that name. Without it many targets go on where they were broken"
              + " off.")
  private boolean overwrite;

  @Option(
      names = "--lambda",
      paramLabel = "L",
      description = "Strength of the method's own penalty (default: the model's)")
  private @Nullable Double lambda;

  @Option(names = "--target-epochs", paramLabel = "N", description = "Epochs")
  private @Nullable Integer targetEpochs;

  @Mixin private MethodOptions method = new MethodOptions();
  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private CurriculumOptions curriculum = new CurriculumOptions();
  @Mixin private WeightOptions rowWeights = new WeightOptions();
  @Mixin private ExtraOption extra = new ExtraOption();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    if (targets == null && groupBy == null) {
      one(given(target, "--target"), given(name, "--name"));
    } else {
      many();
    }
  }

  private static String given(@Nullable String value, String option) {
    if (value == null) {
      throw new DataException(
          String.format(
              Locale.ROOT, "%s is missing; for many targets take --targets or --group-by", option));
    }
    return value;
  }

  private TransferConfig config(Model model) {
    TransferConfig.Builder builder = model.config().toBuilder();
    training.applyToTarget(builder);
    curriculum.apply(builder);
    rowWeights.apply(builder);
    extra.apply(builder);
    run.apply(builder);
    builder.calibrate(c -> c.newClasses(newClasses));
    method.apply(builder, model.config().method());
    if (lambda != null) {
      builder.lambda(lambda);
    }
    if (targetEpochs != null) {
      builder.target(f -> f.epochs(targetEpochs));
    }
    return builder.build();
  }

  private void many() {
    boolean grouped = groupBy != null;
    if (name != null || (grouped ? targets : target) != null || source != null || unlabelled != null || method.learningCurve() || method.importance()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s goes with none of --name, %s, --source, --unlabelled, --learning-curve, --importance",
              grouped ? "--group-by" : "--targets",
              grouped ? "--targets" : "--target"));
    }
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forChange(Path.of(directory));
        Model model = place.load(ComputeOptions.processors())) {
      TransferConfig config = config(model);
      Map<String, Data> all =
          grouped
              ? model.groups(Tables.of(given(target, "--target")), groupBy, config, display.monitor())
              : Data.each(given(targets, "--targets"));
      display.finish();
      Runnable step = display.steps("Targets", all.size());
      long begun = System.nanoTime();
      Map<String, TargetOutcome> outcomes =
          place.calibrateAll(
              model,
              all,
              config,
              method.tune(),
              overwrite,
              outcome -> {
                PacNetException problem = outcome.problem();
                if (problem != null && failFast) {
                  throw new DataException(
                      String.format(
                          Locale.ROOT, "target %s: %s", outcome.name(), problem.getMessage()),
                      problem);
                }
                step.run();
              },
              new Monitor());
      display.finish();
      new ManyReport(directory, (System.nanoTime() - begun) / 1e9).print(output, model, outcomes);
    }
  }

  private void one(String file, String called) {
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forTarget(Path.of(directory), called, overwrite);
        Model model = place.load(ComputeOptions.processors())) {
      TransferConfig config = config(model);
      if (method.tune() && unlabelled != null) {
        throw new DataException("nothing that is tried learns from rows without labels: leave one of both out", "tune", "unlabelled");
      }
      Tuning tuning =
          method.tune() ? model.tune(Tables.of(file), config, display.monitor()) : null;
      TransferConfig chosen = tuning == null ? config : tuning.best().config();
      LearningCurve curve =
          method.learningCurve()
              ? model.learningCurve(Tables.of(file), chosen, display.monitor())
              : null;
      Importance importance =
          method.importance()
              ? model.importance(Tables.of(file), source == null ? null : Tables.of(source), chosen, display.monitor())
              : null;
      Data rows = Tables.of(file);
      Data sourceRows = source == null ? null : Tables.of(source);
      PhaseReport report =
          tuning == null
              ? model.calibrate(called, rows, sourceRows, unlabelled == null ? null : Tables.of(unlabelled), config, display.monitor())
              : model.calibrate(called, rows, sourceRows, tuning, display.monitor());
      display.finish();
      Saving.save(place, model);
      Text.unseen(report.data());
      output.print(
          Json.object(
              "model", directory,
              "target", called,
              "method", model.config(called).method().kind().toString(),
              "phase", report,
              "tuning", tuning == null ? null : TuneReport.json(tuning),
              "learningCurve", curve,
              "importance", importance),
          text -> {
            if (curve != null) {
              TuneReport.print(text, curve);
            }
            if (importance != null) {
              TuneReport.print(text, importance);
            }
            if (tuning != null) {
              TuneReport.print(text, Comparison.of(model, tuning, tuning.best()));
              text.println();
              text.println(tuning.verdict());
              text.println();
            }
            text.println("Method   " + model.config(called).method().kind());
            Text.relatives(text, report);
            Text.metrics(
                text,
                model,
                "target error (training rows)",
                List.of("before Calibrate", "after Calibrate"),
                Arrays.asList(report.before(), report.after()));
            text.println(
                "Next: ./pacnet evaluate --model "
                    + directory
                    + " --name "
                    + called
                    + " --input FILE, with rows that Calibrate has not seen");
          });
    }
  }
}
