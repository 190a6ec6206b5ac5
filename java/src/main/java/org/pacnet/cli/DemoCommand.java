package org.pacnet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.pacnet.TransferConfig;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Friedman;
import org.pacnet.io.AtomicWrite;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "The main job on data made up for it: 10,000 rows of a source, 50 of a related target.",
      ""
    })
final class DemoCommand implements Runnable {

  private static final int SOURCE_ROWS = 10_000;
  private static final int TARGET_ROWS = 50;
  private static final int TEST_ROWS = 2_000;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Directory for the data and the model (default: ${DEFAULT-VALUE}); a model there is replaced",
      defaultValue = "pacnet-demo")
  private String out = "";

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    Path directory = Path.of(out);
    Path modelDirectory = directory.resolve("model");
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    Path source = directory.resolve("source.csv");
    Path target = directory.resolve("target.csv");
    Path test = directory.resolve("target_test.csv");
    write(source, Friedman.source(2, random).sample(SOURCE_ROWS, true, random));
    write(target, Friedman.target().sample(TARGET_ROWS, true, random));
    write(test, Friedman.target().sample(TEST_ROWS, false, random));
    if (!output.isJson()) {
      System.out.printf(
          Locale.ROOT,
          "A simulator gave %,d rows (%s). The real process has the same inputs x1 to x10 but other%n"
              + "constants, and %d noisy measurements are all there is (%s).%n"
              + "%,d more, which no phase sees, show how good the result is (%s).%n%n"
              + "  ./pacnet transfer --source %s --target %s --test %s --label y --out %s%n",
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
        TransferConfig.builder("y").threads(Runtime.getRuntime().availableProcessors()).build();
    TransferRun.run(
        new TransferRun.Request(
            source.toString(),
            target.toString(),
            test.toString(),
            "target",
            config,
            modelDirectory,
            true),
        output);
    if (!output.isJson()) {
      System.out.printf(
          "%nNext:  ./pacnet predict --model %s --input %s --out %s%n"
              + "       ./pacnet inspect --model %s%n",
          modelDirectory,
          test,
          directory.resolve("predicted.csv"),
          modelDirectory);
    }
  }

  private static void write(Path path, Friedman.Sample sample) {
    StringBuilder csv = new StringBuilder("x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,y\n");
    for (int r = 0; r < sample.y().length; r++) {
      for (double x : sample.x()[r]) {
        csv.append(String.format(Locale.ROOT, "%.6f,", x));
      }
      csv.append(String.format(Locale.ROOT, "%.6f\n", sample.y()[r]));
    }
    // The same text every time: anything else of that name is the user's.
    try {
      if (Files.exists(path)) {
        if (Files.size(path) != csv.length() || !Files.readString(path).contentEquals(csv)) {
          throw new DataException(
              path + " is there already and is not the demo's: name another --out");
        }
        return;
      }
    } catch (IOException e) {
      throw new DataException(path + " can't be read: " + AtomicWrite.reason(e), e);
    }
    AtomicWrite.file(path, temporary -> Files.writeString(temporary, csv));
  }
}
