package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Friedman;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.Monitor;

/** Layers that a policy chooses under a budget. */
class SwrTest {

  private static final Friedman FRIEDMAN = new Friedman(2);
  private static final Data SOURCE = Data.columns(FRIEDMAN.sourceColumns(1, 600));
  private static final Data FEW = Data.columns(FRIEDMAN.targetColumns(1, 40));

  @TempDir Path folder;

  private static Model base() {
    TransferConfig config = TransferConfig.builder("y").hidden(32, 32).method(Method.PAC).source(f -> f.epochs(40)).seed(1).build();
    Model model = Model.train(SOURCE, config, new Monitor());
    model.prune();
    model.allocate(SOURCE, new Monitor());
    return model;
  }

  private static void learn(Model model, String name, double budget, int rank) {
    model.calibrate(name, FEW, model.config().toBuilder().method(new MethodSpec.Budgeted(budget, rank, null)).build(), new Monitor());
  }

  // How many weights of each layer are others than the base's; the number of parameters at last.
  private int[] changed(Model model, String target) throws IOException {
    Path own = folder.resolve("own.safetensors");
    Path base = folder.resolve("base.safetensors");
    model.export(target, own);
    model.export(Model.Weights.BASE, base);
    Map<String, SafeTensors.Entry> here = SafeTensors.decode(SafeTensors.readBytes(own), "own").tensors();
    Map<String, SafeTensors.Entry> there = SafeTensors.decode(SafeTensors.readBytes(base), "base").tensors();
    int[] changed = new int[4];
    for (String name : there.keySet()) {
      float[] a = new float[there.get(name).size()];
      float[] b = new float[a.length];
      here.get(name).copyTo(a, 0);
      there.get(name).copyTo(b, 0);
      changed[3] += a.length;
      for (int i = 0; i < a.length; i++) {
        if (Float.floatToRawIntBits(a[i]) != Float.floatToRawIntBits(b[i])) {
          assertTrue(name.endsWith("weight") && b[i] == 0, name);
          changed[Integer.parseInt(name.substring(0, 1)) / 2]++;
        }
      }
    }
    return changed;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.03, 0.2, 0.25, 1})
  void noMoreThanTheBudgetChangesAndTheRestIsTheBase(double budget) throws IOException {
    try (Model model = base()) {
      double[] before = model.predict(FEW).numbers("prediction_y");
      learn(model, "t", budget, 0);
      int[] changed = changed(model, "t");
      int all = changed[0] + changed[1] + changed[2];
      assertTrue(all > 0 && all <= budget * changed[3], Arrays.toString(changed));
      if (budget == 0.03) { // the output layer is what fits
        assertEquals(0, changed[0] + changed[1]);
      }
      if (budget == 0.2) { // not the middle one
        assertEquals(0, changed[1]);
      }
      assertArrayEquals(before, model.predict(FEW).numbers("prediction_y"));
      double error = model.report("t").after().error();
      assertTrue(error < 0.9 * model.report("t").before().error(), "error " + error);
      learn(model, "again", budget, 0);
      assertArrayEquals(model.predict("t", FEW).numbers("prediction_y"), model.predict("again", FEW).numbers("prediction_y"));
    }
  }

  // Of factors the same budget buys what whole layers do not; only pruned weights change by them all the same.
  @Test
  void byFactorsMoreOfItMayLearn() throws IOException {
    try (Model model = base()) {
      double[] before = model.predict(FEW).numbers("prediction_y");
      learn(model, "whole", 0.03, 0);
      learn(model, "factors", 0.15, 2);
      int[] whole = changed(model, "whole");
      int[] factors = changed(model, "factors");
      // Two numbers for each row and column: 148 of the first, 66 of the middle one, against 1,000 pruned weights there.
      assertEquals(0, whole[0] + whole[1]);
      assertTrue(factors[1] > 0.15 * factors[3], Arrays.toString(factors));
      assertArrayEquals(before, model.predict(FEW).numbers("prediction_y"));
      double error = model.report("factors").after().error();
      assertTrue(error < 0.9 * model.report("factors").before().error(), "error " + error);
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertEquals(model.config("factors").method(), loaded.config("factors").method());
      }
    }
  }

  @Test
  void aBudgetThatNoLayerFitsIsRefused() {
    try (Model model = base()) {
      DataException thrown = assertThrows(DataException.class, () -> learn(model, "t", 0.001, 0));
      assertTrue(thrown.getMessage().contains("give a larger budget"), thrown::getMessage);
      model.save(folder.resolve("m"), false);
    }
    Path csv = Samples.csv(folder.resolve("t.csv"), 10, 0, 1);
    Cli.refused("--budget is for --method swr", "calibrate", "--model", folder.resolve("m"), "--target", csv, "--name", "x", "--method", "pac", "--budget", 0.2);
    Cli.refused("--rank is for --method lora or swr", "calibrate", "--model", folder.resolve("m"), "--target", csv, "--name", "x", "--method", "pac", "--rank", 2);
    Cli.refused("must be above 0 and at most 1", "calibrate", "--model", folder.resolve("m"), "--target", csv, "--name", "x", "--method", "swr", "--budget", 0);
  }
}
