package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.LearningCurve;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.PhaseReport;
import org.pacnet.TransferConfig;
import org.pacnet.Tuning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet calibrate}. */
@Command(
    name = "calibrate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Teach an allocated model one more target: the last phase alone. Base and other targets stay as"
          + " they are, bit for bit. Settings not given are those of the model.",
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
      required = true,
      paramLabel = "FILE",
      description = "The few samples of the new task")
  private String target = "";

  @Option(
      names = "--name",
      required = true,
      paramLabel = "TARGET",
      description = "What to call the target in the model")
  private String name = "";

  @Option(
      names = "--source",
      paramLabel = "FILE",
      description = "The rows that the model was trained on, for a method that learns from them too")
  private @Nullable String source;

  @Option(names = "--new-classes", description = NewClasses.DESCRIPTION)
  private boolean newClasses;

  @Option(names = "--overwrite", description = "Replace a target of that name.")
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
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forTarget(Path.of(directory), name, overwrite);
        Model model = place.load()) {
      TransferConfig.Builder builder = model.config().toBuilder();
      training.apply(builder);
      run.apply(builder);
      builder.newClasses(newClasses);
      method.apply(builder, model.config());
      if (lambda != null) {
        builder.lambda(lambda);
      }
      if (targetEpochs != null) {
        builder.targetEpochs(targetEpochs);
      }
      TransferConfig config = builder.build();
      Tuning tuning =
          method.tune() ? model.tune(Tables.of(target), config, display.monitor()) : null;
      TransferConfig chosen = tuning == null ? config : tuning.best().config();
      LearningCurve curve =
          method.learningCurve()
              ? model.learningCurve(Tables.of(target), chosen, display.monitor())
              : null;
      PhaseReport report =
          model.calibrate(
              name,
              Tables.of(target),
              source == null ? null : Tables.of(source),
              chosen,
              display.monitor());
      display.finish();
      Saving.save(place, model);
      output.print(
          Output.object(
              "model", directory,
              "target", name,
              "phase", report,
              "tuning", tuning == null ? null : TuneReport.json(tuning),
              "learningCurve", curve),
          text -> {
            if (curve != null) {
              TuneReport.print(text, curve);
            }
            if (tuning != null) {
              TuneReport.print(text, tuning, tuning.best());
              text.println();
              text.println(tuning.verdict());
              text.println();
            }
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
                    + name
                    + " --input FILE, with rows that Calibrate has not seen");
          });
    }
  }
}
