package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Loss;
import org.pacnet.config.Method;
import org.pacnet.config.Optimizer;
import org.pacnet.config.PruningScope;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.DivergedException;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.LayerReport;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Progress;

/** The facade, as a Java program uses it. */
class ModelTest {

  private static final Data SOURCE = Samples.columns(200, 0, 1);
  private static final Data TARGET = Samples.columns(20, 0.7, 2);

  @TempDir Path folder;

  private static Model allocated(TransferConfig config) {
    Model model = Model.train(SOURCE, config, new Monitor());
    model.prune();
    model.allocate(SOURCE, new Monitor());
    return model;
  }

  private byte[] exported(Model model, String target) throws IOException {
    Path file = folder.resolve("export.safetensors");
    model.export(target, file);
    return Files.readAllBytes(file);
  }

  private byte[] exported(Model model, Model.Weights side) throws IOException {
    Path file = folder.resolve("export.safetensors");
    model.export(side, file);
    return Files.readAllBytes(file);
  }

  @Test
  void whoWatchesHearsOfEveryPhaseThatEnded() {
    List<PhaseReport> told = new ArrayList<>();
    List<String> logged = new ArrayList<>();
    Logger logger = Logger.getLogger("org.pacnet");
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.setLevel(java.util.logging.Level.FINE);
    logger.addHandler(handler);
    Monitor monitor = new Monitor(epoch -> {}, rows -> {}, told::add);
    try (Model model =
        Model.transfer(Samples.columns(50, 0, 1), "t", Samples.columns(10, 1, 2), Samples.quick().build(), monitor)) {
      assertEquals(List.of(Phase.values()), told.stream().map(PhaseReport::phase).toList());
      assertEquals(50, told.get(0).data().rows());
      assertEquals(10, told.get(3).data().rows());
      Map<String, Data> more = Map.of("u", Samples.columns(12, 1, 3), "v", Samples.columns(13, 1, 4));
      model.calibrateAll(more, model.config(), false, outcome -> {}, monitor);
      assertEquals(6, told.size());
      assertEquals(25, told.get(4).data().rows() + told.get(5).data().rows());
      for (Phase phase : Phase.values()) {
        assertTrue(logged.stream().anyMatch(line -> line.startsWith(phase + " ended: ")), logged.toString());
      }
    } finally {
      logger.removeHandler(handler);
      logger.setLevel(null);
    }
  }

  @Test
  void phasesOneByOneThroughFilesGiveTheBitsOfATransfer() throws IOException {
    TransferConfig config = Samples.quick().dropout(0.1).build();
    byte[] whole;
    try (Model model = Model.transfer(SOURCE, "t", TARGET, config, new Monitor())) {
      whole = exported(model, "t");
    }
    Path directory = folder.resolve("model");
    try (Model model = Model.train(SOURCE, config, new Monitor())) {
      model.save(directory, false);
    }
    try (Model model = Model.load(directory)) {
      model.prune();
      model.save(directory, true);
    }
    try (Model model = Model.load(directory)) {
      model.allocate(SOURCE, new Monitor());
      model.save(directory, true);
    }
    try (Model model = Model.load(directory)) {
      model.calibrate("t", TARGET, new Monitor());
      model.saveTarget(directory, "t", false);
    }
    try (Model model = Model.load(directory)) {
      assertArrayEquals(whole, exported(model, "t"));
    }
  }

  @Test
  void sameSeedSameBitsAndAnotherSeedOthers() throws IOException {
    List<byte[]> results = new ArrayList<>();
    for (long seed : new long[] {1, 1, 2}) {
      TransferConfig config = Samples.quick().seed(seed).build();
      try (Model model = Model.transfer(SOURCE, "t", TARGET, config, new Monitor())) {
        results.add(exported(model, "t"));
      }
    }
    assertArrayEquals(results.get(0), results.get(1));
    assertFalse(Arrays.equals(results.get(0), results.get(2)));
  }

