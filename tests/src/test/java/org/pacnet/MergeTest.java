package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Cnn;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.result.Monitor;

/** Targets that are merged of others of their base. */
class MergeTest {

  @TempDir Path folder;

  private static Data table(int rows, double phase, double noise, long seed) {
    Random random = new Random(seed);
    double[] x = new double[rows];
    double[] z = new double[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      x[r] = 6 * random.nextDouble();
      z[r] = random.nextGaussian();
      y[r] = Math.sin(x[r] + phase) * (2 + phase * z[r]) + noise * random.nextGaussian();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    columns.put("y", y);
    return Data.columns(columns);
  }

  private static Model family() {
    TransferConfig config =
        TransferConfig.builder("y").hidden(24, 24).method(Method.PAC).source(f -> f.epochs(60)).target(f -> f.epochs(200)).seed(2).build();
    Model model = Model.train(table(400, 0, 0.1, 1), config, new Monitor());
    model.prune();
    model.allocate(table(400, 0, 0.1, 1), new Monitor());
    model.calibrate("low", table(200, 0.8, 0.1, 2), new Monitor());
    model.calibrate("high", table(200, 1.2, 0.1, 3), new Monitor());
    return model;
  }

  private static double error(Model model, String target, double phase) {
    return model.evaluate(target, table(1000, phase, 0, 99)).error();
  }

  // A target between two others, of which there are no rows, and then five.
  @Test
  void whatItsRelativesKnowHelpsATargetOfFewRows() {
    try (Model model = family()) {
      double[] base = model.predict(table(50, 0, 0, 5)).numbers("prediction_y");
      model.merge("none", List.of("low", "high"));
      double nothing = error(model, "none", 1);
      assertTrue(nothing < 0.5 * model.evaluate(table(1000, 1, 0, 99)).error(), "merged " + nothing);
      double byRelatives = 0;
      double alone = 0;
      for (int draw = 0; draw < 5; draw++) {
        Data few = table(5, 1, 0.1, 50 + draw);
        TransferConfig merge = model.config().toBuilder().method(new MethodSpec.Merge(List.of("low", "high"), null)).build();
        model.calibrate("merged", few, merge, new Monitor());
        byRelatives += error(model, "merged", 1) / 5;
        model.calibrate("alone", few, new Monitor());
        alone += error(model, "alone", 1) / 5;
      }
      assertTrue(byRelatives < 0.7 * alone, "merged " + byRelatives + ", alone " + alone);
      assertArrayEquals(base, model.predict(table(50, 0, 0, 5)).numbers("prediction_y"));
    }
  }

  @Test
  void equalsAreTheirMergeAndOrderIsNoMatter() throws IOException {
    Path directory = folder.resolve("model");
    try (Model model = family()) {
      model.calibrate("twin", table(200, 0.8, 0.1, 2), new Monitor());
      model.merge("same", List.of("low", "twin"));
      Data rows = table(40, 1, 0, 7);
      assertArrayEquals(model.predict("low", rows).numbers("prediction_y"), model.predict("same", rows).numbers("prediction_y"), 1e-6);
      model.merge("one", List.of("low", "high"));
      model.merge("other", List.of("high", "low"));
      double[] said = model.predict("one", rows).numbers("prediction_y");
      assertArrayEquals(said, model.predict("other", rows).numbers("prediction_y"), 1e-6);
      assertFalse(Arrays.equals(said, model.predict("low", rows).numbers("prediction_y")));
      model.save(directory, false);
    }
    Path csv = Samples.write(folder.resolve("few.csv"), "x,z,y\n1,0.5,2\n2,-0.4,0.3\n3,0,-1.4\n4,1,-2\n5,0.2,-0.7\n");
    Cli.ok("merge", "--model", directory, "--targets", "low,high", "--name", "by-command");
    Cli.ok("merge", "--model", directory, "--targets", "low,high,twin", "--name", "few", "--target", csv);
    Cli.refused("already has a target", "merge", "--model", directory, "--targets", "low,high", "--name", "few");
    Cli.refused("two other targets or more of the model", "merge", "--model", directory, "--targets", "low", "--name", "x");
    Cli.refused("no target 'nobody'", "merge", "--model", directory, "--targets", "low,nobody", "--name", "x");
    Cli.refused("can't be learnt from itself", "calibrate", "--model", directory, "--target", csv, "--name", "low", "--overwrite", "--method", "merge", "--relatives", "low,high");
    Cli.ok("calibrate", "--model", directory, "--target", csv, "--name", "of-all", "--method", "merge");
    try (Model loaded = Model.load(directory)) {
      Data rows = table(40, 1, 0, 7);
      assertArrayEquals(
          loaded.predict("one", rows).numbers("prediction_y"), loaded.predict("by-command", rows).numbers("prediction_y"));
      assertEquals(List.of("low", "high", "twin"), ((MethodSpec.Merge) loaded.config("few").method()).relatives());
      assertEquals(Set.of("low", "high", "twin"), loaded.report("few").relatives().keySet());
      assertEquals(1, loaded.report("few").relatives().values().stream().mapToDouble(v -> v).sum(), 1e-9);
      assertEquals(Map.of("low", 0.5, "high", 0.5), loaded.report("one").relatives());
      assertTrue(loaded.report("of-all").relatives().keySet().containsAll(List.of("low", "high", "twin", "few", "one")));
      loaded.calibrate("corrected", table(20, 1, 0.1, 3), loaded.config().toBuilder().method(Method.COKRIGING).build(), new Monitor());
      DataException thrown = assertThrows(DataException.class, () -> loaded.merge("x", List.of("low", "corrected")));
      assertTrue(thrown.getMessage().contains("is not one network on the base"), thrown::getMessage);
    }
  }

  // Two near targets and two far: the near ones vote, a fifth of the pruned weights is learnt, the others stay +0.0.
  @Test
  void theNearestVote() throws IOException {
    Path directory = folder.resolve("model");
    try (Model model = family()) {
      model.calibrate("far", table(200, 3, 0.1, 4), new Monitor());
      model.calibrate("farther", table(200, 4, 0.1, 5), new Monitor());
      TransferConfig vote = model.config().toBuilder().method(new MethodSpec.MetaVote(List.of(), 2, null)).build();
      double byVote = 0;
      double alone = 0;
      for (int draw = 0; draw < 5; draw++) {
        Data few = table(5, 1, 0.1, 50 + draw);
        model.calibrate("voted", few, vote, new Monitor());
        byVote += error(model, "voted", 1) / 5;
        try (Model other = model.copy()) { // where nobody votes for it
          other.calibrate("alone", few, new Monitor());
          alone += error(other, "alone", 1) / 5;
        }
      }
      assertTrue(byVote < 0.8 * alone, "voted " + byVote + ", alone " + alone);
      model.export("voted", folder.resolve("v.safetensors"));
      model.export(Model.Weights.BASE, folder.resolve("b.safetensors"));
      long pruned = 0;
      long learnt = 0;
      Map<String, SafeTensors.Entry> voted = SafeTensors.decode(SafeTensors.readBytes(folder.resolve("v.safetensors")), "v").tensors();
      for (Map.Entry<String, SafeTensors.Entry> tensor : SafeTensors.decode(SafeTensors.readBytes(folder.resolve("b.safetensors")), "b").tensors().entrySet()) {
        float[] base = new float[tensor.getValue().size()];
        float[] own = new float[base.length];
        tensor.getValue().copyTo(base, 0);
        voted.get(tensor.getKey()).copyTo(own, 0);
        for (int i = 0; i < base.length; i++) {
          boolean open = base[i] == 0 && tensor.getKey().endsWith("weight");
          pruned += open ? 1 : 0;
          learnt += open && own[i] != 0 ? 1 : 0;
          assertTrue(open || base[i] == own[i]);
        }
      }
      assertEquals(0.2 * pruned, (double) learnt, 2.0);
      double[] before = model.predict("voted", table(9, 1, 0, 3)).numbers("prediction_y");
      model.save(directory, false);
      try (Model loaded = Model.load(directory)) {
        assertArrayEquals(before, loaded.predict("voted", table(9, 1, 0, 3)).numbers("prediction_y"));
        assertEquals(Map.of("low", 0.5, "high", 0.5), loaded.report("voted").relatives());
      }
      // Rows that the base says as well as anybody.
      DataException thrown = assertThrows(DataException.class, () -> model.calibrate("x", table(30, 0, 0, 77), vote, new Monitor()));
      assertTrue(thrown.getMessage().contains("better than the base does: take the method pac"), thrown::getMessage);
    }
    Cli.refused("--neighbours is for --method metavote", "calibrate", "--model", directory, "--target", "few.csv", "--name", "x", "--neighbours", 3);
  }

  // Of images the model keeps no rows: those of the new target are asked.
  @Test
  void imagesAreMergedByTheNewTargetsOwn() {
    Path source = folder.resolve("source");
    Shapes.writeSource(source, 40, 1);
    TransferConfig config =
        TransferConfig.builder("class")
            .objective(o -> o.task(Task.CLASSIFICATION))
            .network(new Cnn(List.of(4, 6)))
            .method(Method.PAC)
            .fits(f -> f.batchSize(16))
            .source(f -> f.epochs(3))
            .target(f -> f.epochs(3))
            .build();
    try (Model model = Model.train(Data.images(source), config, new Monitor())) {
      model.prune();
      model.allocate(Data.images(source), new Monitor());
      model.calibrate("a", Data.images(source), new Monitor());
      model.calibrate("b", Data.images(source), config.toBuilder().lambda(1.0).build(), new Monitor());
      DataException thrown = assertThrows(DataException.class, () -> model.merge("c", List.of("a", "b")));
      assertTrue(thrown.getMessage().contains("name rows of the new target"), thrown::getMessage);
      TransferConfig merge = config.toBuilder().method(new MethodSpec.Merge(List.of("a", "b"), null)).build();
      model.calibrate("c", Data.images(source), merge, new Monitor());
      // Three epochs from there are no worse than three from the base.
      double merged = model.reports().isEmpty() ? 1 : model.targets().get("c").after().crossEntropy();
      assertTrue(merged <= 1.02 * model.targets().get("a").after().crossEntropy(), "cross-entropy " + merged);
    }
  }
}
