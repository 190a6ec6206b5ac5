package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Activation;
import org.pacnet.config.Method;
import org.pacnet.config.Missing;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.predict.RowPredictor;
import org.pacnet.result.Monitor;

/** Single rows against the same rows as a table. */
class RowPredictorTest {

  private static final int ROWS = 50;

  @TempDir Path folder;

  private Model model(TransferConfig config) {
    Data source = Data.files(Samples.csv(folder.resolve("source.csv"), 200, 0, 1));
    Data target = Data.files(Samples.csv(folder.resolve("target.csv"), 40, 0.7, 2));
    return Model.transfer(source, "t", target, config, new Monitor());
  }

  private static TransferConfig.Builder quick(String label, String ignored) {
    return Samples.quick(label).columns(c -> c.ignored(ignored));
  }

  private Predictions table(Model model) {
    return model.predict("t", Data.files(Samples.csv(folder.resolve("asked.csv"), ROWS, 0.3, 3)));
  }

  private double[][] rows(RowPredictor predictor) {
    List<String[]> lines = Samples.fields(folder.resolve("asked.csv"));
    return lines.stream()
        .map(
            fields ->
                new double[] {
                  Double.parseDouble(fields[0]), Double.parseDouble(fields[1]), predictor.category(2, fields[2])
                })
        .toArray(double[][]::new);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void regression(Activation activation) {
    try (Model model = model(quick("y", "grade").activation(activation).build())) {
      double[] expected = table(model).numbers("prediction_y");
      RowPredictor predictor = model.rowPredictor("t");
      assertEquals(List.of("a", "b", "tool"), predictor.inputs());
      double[][] rows = rows(predictor);
      // From several threads at once.
      double[] found = IntStream.range(0, ROWS).parallel().mapToDouble(r -> predictor.predict(rows[r])[0]).toArray();
      for (int r = 0; r < ROWS; r++) {
        assertEquals(expected[r], found[r], 2e-5 * Math.abs(expected[r]));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"AFFINE", "RIDGE_RESIDUAL", "GP", "GP_RESIDUAL", "COKRIGING", "COKRIGING_BMA", "POOLED_LINEAR", "TREES", "STACK", "PAC_STACK"})
  void whateverTheTargetLearntBy(Method method) {
    try (Model model = model(quick("y", "grade").method(method).build())) {
      double[] expected = table(model).numbers("prediction_y");
      RowPredictor predictor = model.rowPredictor("t");
      double[][] rows = rows(predictor);
      for (int r = 0; r < ROWS; r++) {
        assertEquals(expected[r], predictor.predict(rows[r])[0], 2e-5 * Math.abs(expected[r]), "row " + r);
      }
    }
  }

  @Test
  void probabilitiesAndEnsembles() {
    for (Method method : List.of(Method.PAC, Method.PAC_ENSEMBLE)) {
      try (Model model = model(quick("grade", "y").objective(o -> o.task(Task.CLASSIFICATION)).method(method).build())) {
        Predictions expected = table(model);
        RowPredictor predictor = model.rowPredictor("t");
        double[][] rows = rows(predictor);
        List<String> classes = model.classes("t");
        for (int r = 0; r < ROWS; r++) {
          double[] found = predictor.predict(rows[r]);
          for (int c = 0; c < classes.size(); c++) {
            assertEquals(expected.numbers("probability_" + classes.get(c))[r], found[c], 1e-5);
          }
        }
      }
    }
  }

  @Test
  void makesNothing() {
    try (Model model = model(quick("y", "grade").build())) {
      RowPredictor predictor = model.rowPredictor("t");
      double[] row = {0.1, 15, 0};
      double[] out = new double[1];
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      for (int i = 0; i < 20_000; i++) {
        predictor.predict(row, out);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        predictor.predict(row, out);
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertEquals(0, bytes / 10_000, bytes + " bytes");
    }
  }

  @Test
  void badRows() {
    try (Model model = model(quick("y", "grade").build());
        Model filling = model(quick("y", "grade").columns(c -> c.missing(Missing.MEAN)).build())) {
      RowPredictor predictor = model.rowPredictor("t");
      assertThrows(DataException.class, () -> predictor.predict(1, 2));
      assertThrows(DataException.class, () -> predictor.predict(1, Double.NaN, 0));
      assertThrows(DataException.class, () -> predictor.predict(1, 2, 7));
      for (double far : new double[] {1e300, 1e39, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
        assertThrows(DataException.class, () -> predictor.predict(far, 2, 0));
      }
      assertThrows(DataException.class, () -> predictor.predict(1, 2, 0.5));
      assertThrows(DataException.class, () -> predictor.category(2, "T9"));
      assertThrows(DataException.class, () -> predictor.category(0, "T1"));
      RowPredictor fills = filling.rowPredictor("t");
      assertEquals(
          fills.predict(1, filling.schema().inputs().get(1).fill(), 0)[0], fills.predict(1, Double.NaN, 0)[0], 1e-9);
    }
  }
}