  @Test
  void targetsLeaveTheBaseAsItWas() throws IOException {
    try (Model model = allocated(Samples.quick().build())) {
      final byte[] base = exported(model, Model.Weights.BASE);
      final double[] predicted = model.predict(SOURCE).numbers("prediction_y");
      Path directory = folder.resolve("model");
      model.save(directory, false);
      final byte[] baseFile = Files.readAllBytes(Samples.file(directory, "base"));
      for (String name : List.of("one", "two")) {
        model.calibrate(name, Samples.columns(15, 1.5, name.hashCode()), new Monitor());
        model.saveTarget(directory, name, false);
      }
      assertArrayEquals(base, exported(model, Model.Weights.BASE));
      assertArrayEquals(predicted, model.predict(SOURCE).numbers("prediction_y"));
      assertArrayEquals(baseFile, Files.readAllBytes(Samples.file(directory, "base")));
      assertFalse(Arrays.equals(exported(model, "one"), exported(model, "two")));
      try (Model loaded = Model.load(directory)) {
        assertEquals(List.of("one", "two"), List.copyOf(loaded.targets().keySet()));
        assertArrayEquals(exported(model, "two"), exported(loaded, "two"));
        assertArrayEquals(predicted, loaded.predict(SOURCE).numbers("prediction_y"));
      }
    }
  }

  @Test
  void zeroingThePrunedPositionsOfATargetGivesTheBaseBitForBit() throws IOException {
    TransferConfig config = Samples.quick().build();
    try (Model model = Model.transfer(SOURCE, "t", TARGET, config, new Monitor())) {
      model.save(folder.resolve("m"), false);
      var mask =
          SafeTensors.decode(Files.readAllBytes(Samples.file(folder.resolve("m"), "mask")), "mask");
      var base = SafeTensors.decode(exported(model, Model.Weights.BASE), "base").tensors();
      var target = SafeTensors.decode(exported(model, "t"), "target").tensors();
      int moved = 0;
      for (String name : base.keySet()) {
        float[] b = floats(base.get(name));
        float[] t = floats(target.get(name));
        SafeTensors.Entry bits = mask.tensors().get("layers." + name);
        for (int i = 0; i < b.length; i++) {
          boolean kept = bits == null || (bits.data().get(i >> 3) >> (i & 7) & 1) == 1;
          if (kept) {
            assertEquals(Float.floatToRawIntBits(b[i]), Float.floatToRawIntBits(t[i]), name);
          } else {
            assertEquals(0, Float.floatToRawIntBits(b[i]), name);
            moved += t[i] != 0 ? 1 : 0;
          }
        }
      }
      assertTrue(moved > 50, "moved " + moved);
    }
  }

  private static float[] floats(SafeTensors.Entry entry) {
    float[] values = new float[entry.size()];
    entry.copyTo(values, 0);
    return values;
  }

  @Test
  void keepsExactlyTheRatioGloballyPerLayerAndWithExclusions() {
    try (Model model = Model.train(SOURCE, Samples.quick().build(), new Monitor())) {
      // 2-16-16-1: 32 + 256 + 16 weights
      model.prune(0.8, PruningScope.GLOBAL);
      assertEquals(61, model.layers().stream().mapToLong(LayerReport::kept).sum());
      model.prune(0.75, PruningScope.PER_LAYER);
      assertEquals(List.of(8L, 64L, 4L), model.layers().stream().map(LayerReport::kept).toList());
      model.prune(0.8, PruningScope.GLOBAL, "layers.0.*");
      assertEquals(32, model.layers().get(0).kept());
      assertTrue(model.layers().get(0).excluded());
      assertEquals(54, model.layers().get(1).kept() + model.layers().get(2).kept());
      assertThrows(
          DataException.class, () -> model.prune(0.8, PruningScope.GLOBAL, "nothing.like.this"));
    }
  }

