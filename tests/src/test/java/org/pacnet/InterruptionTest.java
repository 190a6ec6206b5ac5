package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.DirectoryLock;
import org.pacnet.result.Monitor;

/** Killed, interrupted, or two at once: a model is always whole, and nothing is left lying about. */
class InterruptionTest {

  // mvn verify -Dpacnet.kills=200 for a thorough run
  private static final int KILLS = Integer.getInteger("pacnet.kills", 12);
  // How many kills may be needed until some fell where there was something to be recovered, and on both sides of the step: a
  // busy machine decides where they fall.
  private static final int MOST_KILLS = 200;

  @TempDir Path folder;

  private static List<String> tree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).map(f -> directory.relativize(f).toString()).toList();
    }
  }

  private void saveTransfer(Path place, long seed) {
    TransferConfig config = Samples.quick().hidden(64, 64).seed(seed).build();
    try (Model model =
        Model.transfer(
            Samples.columns(50, 0, 1), "t", Samples.columns(10, 1, 2), config, new Monitor())) {
      model.save(place, false);
    }
  }

  private static double[] predictions(Model model) {
    return model.predict("t", Samples.columns(20, 0, 3)).numbers("prediction_y");
  }

  @Test
  @Timeout(900)
  void killedAtAnyMomentOfSavingItLeavesOneWholeModelAndNothingElse() throws Exception {
    Path a = folder.resolve("a");
    Path b = folder.resolve("b");
    saveTransfer(a, 1);
    saveTransfer(b, 2);
    ExecutorService pool = Executors.newFixedThreadPool(2);
    List<Future<int[]>> workers = new ArrayList<>();
    for (int worker = 0; worker < 2; worker++) {
      Path own = Files.createDirectory(folder.resolve("worker" + worker));
      long seed = worker;
      workers.add(pool.submit(() -> killRepeatedly(a, b, own, seed)));
    }
    int[] left = {0, 0};
    for (Future<int[]> worker : workers) {
      left[0] += worker.get()[0];
      left[1] += worker.get()[1];
    }
    pool.shutdown();
    assertTrue(left[0] > 0 && left[1] > 0, left[0] + " " + left[1]);
  }

  // Counts how often there was something to clean up, and how often it was model b.
  private static int[] killRepeatedly(Path a, Path b, Path own, long seed) throws Exception {
    Random random = new Random(seed);
    double[] expectedA;
    double[] expectedB;
    try (Model modelA = Model.load(a);
        Model modelB = Model.load(b)) {
      expectedA = predictions(modelA);
      expectedB = predictions(modelB);
    }
    Path place = own.resolve("model");
    int[] left = {0, 0};
    for (int kill = 0;
        kill < KILLS / 2 || (kill < MOST_KILLS / 2 && (left[0] == 0 || left[1] == 0));
        kill++) {
      Process process = Cli.start(own, SaveLoop.class, a, b, place);
      while (Files.size(own.resolve("stdout")) == 0) {
        assertTrue(process.isAlive(), Files.readString(own.resolve("stderr")));
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(100), random.nextInt(1_000_000));
      process.destroyForcibly().waitFor();
      left[0] += tree(place).size() > 7 ? 1 : 0;
      try (Model model = Model.load(place)) {
        assertEquals(List.of("t"), List.copyOf(model.targets().keySet()));
        double[] found = predictions(model);
        if (found[0] == expectedB[0]) {
          assertArrayEquals(expectedB, found);
          left[1]++;
        } else {
          assertArrayEquals(expectedA, found);
        }
      }
      Pattern whole = Pattern.compile("(model\\.json|(source|linear|rows|mask|base)-[0-9a-f]{16}\\.safetensors|"
          + "targets-[0-9a-f]{16}/t/(target\\.json|pruned-[0-9a-f]{16}\\.safetensors))");
      List<String> after = tree(place);
      assertEquals(8, after.size(), after.toString());
      assertTrue(after.stream().allMatch(f -> whole.matcher(f).matches()), after.toString());
    }
    return left;
  }

  private Path source() {
    return Samples.csv(folder.resolve("source.csv"), 60, 0, 1);
  }

  private Process trainForever(Path out) throws IOException, InterruptedException {
    Process process =
        Cli.start(folder, "train", "--source", source(), "--label", "y", "--hidden", "8",
            "--source-epochs", 1_000_000_000, "--out", out);
    while (!isLocked(out.resolve(DirectoryLock.FILE))) {
      assertTrue(process.isAlive(), Files.readString(folder.resolve("stderr")));
      Thread.sleep(5);
    }
    return process;
  }

  // The file is there a moment before the lock on it is: only the system knows.
  private static boolean isLocked(Path file) throws IOException {
    return Files.exists(file)
        && Files.readString(Path.of("/proc/locks"))
            .contains(":" + Files.getAttribute(file, "unix:ino") + " ");
  }

  @Test
  @Timeout(60)
  void theSecondWriterIsToldAndTheDeadAreForgotten() throws Exception {
    Path out = folder.resolve("model");
    Process first = trainForever(out);
    try {
      Cli second =
          Cli.run("train", "--source", source(), "--label", "y", "--source-epochs", 1, "--out", out);
      assertEquals(2, second.exitCode(), second.toString());
      assertTrue(second.err().contains("being changed by another pacnet"), second.err());
      assertTrue(first.isAlive());
    } finally {
      first.destroyForcibly().waitFor();
    }
    Cli.ok("train", "--source", source(), "--label", "y", "--source-epochs", 1, "--out", out);
    assertEquals(4, tree(out).size(), tree(out).toString());
  }

  @Test
  @Timeout(60)
  void controlCEndsACommandWithCode130OneLineAndNothingLeft() throws Exception {
    Path out = folder.resolve("deep/model");
    Process process = trainForever(out);
    try {
      Thread.sleep(500);
      new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
      assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(130, process.exitValue());
    String err = Files.readString(folder.resolve("stderr"));
    assertEquals(1, err.lines().count(), err);
    assertTrue(err.contains("cancelled"), err);
    assertFalse(Files.exists(folder.resolve("deep")));
  }

  @Test
  @SuppressWarnings("try") // closing early, and twice, is what is tried
  void differentTargetsAtOnceBothLandAndTheSameOneIsRefused() {
    Path place = folder.resolve("model");
    saveTransfer(place, 1);
    try (ModelPlace u = ModelPlace.forTarget(place, "u", false);
        ModelPlace v = ModelPlace.forTarget(place, "v", false);
        Model one = u.load();
        Model two = v.load()) {
      assertThrows(DataException.class, () -> ModelPlace.forTarget(place, "u", true).close());
      assertThrows(DataException.class, () -> ModelPlace.forChange(place).close());
      assertThrows(DataException.class, () -> ModelPlace.forNew(place, true).close());
      one.calibrate("u", Samples.columns(10, 1, 5), new Monitor());
      two.calibrate("v", Samples.columns(10, 2, 5), new Monitor());
      u.save(one);
      v.save(two);
      u.close();
      u.close();
      assertThrows(DataException.class, () -> ModelPlace.forChange(place).close());
    }
    ModelPlace.forChange(place).close();
    try (Model model = Model.load(place)) {
      assertEquals(List.of("t", "u", "v"), List.copyOf(model.targets().keySet()));
    }
    assertFalse(Files.exists(place.resolve(DirectoryLock.FILE)));
  }

  @Test
  @Timeout(120)
  void twoProcessesThatCalibrateDifferentTargetsBothLand() throws Exception {
    Path model = folder.resolve("model");
    Path target = Samples.csv(folder.resolve("target.csv"), 20, 1, 2);
    Cli.ok("transfer", "--source", source(), "--target", target, "--label", "y", "--hidden", "8",
        "--source-epochs", 1, "--target-epochs", 1, "--out", model);
    List<Process> processes = new ArrayList<>();
    for (String name : List.of("u", "v", "w")) {
      Path own = Files.createDirectory(folder.resolve(name));
      processes.add(
          Cli.start(own, "calibrate", "--model", model, "--target", target, "--name", name,
              "--target-epochs", 2000));
    }
    for (Process process : processes) {
      assertEquals(0, process.waitFor());
    }
    try (Model loaded = Model.load(model)) {
      assertEquals(List.of("target", "u", "v", "w"), List.copyOf(loaded.targets().keySet()));
    }
  }

  @Test
  @Timeout(60)
  void anInterruptedThreadEndsAPhaseAndAReading() throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    Data rows = Samples.columns(50, 0, 1);
    Thread training =
        new Thread(
            () -> {
              try {
                TransferConfig config = Samples.quick().source(f -> f.epochs(1_000_000_000)).build();
                Model.train(rows, config, new Monitor()).close();
              } catch (CancelledException e) {
                thrown.add(e);
                assertTrue(Thread.currentThread().isInterrupted());
              }
            });
    training.start();
    Thread.sleep(300);
    training.interrupt();
    training.join();
    assertEquals(1, thrown.size());

    Path file = source();
    Thread.currentThread().interrupt();
    try {
      assertThrows(
          CancelledException.class,
          () -> Model.train(Data.files(file.toString()), Samples.quick().build(), new Monitor()));
      assertTrue(Thread.currentThread().isInterrupted());
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void aFullDiskUnderStandardOutputIsAFailure() throws Exception {
    Path model = folder.resolve("model");
    saveTransfer(model, 1);
    Process process = Cli.start(folder, new File("/dev/full"), "inspect", "--model", model);
    assertEquals(1, process.waitFor());
    String err = Files.readString(folder.resolve("stderr"));
    assertEquals(1, err.lines().count(), err);
    assertNotEquals("", err);
  }
}
