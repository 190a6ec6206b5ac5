package org.pacnet.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Cnn;
import org.pacnet.config.Schedule;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.experiment.Friedman;
import org.pacnet.experiment.MadeFile;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pacnet demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "The main job on data made up for it: 10,000 rows of a source, 50 of a related target. Or"
          + " with images: 3,000 pictures of shapes, 40 of a related target.",
      ""
    })
final class DemoCommand implements Runnable {

  private static final int SEED = 1;
  private static final int SOURCE_ROWS = 10_000;
  private static final int TARGET_ROWS = 50;
  private static final int TEST_ROWS = 2_000;
  private static final int SOURCE_IMAGES = 3_000;
  private static final int TARGET_IMAGES = 40;
  private static final int TEST_IMAGES = 1_000;
  private static final int SOURCE_EPOCHS = 20;
  private static final int TARGET_EPOCHS = 100;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Directory for the data and the model (default: ${DEFAULT-VALUE}); a model there is"
              + " replaced",
      defaultValue = "pacnet-demo")
  private String out = "";

  @Mixin private Output output = new Output();

  private enum Kind {
    TABLE,
    IMAGES
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "KIND",
      description = "table (default), or images: pictures of shapes, for a convolutional network",
      defaultValue = "table")
  private Kind kind = Kind.TABLE;

  @Override
  public void run() {
    if (kind == Kind.IMAGES) {
      images(Path.of(out).resolve("images"));
    } else {
      table();
    }
  }

  private void images(Path directory) {
    Path source = directory.resolve("shapes");
    Path target = directory.resolve("corners");
    Path test = directory.resolve("corners_test");
    Path modelDirectory = directory.resolve("model");
    Shapes.writeSource(source, SOURCE_IMAGES, 1);
    Shapes.writeTarget(target, TARGET_IMAGES, 2);
    Shapes.writeTarget(test, TEST_IMAGES, 3);
    if (!output.isJson()) {
      System.out.printf(
          Locale.ROOT,
          "%,d pictures are sorted by the shape they show (%s). Now shapes with corners are to be"
              + " told%nfrom round ones, and %d pictures have been sorted so (%s).%n%,d more, which"
              + " no phase sees, show how good the result is (%s).%n%n  ./pacnet transfer --source"
              + " %s --target %s --test %s%n    --source-epochs %d --target-epochs %d%n    --lr"
              + " 0.003 --schedule constant --batch-size 64 --ratio 0.5 --augment flip,crop,color"
              + " --out %s%n",
          SOURCE_IMAGES,
          source,
          TARGET_IMAGES,
          target,
          TEST_IMAGES,
          test,
          source,
          target,
          test,
          SOURCE_EPOCHS,
          TARGET_EPOCHS,
          modelDirectory);
    }
    TransferConfig config =
        TransferConfig.builder("class")
            .objective(o -> o.task(Task.CLASSIFICATION))
            .network(new Cnn(List.of(16, 32, 64)))
            .source(f -> f.epochs(SOURCE_EPOCHS))
            .target(f -> f.epochs(TARGET_EPOCHS))
            .fits(f -> f.learningRate(0.003).schedule(Schedule.CONSTANT).batchSize(64))
            .prune(p -> p.ratio(0.5))
            .images(i -> i.augment(Augmentation.values()))
            .compute(c -> c.threads(Machine.processors()))
            .build();
    transfer(source, target, test, "corners", config, modelDirectory);
  }

  private void transfer(
      Path source, Path target, Path test, String name, TransferConfig config, Path model) {
    TransferRun.run(
        new TransferRun.Request(
            Tables.of(source.toString()),
            null,
            target.toString(),
            test.toString(),
            name,
            config,
            false,
            false,
            false,
            model,
            true,
            model.resolveSibling("report.html"),
            "./pacnet demo" + (kind == Kind.IMAGES ? " images" : "")),
        output);
  }

  private void table() {
    Path directory = Path.of(out);
    Path modelDirectory = directory.resolve("model");
    Friedman friedman = new Friedman(2);
    Path source = directory.resolve("source.csv");
    Path target = directory.resolve("target.csv");
    Path test = directory.resolve("target_test.csv");
    write(source, friedman.sourceColumns(SEED, SOURCE_ROWS));
    write(target, friedman.targetColumns(SEED, TARGET_ROWS));
    write(test, friedman.testColumns(SEED, TEST_ROWS));
    if (!output.isJson()) {
      System.out.printf(
          Locale.ROOT,
          "A simulator gave %,d rows (%s). The real process has the same inputs x1 to x10 but"
              + " other%nconstants, and %d noisy measurements are all there is (%s).%n%,d more,"
              + " which no phase sees, show how good the result is (%s).%n%n  ./pacnet transfer"
              + " --source %s --target %s --test %s --label y --out %s%n",
          SOURCE_ROWS,
          source,
          TARGET_ROWS,
          target,
          TEST_ROWS,
          test,
          source,
          target,
          test,
          modelDirectory);
    }
    TransferConfig config =
        TransferConfig.builder("y").compute(c -> c.threads(Machine.processors())).build();
    transfer(source, target, test, "target", config, modelDirectory);
    if (!output.isJson()) {
      System.out.printf(
          Locale.ROOT,
          "%nNext:  ./pacnet predict --model %s --input %s --out %s%n"
              + "       ./pacnet inspect --model %s%n",
          modelDirectory,
          test,
          directory.resolve("predicted.csv"),
          modelDirectory);
    }
  }

  private static void write(Path path, Map<String, Object> columns) {
    StringBuilder csv = new StringBuilder(String.join(",", columns.keySet())).append('\n');
    int rows = ((double[]) columns.get("y")).length;
    for (int r = 0; r < rows; r++) {
      String separator = "";
      for (Object column : columns.values()) {
        csv.append(separator).append(String.format(Locale.ROOT, "%.6f", ((double[]) column)[r]));
        separator = ",";
      }
      csv.append('\n');
    }
    MadeFile.write(path, csv.toString().getBytes(StandardCharsets.UTF_8));
  }
}
