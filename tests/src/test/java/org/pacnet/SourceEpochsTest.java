package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Fit;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.HeldOut;
import org.pacnet.result.Metrics;
import org.pacnet.result.Monitor;
import org.pacnet.result.PhaseReport;

/** How many epochs the source is learnt for where nobody says. */
class SourceEpochsTest {

  @TempDir private Path folder;

  // A wave, with noise; or what is noise alone but for a line.
  private static Data rows(int count, boolean wave, long seed) {
    Random random = new Random(seed);
    double[][] x = new double[3][count];
    double[] y = new double[count];
    for (int r = 0; r < count; r++) {
      for (double[] column : x) {
        column[r] = 3 * random.nextDouble() - 1.5;
      }
      y[r] =
          wave
              ? Math.sin(3 * x[0][r]) + Math.cos(2 * x[1][r]) + 0.05 * random.nextGaussian()
              : x[0][r] + 3 * random.nextGaussian();
    }
    Map<String, Object> table = new LinkedHashMap<>();
    for (int i = 0; i < x.length; i++) {
      table.put("x" + i, x[i]);
    }
    table.put("y", y);
    return Data.columns(table);
  }

  private static TransferConfig config() {
    return TransferConfig.builder("y").hidden(64, 64).seed(2).build();
  }

  @Test
  void whatTakesLongerGetsLongerAndNoiseDoesNot() {
    for (boolean wave : new boolean[] {true, false}) {
      try (Model model = Model.train(rows(500, wave, 1), config(), new Monitor())) {
        PhaseReport train = model.reports().get(0);
        assertEquals(wave, train.epochsRun() >= 300, () -> train.epochsRun() + " epochs");
        assertEquals(train.epochsRun(), model.config().source().epochs());
        HeldOut held = train.heldOut();
        assertNotNull(held);
        double linear = held.linear();
        assertTrue(wave ? held.network() < linear / 2 : held.network() > 0.95 * linear, held.toString());
        // It is what other rows say: the error, and that the other number of epochs is no better.
        Data others = rows(2000, wave, 9);
        double error = model.evaluate(others).error();
        assertEquals(error, held.network(), 0.25 * error);
        try (Model other = Model.train(rows(500, wave, 1), config().toBuilder().source(f -> f.epochs(wave ? 30 : 300)).build(), new Monitor())) {
          Metrics measured = other.evaluate(others);
          assertTrue(measured.error() > error, measured + " against " + error);
          assertNull(other.reports().get(0).heldOut());
        }
      }
    }
  }

  @Test
  void whatWasChosenIsTrainedAsIfItHadBeenSaidAndIsKept() {
    Data source = rows(200, true, 1);
    Data target = rows(12, true, 5);
    try (Model model = Model.transfer(source, "t", target, config(), new Monitor())) {
      int epochs = model.config().source().epochs();
      TransferConfig said = config().toBuilder().source(f -> f.epochs(epochs)).build();
      try (Model other = Model.transfer(source, "t", target, said, new Monitor())) {
        for (String layer : new String[] {"layers.0.weight", "layers.4.weight"}) {
          assertArrayEquals(other.weights(Model.Weights.BASE, layer), model.weights(Model.Weights.BASE, layer));
        }
        assertEquals(other.config("t"), model.config("t"));
        // What the default makes of the base differs, since of one it is known how good it was on rows held out; what is learnt of the base alone does not.
        for (Model own : new Model[] {other, model}) {
          own.calibrate("c", target, own.config().toBuilder().method(Method.COKRIGING).build(), new Monitor());
        }
        assertArrayEquals(other.predict("c", target).numbers("prediction_y"), model.predict("c", target).numbers("prediction_y"));
      }
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertEquals(model.reports().get(0).heldOut(), loaded.reports().get(0).heldOut());
        assertEquals(epochs, loaded.config().source().epochs());
        // Whoever brings settings of their own says nothing of the source.
        loaded.calibrate("u", target, config(), new Monitor());
        assertEquals(epochs, loaded.config("u").source().epochs());
      }
    }
  }

  @Test
  void onlyTablesOfSomeRowsAreTried() {
    for (int count : new int[] {19, 1001}) {
      try (Model model = Model.train(rows(count, true, 1), config(), new Monitor())) {
        assertEquals(30, model.config().source().epochs());
        assertNull(model.reports().get(0).heldOut());
      }
    }
    TransferConfig validated = config().toBuilder().source(f -> f.validationShare(0.2)).build();
    try (Model model = Model.train(rows(100, true, 1), validated, new Monitor())) {
      assertEquals(30, model.config().source().epochs());
    }
    DataException refused =
        org.junit.jupiter.api.Assertions.assertThrows(DataException.class, () -> config().toBuilder().source(f -> f.epochs(Fit.CHOSEN - 1)).build());
    assertTrue(refused.getMessage().contains("source epochs"), refused.getMessage());
  }

  @Test
  void thePersonIsTold() {
    Path source = Samples.csv(folder.resolve("s.csv"), 150, 0, 1);
    Cli said = Cli.ok("train", "--source", source, "--label", "y", "--ignore", "grade", "--hidden", 32, "--out", folder.resolve("n"));
    assertTrue(said.out().contains("On 150 rows of the source, held out in turn, the network is off by"), said.out());
    assertTrue(said.out().contains("ridge regression by"), said.out());
    Cli classes =
        Cli.ok("train", "--source", source, "--label", "grade", "--ignore", "y", "--task", "classification", "--hidden", 32, "--out", folder.resolve("c"));
    assertTrue(classes.out().matches("(?s).*off by [0-9.]+ % \\([0-9]+ epochs\\), logistic regression by [0-9.]+ %\\..*"), classes.out());
  }
}
