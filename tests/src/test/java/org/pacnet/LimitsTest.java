package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Shapes;
import org.pacnet.result.Monitor;

/** What would wait for ever, or fill the memory, is refused in a line at once. */
class LimitsTest {

  @TempDir Path folder;

  private static String refused(Runnable action) {
    return assertThrows(DataException.class, action::run).getMessage();
  }

  @Test
  void aLabelOfManyValuesIsNoClass() {
    double[] x = IntStream.range(0, 3000).mapToDouble(r -> r % 7).toArray();
    double[] y = IntStream.range(0, 3000).mapToDouble(r -> r % 1001 + 0.5).toArray();
    TransferConfig config = TransferConfig.builder("y").objective(o -> o.task(Task.CLASSIFICATION)).source(f -> f.epochs(1)).build();
    Data many = Data.columns(Map.of("x", x, "y", y));
    String message = refused(() -> Model.train(many, config, new Monitor()).close());
    assertTrue(message.contains("1001 different values, such as 0.5, 1.5, 2.5: more than the 1000 classes"), message);
  }

  @Test
  void aCategoryOfManyValuesIsRefusedAlsoIfDeclared() {
    double[] id = IntStream.range(0, 6000).mapToDouble(r -> r).toArray();
    double[] y = IntStream.range(0, 6000).mapToDouble(r -> r % 3).toArray();
    TransferConfig config = TransferConfig.builder("y").columns(c -> c.categorical("id")).source(f -> f.epochs(1)).build();
    String message = refused(() -> Model.train(Data.columns(Map.of("id", id, "y", y)), config, new Monitor()).close());
    assertTrue(message.contains("column id: 6000 different values"), message);
  }

  private static void pipe(Path at) throws IOException, InterruptedException {
    assertEquals(0, new ProcessBuilder("mkfifo", at.toString()).start().waitFor());
  }

  @Test
  @Timeout(60)
  void pipesAndDevicesAreNotReadFrom() throws IOException, InterruptedException {
    Path images = folder.resolve("images");
    Shapes.writeSource(images, 20, 1);
    Path of;
    try (Stream<Path> classes = Files.list(images)) {
      of = classes.sorted().findFirst().orElseThrow();
    }
    Object[] train = {"train", "--source", images, "--network", "cnn", "--widths", "4", "--source-epochs", "1", "--out", folder.resolve("m")};
    pipe(of.resolve("x.png"));
    Cli.refused("x.png is no regular file", train);
    Files.delete(of.resolve("x.png"));
    Files.createSymbolicLink(of.resolve("zero.png"), Path.of("/dev/zero"));
    Cli.refused("zero.png is no regular file", train);
    Files.delete(of.resolve("zero.png"));

    Path pipe = folder.resolve("pipe.json");
    pipe(pipe);
    Cli kept = Cli.run("report", "--results", pipe, "--out", folder.resolve("page.html"));
    assertTrue(kept.exitCode() == 2 && kept.err().contains("no regular file"), kept.toString());
    Path model = Files.createDirectory(folder.resolve("model"));
    pipe(model.resolve("model.json"));
    Cli opened = Cli.run("inspect", "--model", model);
    assertTrue(opened.exitCode() == 2 && opened.err().lines().count() == 1, opened.toString());
  }

  @Test
  @Timeout(60)
  void aGapOfAMillionIntervalsIsNotPredictedOver() throws IOException {
    List<String> lines = new ArrayList<>(List.of("run,t,s"));
    for (int r = 0; r < 40; r++) {
      lines.add(String.format(Locale.ROOT, "%d,%.1f,%.3f", r / 10, 0.1 * (r % 10), Math.sin(r)));
    }
    Path source = Files.write(folder.resolve("runs.csv"), lines);
    Path gap = Files.write(folder.resolve("gap.csv"), List.of("run,t,s", "a,0,1", "a,0.1,1", "a,1e6,1"));
    Path model = folder.resolve("ode");
    Cli.ok("train", "--source", source, "--network", "ode", "--trajectory", "run", "--time", "t", "--hidden", "4", "--source-epochs", "1", "--out", model);
    Cli.refused("takes more than 100000 steps", "evaluate", "--model", model, "--source-task", "--input", gap);
  }

  @Test
  void withMeansARowWithoutALabelIsLeftOutAndCounted() throws IOException {
    List<String> lines = new ArrayList<>(List.of("x,c,y"));
    for (int r = 0; r < 30; r++) {
      lines.add((r == 3 ? "" : r) + (r == 5 ? ",," : ",k,") + (r == 5 || r == 7 ? "" : r % 4));
    }
    Data data = Data.files(Files.write(folder.resolve("gaps.csv"), lines).toString());
    for (Task task : Task.values()) {
      TransferConfig config = TransferConfig.builder("y").objective(o -> o.task(task)).columns(c -> c.missing(Missing.MEAN)).hidden(4).source(f -> f.epochs(1)).build();
      try (Model model = Model.train(data, config, new Monitor())) {
        assertEquals(28, model.reports().get(0).data().rows());
        assertEquals(2, model.reports().get(0).data().dropped());
        assertEquals(28, model.evaluateRows(null, data).rows());
      }
    }
  }
}
