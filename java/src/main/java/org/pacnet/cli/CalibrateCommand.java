package org.pacnet.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.BatchNorm;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.PhaseReport;
import org.pacnet.TransferConfig;
import org.pacnet.method.Method;
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
      names = "--lambda",
      paramLabel = "L",
      description = "Pull of the pruned weights toward zero, L*sum(w^2)")
  private @Nullable Double lambda;

  @Option(names = "--target-epochs", paramLabel = "N", description = "Epochs")
  private @Nullable Integer targetEpochs;

  @Option(names = "--method", paramLabel = "NAME", description = EpochOptions.METHOD)
  private @Nullable Method method;

  @Option(names = "--batch-norm", paramLabel = "HOW", description = EpochOptions.BATCH_NORM)
  private @Nullable BatchNorm batchNorm;

  @Option(names = "--new-classes", description = NewClasses.DESCRIPTION)
  private boolean newClasses;

  @Option(names = "--overwrite", description = "Replace a target of that name.")
  private boolean overwrite;

  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forTarget(Path.of(directory), name, overwrite);
        Model model = place.load()) {
      TransferConfig.Builder builder = model.config().toBuilder();
      training.apply(builder);
      builder.newClasses(newClasses);
      if (method != null) {
        builder.method(method);
      }
      if (batchNorm != null) {
        builder.batchNorm(batchNorm);
      }
      if (lambda != null) {
        builder.lambda(lambda);
      }
      if (targetEpochs != null) {
        builder.targetEpochs(targetEpochs);
      }
      PhaseReport report =
          model.calibrate(name, Tables.of(target), builder.build(), display.monitor());
      display.finish();
      Saving.save(place, model);
      output.print(
          Output.object("model", directory, "target", name, "phase", report),
          text -> {
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