  @Test
  void excludedWeightsAreFrozenInCalibrate() throws IOException {
    TransferConfig config = Samples.quick().prune(p -> p.excluded("layers.0.weight")).build();
    try (Model model = Model.transfer(SOURCE, "t", TARGET, config, new Monitor())) {
      var base = SafeTensors.decode(exported(model, Model.Weights.BASE), "base").tensors();
      var target = SafeTensors.decode(exported(model, "t"), "target").tensors();
      assertEquals(base.get("0.weight").data(), target.get("0.weight").data());
      assertNotEquals(base.get("2.weight").data(), target.get("2.weight").data());
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertEquals(model.layers(), loaded.layers());
      }
    }
  }

  @Test
  void learnsTheTarget() {
    TransferConfig config =
        Samples.quick().hidden(32, 32).source(f -> f.epochs(60)).target(f -> f.epochs(300)).fits(f -> f.batchSize(32)).build();
    try (Model model = Model.transfer(SOURCE, "t", TARGET, config, new Monitor())) {
      Data fresh = Samples.columns(200, 0.7, 99);
      double before = model.evaluate(fresh).error();
      double after = model.evaluate("t", fresh).error();
      assertTrue(after < 0.7 * before, before + " to " + after);
      Metrics.LabelError error = model.evaluate("t", fresh).labels().get(0);
      assertTrue(error.mae() <= error.rmse() && error.r2() != null && error.r2() < 1);
    }
  }

  @Test
  void cancelLeavesTheModelAsItWas() throws IOException {
    try (Model model = allocated(Samples.quick().build())) {
      byte[] base = exported(model, Model.Weights.BASE);
      List<Progress> seen = new ArrayList<>();
      Monitor[] holder = new Monitor[1];
      Monitor monitor =
          new Monitor(
              progress -> {
                seen.add(progress);
                if (progress.epoch() == 2) {
                  holder[0].cancel();
                }
              });
      holder[0] = monitor;
      assertThrows(CancelledException.class, () -> model.calibrate("t", TARGET, monitor));
      assertEquals(2, seen.size());
      assertEquals(Phase.CALIBRATE, seen.get(0).phase());
      assertTrue(Double.isNaN(seen.get(0).validationLoss()) && seen.get(0).trainLoss() > 0);
      assertTrue(model.targets().isEmpty());
      assertArrayEquals(base, exported(model, Model.Weights.BASE));
      model.calibrate("t", TARGET, new Monitor());
    }
  }

  @Test
  void aStackSaysHowFarItIsAndCanBeCancelled() {
    try (Model model = allocated(Samples.quick().method(Method.STACK).build())) {
      List<Progress> seen = new ArrayList<>();
      model.calibrate("t", TARGET, new Monitor(seen::add));
      assertEquals(IntStream.rangeClosed(1, seen.size()).boxed().toList(), seen.stream().map(p -> (int) p.epoch()).toList());
      assertTrue(seen.stream().allMatch(p -> p.phase() == Phase.CALIBRATE && p.epochs() == seen.size()), seen.toString());
      Monitor[] holder = new Monitor[1];
      holder[0] =
          new Monitor(
              progress -> {
                assertTrue(progress.epoch() <= 3);
                if (progress.epoch() == 3) {
                  holder[0].cancel();
                }
              });
      assertThrows(CancelledException.class, () -> model.calibrate("other", TARGET, holder[0]));
      assertEquals(Set.of("t"), model.targets().keySet());
    }
  }

  @Test
  void anotherThreadCanCancel() throws InterruptedException {
    TransferConfig config = Samples.quick().source(f -> f.epochs(1_000_000)).build();
    Monitor monitor = new Monitor();
    Thread canceller =
        new Thread(
            () -> {
              try {
                Thread.sleep(200);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              monitor.cancel();
            });
    canceller.start();
    assertThrows(CancelledException.class, () -> Model.train(SOURCE, config, monitor).close());
    canceller.join();
  }

  @Test
  void whatAListenerThrowsArrivesAsItWas() {
    IllegalStateException mine = new IllegalStateException("mine");
    Monitor monitor =
        new Monitor(
            progress -> {
              throw mine;
            });
    try (Model model = allocated(Samples.quick().build())) {
      Exception arrived =
          assertThrows(
              IllegalStateException.class, () -> model.calibrate("t", TARGET, monitor));
      assertSame(mine, arrived);
      assertTrue(model.targets().isEmpty());
    }
  }

  @Test
  void closedTwiceIsHarmlessAndUseAfterCloseThrows() {
    Model model = allocated(Samples.quick().build());
    model.close();
    model.close();
    assertThrows(IllegalStateException.class, () -> model.predict(SOURCE));
    assertThrows(
        IllegalStateException.class, () -> model.calibrate("t", TARGET, new Monitor()));
  }

  @Test
  void stopsEarlyOnValidationRows() {
    TransferConfig config =
        Samples.quick()
            .source(f -> f.epochs(1000))
            .fits(f -> f.learningRate(0.01).validationShare(0.2).patience(5))
            .build();
    try (Model model = Model.train(SOURCE, config, new Monitor())) {
      PhaseReport report = model.reports().get(0);
      assertTrue(report.epochsRun() < 1000);
      assertEquals(report.epochsRun(), report.bestEpoch() + 5);
      assertEquals(report.epochsRun(), report.validationLosses().size());
      assertEquals(report.epochsRun(), report.trainLosses().size());
    }
  }

  @Test
  void divergenceHasItsOwnException() {
    TransferConfig config =
        Samples.quick().fits(f -> f.optimizer(Optimizer.SGD).learningRate(1e20)).build();
    assertThrows(
        DivergedException.class, () -> Model.train(SOURCE, config, new Monitor()).close());
  }

  @Test
  void predictsSeveralLabels() {
    Path source = Samples.csv(folder.resolve("s.csv"), 200, 0, 1);
    TransferConfig config =
        Samples.quick().columns(c -> c.labels(List.of("y", "b"))).objective(o -> o.loss(Loss.HUBER)).build();
    // grade is an input here, as text; fine
    try (Model model = Model.train(Data.files(source.toString()), config, new Monitor())) {
      Metrics metrics = model.evaluate(Data.files(source.toString()));
      assertEquals(
          List.of("y", "b"), metrics.labels().stream().map(Metrics.LabelError::label).toList());
      assertEquals(
          List.of("prediction_y", "prediction_b"),
          model.predict(Data.files(source.toString())).columns());
    }
  }

  @Test
  void classifiesAndGivesATargetWithOtherClassesAHeadOfItsOwn() throws IOException {
    Path source = Samples.csv(folder.resolve("s.csv"), 400, 0, 1);
    Path target = Samples.csv(folder.resolve("t.csv"), 40, 0.5, 2, "scrap", "rework", "ship");
    TransferConfig config =
        Samples.quick()
            .columns(c -> c.labels(List.of("grade")))
            .objective(o -> o.task(Task.CLASSIFICATION))
            .source(f -> f.epochs(40))
            .target(f -> f.epochs(200))
            .fits(f -> f.learningRate(0.01))
            .build();
    Data sourceData = Data.files(source.toString());
    Data targetData = Data.files(target.toString());
    // y would give the grade away
    Files.writeString(source, Files.readString(source).replaceAll("(?m)^(([^,]*,){3})[^,]*,", "$1"));
    Files.writeString(target, Files.readString(target).replaceAll("(?m)^(([^,]*,){3})[^,]*,", "$1"));
    try (Model model = Model.transfer(sourceData, "t", targetData, config, new Monitor())) {
      assertTrue(model.hasOwnClasses("t"));
      assertNull(model.targets().get("t").before());
      Metrics metrics = model.evaluate("t", targetData);
      assertTrue(metrics.accuracy() != null && metrics.accuracy() > 0.8, metrics.toString());
      assertTrue(model.evaluate(sourceData).error() < 0.3);
      Predictions predictions = model.predict("t", targetData);
      assertEquals(
          List.of("prediction", "probability_rework", "probability_scrap", "probability_ship"),
          predictions.columns());
      for (int r = 0; r < predictions.rows(); r++) {
        double sum = 0;
        for (String column : predictions.columns().subList(1, 4)) {
          sum += predictions.numbers(column)[r];
        }
        assertEquals(1, sum, 1e-12);
      }
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertArrayEquals(predictions.classes(), loaded.predict("t", targetData).classes());
        assertArrayEquals(exported(model, "t"), exported(loaded, "t"));
      }
    }
  }

  @Test
  void phasesOutOfOrderSayWhatIsMissing() {
    try (Model model = Model.train(SOURCE, Samples.quick().build(), new Monitor())) {
      assertThrows(DataException.class, () -> model.allocate(SOURCE, new Monitor()));
      assertThrows(DataException.class, () -> model.calibrate("t", TARGET, new Monitor()));
      model.prune();
      assertThrows(DataException.class, () -> model.calibrate("t", TARGET, new Monitor()));
      assertThrows(DataException.class, () -> model.predict("t", TARGET));
    }
  }

  @Test
  @SuppressWarnings("try") // a close in the middle is what is tried
  void aListenerMayAskButNeitherStartAPhaseNorSaveTheRunningOneFromClose() throws IOException {
    try (Model model = allocated(Samples.quick().build())) {
      model.calibrate("t", TARGET, new Monitor());
      final double[] before = model.predict("t", TARGET).numbers("prediction_y");
      List<Object> seen = new ArrayList<>();
      Monitor asking =
          new Monitor(
              progress -> {
                seen.add(model.predict("t", TARGET).numbers("prediction_y"));
                seen.add(model.evaluate(SOURCE).error());
                assertThrows(IllegalStateException.class, () -> model.prune());
                assertThrows(
                    IllegalStateException.class,
                    () -> model.calibrate("u", TARGET, new Monitor()));
              });
      model.calibrate("t", Samples.columns(20, 1.5, 7), asking);
      assertEquals(10, seen.size());
      assertArrayEquals(before, (double[]) seen.get(8));
      double[] after = model.predict("t", TARGET).numbers("prediction_y");
      assertFalse(Arrays.equals(before, after));

      // The same training without the questions gives the same bits.
      final byte[] asked = exported(model, "t");
      model.calibrate("t", Samples.columns(20, 1.5, 7), new Monitor());
      assertArrayEquals(asked, exported(model, "t"));

      Monitor closing = new Monitor(progress -> model.close());
      assertThrows(
          IllegalStateException.class, () -> model.calibrate("v", TARGET, closing));
      assertFalse(model.targets().containsKey("v"));
    }
  }

  @Test
  void readingDoesNotWaitForATraining() throws InterruptedException {
    try (Model model = allocated(Samples.quick().build())) {
      model.calibrate("t", TARGET, new Monitor());
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch asked = new CountDownLatch(1);
      Monitor waiting =
          new Monitor(
              progress -> {
                begun.countDown();
                try {
                  assertTrue(asked.await(60, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      Thread training = new Thread(() -> model.calibrate("u", TARGET, waiting));
      training.start();
      assertTrue(begun.await(60, TimeUnit.SECONDS));
      assertEquals(List.of("t"), List.copyOf(model.targets().keySet()));
      assertEquals(20, model.predict("t", TARGET).rows());
      assertEquals(200, model.evaluate(SOURCE).rows());
      asked.countDown();
      training.join();
      assertEquals(List.of("t", "u"), List.copyOf(model.targets().keySet()));
    }
  }

  @Test
  void settingsForAnotherTaskAreRefused() {
    Path source = Samples.csv(folder.resolve("s.csv"), 100, 0, 1);
    TransferConfig config =
        Samples.quick().columns(c -> c.labels(List.of("grade"))).objective(o -> o.task(Task.CLASSIFICATION)).build();
    Data data = Data.files(source.toString());
    try (Model model = Model.train(data, config, new Monitor())) {
      model.prune();
      model.allocate(data, new Monitor());
      for (TransferConfig other :
          List.of(
              TransferConfig.builder("grade").build(),
              TransferConfig.builder("tool").objective(o -> o.task(Task.CLASSIFICATION)).build())) {
        DataException e =
            assertThrows(
                DataException.class, () -> model.calibrate("t", data, other, new Monitor()));
        assertTrue(e.getMessage().contains("config()"), e.getMessage());
      }
      model.calibrate("t", data, model.config().toBuilder().seed(8).build(), new Monitor());
    }
  }

  @Test
  void networksBeyondAFileAreRefusedWithTheirSize() {
    TransferConfig config = Samples.quick().hidden(1 << 20, 1 << 20).build();
    DataException e =
        assertThrows(DataException.class, () -> Model.train(SOURCE, config, new Monitor()));
    assertTrue(e.getMessage().contains("1,099,516,870,657 parameters"), e.getMessage());
  }

  @Test
  void aBillionEpochsWithPatienceTakeNoMemoryForThoseThatNeverRun() {
    TransferConfig config =
        Samples.quick()
            .source(f -> f.epochs(1_000_000_000))
            .fits(f -> f.validationShare(0.2).patience(2).learningRate(0.05))
            .build();
    try (Model model = Model.train(SOURCE, config, new Monitor())) {
      assertTrue(model.reports().get(0).epochsRun() < 10_000);
    }
  }

  @Test
  void noLayerLosesEveryWeightUnlessThePapersPlainRuleIsAskedFor() {
    double[] x = new double[600];
    double[] y = new double[600];
    for (int i = 0; i < 600; i++) {
      x[i] = i / 300.0 - 1;
      y[i] = Math.sin(3 * x[i]);
    }
    Data data = Data.columns(Map.of("x", x, "y", y));
    try (Model model =
        Model.train(data, TransferConfig.builder("y").hidden(64).build(), new Monitor())) {
      model.prune(0.8, PruningScope.PLAIN);
      assertEquals(26, model.layers().stream().mapToLong(LayerReport::kept).sum());
      final long plain = model.layers().get(1).kept();
      model.prune(0.8, PruningScope.GLOBAL);
      assertEquals(26, model.layers().stream().mapToLong(LayerReport::kept).sum());
      assertTrue(plain < 7, "the plain rule left " + plain);
      assertEquals(7, model.layers().get(1).kept()); // half of 13, rounded up
    }
  }
}
