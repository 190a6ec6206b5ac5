package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.LogisticCorrection;
import org.pacnet.internal.fit.Corrections;
import org.pacnet.internal.fit.Fixture;
import org.pacnet.internal.fit.Labelled;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Monitor;

/** Classes by logistic regression on what the source says. */
class LogisticTest {

  private static Data rows(int count, long seed, Function<double[], String> truth) {
    Random random = new Random(seed);
    double[][] columns = new double[3][count];
    String[] kinds = new String[count];
    for (int r = 0; r < count; r++) {
      double[] x = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
      for (int i = 0; i < 3; i++) {
        columns[i][r] = x[i];
      }
      kinds[r] = truth.apply(new double[] {x[0], x[1], x[2], random.nextGaussian()});
    }
    Map<String, Object> table = new LinkedHashMap<>();
    table.put("a", columns[0]);
    table.put("b", columns[1]);
    table.put("c", columns[2]);
    table.put("kind", kinds);
    return Data.columns(table);
  }

  // Three classes, a tenth of the labels by chance.
  private static String kind(double[] x) {
    double s = x[0] + 0.5 * x[1] * x[1] - 0.5 + 0.3 * x[3];
    return s < -0.5 ? "low" : s < 0.5 ? "mid" : "high";
  }

  private static String shifted(double[] x) {
    return kind(new double[] {x[0] + 0.8, x[1], x[2], x[3]});
  }

  private static Model base() {
    TransferConfig config =
        TransferConfig.builder("kind").objective(o -> o.task(Task.CLASSIFICATION)).hidden(32, 32).source(f -> f.epochs(40)).fits(f -> f.batchSize(64)).seed(2).build();
    Data source = rows(800, 1, LogisticTest::kind);
    Model model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  private static double wrong(Model model, Method method, int count, Function<double[], String> truth) {
    double sum = 0;
    for (int draw = 0; draw < 8; draw++) {
      model.calibrate(
          "t", rows(count, 50 + draw, truth), model.config().toBuilder().method(method).build(), new Monitor());
      sum += model.evaluate("t", rows(500, 7, truth)).error() / 8;
    }
    return sum;
  }

  @Test
  void itIsTheDefaultAndDoesNoHarm() {
    try (Model model = base()) {
      model.calibrate("t", rows(12, 3, LogisticTest::kind), new Monitor());
      assertEquals(Method.LOGISTIC, model.config("t").method().kind());
      double left = wrong(model, Method.UNTOUCHED, 12, LogisticTest::kind);
      double learnt = wrong(model, Method.AUTO, 12, LogisticTest::kind);
      assertTrue(learnt < 1.1 * left + 0.01, learnt + " " + left);
      double shiftedLeft = wrong(model, Method.UNTOUCHED, 40, LogisticTest::shifted);
      double shiftedLearnt = wrong(model, Method.AUTO, 40, LogisticTest::shifted);
      assertTrue(shiftedLearnt < 0.7 * shiftedLeft, shiftedLearnt + " " + shiftedLeft);
    }
  }

  @Test
  void aSavedModelSaysTheSame(@TempDir Path folder) {
    Path place = folder.resolve("m");
    Data asked = rows(40, 9, LogisticTest::kind);
    Data few = rows(15, 3, LogisticTest::shifted);
    List<String> probabilities = List.of("probability_high", "probability_low", "probability_mid");
    try (Model model = base()) {
      model.save(place, false);
      model.calibrate("t", few, new Monitor());
      try (Model again = Model.load(place)) {
        again.calibrate("t", few, new Monitor());
        for (String column : probabilities) {
          assertArrayEquals(
              model.predict("t", asked).numbers(column), again.predict("t", asked).numbers(column), column);
        }
        again.save(place, true);
      }
      RowPredictor predictor = SavedModel.open(place).target("t");
      double[] said = predictor.predict(0.3, -1.2, 0.5);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("a", new double[] {0.3});
      one.put("b", new double[] {-1.2});
      one.put("c", new double[] {0.5});
      for (int c = 0; c < 3; c++) {
        assertEquals(model.predict("t", Data.columns(one)).numbers(probabilities.get(c))[0], said[c], 1e-5);
      }
    }
  }

  /** The numbers of tests/fixtures/make_logistic_fixture.py. */
  @Test
  void itSaysWhatSciPySays() throws IOException {
    Fixture fixture = Fixture.read("logistic.json");
    float[] z = fixture.floats("z");
    int n = z.length / 3;
    Rows rows = new Rows(FloatBuffer.wrap(fixture.floats("x")), n, 2, z, 3);
    LinearCorrection linear = new LinearCorrection(fixture.floats("linear"));
    Correction learnt =
        Corrections.fit(Method.LOGISTIC, Labelled.of(rows, FloatBuffer.wrap(fixture.floats("y"))), null, linear, 1, 1, 0);
    float[] asked = fixture.floats("z_test");
    Rows others = new Rows(FloatBuffer.wrap(fixture.floats("x_test")), asked.length / 3, 2, asked, 3);
    float[] logs = learnt.apply(others, null, Corrections.PROCESSES).outputs();
    float[] p = fixture.floats("p");
    for (int i = 0; i < p.length; i++) {
      assertEquals(p[i], Math.exp(logs[i]), 1e-4, "number " + i);
    }
  }

  // How much surer of a class a linear model of the source is with each step of the first of four inputs.
  private static double slope(int n, double truth, long seed) {
    Random random = new Random(seed);
    float[] x = new float[n * 4];
    float[] y = new float[n];
    for (int r = 0; r < n; r++) {
      for (int i = 0; i < 4; i++) {
        x[4 * r + i] = (float) random.nextGaussian();
      }
      y[r] = random.nextDouble() < 1 / (1 + Math.exp(-truth * x[4 * r])) ? 1 : 0;
    }
    Rows rows = new Rows(FloatBuffer.wrap(x), n, 4, new float[n * 2], 2);
    float[] w = Corrections.linear(Labelled.of(rows, FloatBuffer.wrap(y)), true).coefficients();
    int each = 1 + 2 + 4;
    return w[each + 3] - w[3];
  }

  /** The likeliest penalty by folds would leave 4.5 on the mean of these draws: a line that looks steeper than it is, and is unsure of nothing beyond its rows. */
  @Test
  void theSecondOpinionIsNoSurerThanItsRowsAreMany() {
    double few = 0;
    for (int seed = 0; seed < 5; seed++) {
      few += slope(120, 4, seed) / 5;
      assertEquals(2, slope(4000, 2, seed), 0.3, "seed " + seed);
    }
    assertTrue(few > 1.5 && few < 3.5, "of 120 rows of slope 4: " + few);
  }

  /** A network that was no better than a line on the source, and is sure where it is wrong, has little say; one that was far better has it. */
  @Test
  void whatTheSourceSaysOfItsOpinionsDecidesWhileRowsAreFew() {
    Random random = new Random(4);
    int n = 10;
    float[] x = new float[n * 3];
    float[] z = new float[n * 2];
    float[] y = new float[n];
    for (int r = 0; r < n; r++) {
      for (int i = 0; i < 3; i++) {
        x[3 * r + i] = (float) random.nextGaussian();
      }
      y[r] = x[3 * r] > 0 ? 1 : 0;
      z[2 * r + 1] = x[3 * r] > -0.2 ? 6 : -6; // nearly the line
    }
    LinearCorrection line = new LinearCorrection(new float[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0});
    for (double besideLinear : new double[] {4, 1, 0.25}) {
      LogisticCorrection learnt =
          (LogisticCorrection) Corrections.fit(Method.LOGISTIC, Labelled.of(made(x, z), FloatBuffer.wrap(y)), null, line, besideLinear, 1, 0);
      double before = 1 / (1 + 4 * besideLinear * besideLinear);
      assertEquals(before, learnt.weights()[0], 0.15, "as many errors, " + besideLinear + " times");
    }
  }

  private static Rows made(float[] x, float[] z) {
    return new Rows(FloatBuffer.wrap(x), z.length / 2, 3, z, 2);
  }

  private static Correction learn(Rows rows, float[] y, int[] groups) {
    return Corrections.fit(Method.LOGISTIC, new Labelled(rows, FloatBuffer.wrap(y), groups, null), null, null, 0, 1, 0);
  }

  /** Ten batches, each measured five times: what a source says of them is right, and the inputs say nothing more. */
  @Test
  void repeatedRowsAreNoEvidenceOfTheirOwn() {
    double alone = 0;
    double told = 0;
    for (int draw = 0; draw < 20; draw++) {
      Random random = new Random(draw);
      int batches = 10;
      int repeats = 5;
      int n = batches * repeats;
      float[] x = new float[n * 3];
      float[] z = new float[n * 2];
      float[] y = new float[n];
      int[] groups = new int[n];
      for (int b = 0; b < batches; b++) {
        float[] own = {(float) random.nextGaussian(), (float) random.nextGaussian(), (float) random.nextGaussian()};
        float logit = 2 * (float) random.nextGaussian();
        float kind = random.nextDouble() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
        for (int r = b * repeats; r < (b + 1) * repeats; r++) {
          System.arraycopy(own, 0, x, 3 * r, 3);
          z[2 * r + 1] = logit;
          y[r] = kind;
          groups[r] = 7 * b - 3;
        }
      }
      Rows rows = made(x, z);
      int asked = 500;
      float[] newX = new float[asked * 3];
      float[] newZ = new float[asked * 2];
      for (int r = 0; r < asked; r++) {
        for (int i = 0; i < 3; i++) {
          newX[3 * r + i] = (float) random.nextGaussian();
        }
        newZ[2 * r + 1] = 2 * (float) random.nextGaussian();
      }
      alone += crossEntropy(learn(rows, y, null), newX, newZ);
      told += crossEntropy(learn(rows, y, groups), newX, newZ);
    }
    assertTrue(told < 0.9 * alone, told / 20 + " where repeats count as rows: " + alone / 20);
  }

  // Expected, where the source is right.
  private static double crossEntropy(Correction learnt, float[] x, float[] z) {
    float[] logs = learnt.apply(made(x, z), null, Corrections.PROCESSES).outputs();
    double sum = 0;
    int n = z.length / 2;
    for (int r = 0; r < n; r++) {
      double p = 1 / (1 + Math.exp(-z[2 * r + 1]));
      sum -= (1 - p) * logs[2 * r] + p * logs[2 * r + 1];
    }
    return sum / n;
  }

  @Test
  void rowsEachOfAGroupOfTheirOwnAreRowsWithoutGroups() {
    Random random = new Random(1);
    float[] x = new float[24 * 3];
    float[] z = new float[24 * 2];
    float[] y = new float[24];
    int[] groups = new int[24];
    for (int r = 0; r < 24; r++) {
      x[3 * r] = (float) random.nextGaussian();
      z[2 * r] = (float) random.nextGaussian();
      y[r] = random.nextInt(2);
      groups[r] = 24 - r;
    }
    Rows rows = made(x, z);
    assertArrayEquals(
        learn(rows, y, null).apply(rows, null, Corrections.PROCESSES).outputs(),
        learn(rows, y, groups).apply(rows, null, Corrections.PROCESSES).outputs());
  }

  @Test
  void asLinearModelOfASourceItExpectsEachClassAsOftenAsItIsThere() {
    int n = 60;
    float[] x = new float[n * 2];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[2 * i] = (float) Math.sin(i * 1.7);
      x[2 * i + 1] = (float) Math.cos(i * i * 0.3);
      y[i] = Math.abs(i * 7919 + (int) (10 * x[2 * i])) % 3;
    }
    LinearCorrection learnt = Corrections.linear(Labelled.of(new Rows(FloatBuffer.wrap(x), n, x.length / n, new float[3 * n], 3), FloatBuffer.wrap(y)), true);
    Rows rows = new Rows(FloatBuffer.wrap(x), n, 2, new float[n * 3], 3);
    LogisticCorrection alone = new LogisticCorrection(null, new float[] {1, 0}, List.of(learnt));
    float[] logs = alone.apply(rows, null, Corrections.PROCESSES).outputs();
    for (int c = 0; c < 3; c++) {
      double expected = 0;
      double there = 0;
      for (int r = 0; r < n; r++) {
        expected += Math.exp(logs[r * 3 + c]);
        there += y[r] == c ? 1 : 0;
      }
      // Its gradient by an unpenalised constant; floats and the last step leave some.
      assertEquals(there, expected, 0.01);
    }
  }

  @Test
  void rowsThatALineTellsApartLeaveItFinite() {
    try (Model model = base()) {
      for (int count : new int[] {2, 3, 6}) {
        model.calibrate("t", rows(count, 4, x -> x[0] < 0 ? "low" : "high"), new Monitor());
        assertTrue(Double.isFinite(model.evaluate("t", rows(50, 5, LogisticTest::kind)).crossEntropy()));
      }
      model.calibrate("t", rows(5, 4, x -> "mid"), new Monitor());
      assertTrue(Double.isFinite(model.evaluate("t", rows(50, 5, LogisticTest::kind)).crossEntropy()));
    }
  }

  // Another unit, a fill value, a column that hardly moved in the source.
  @Test
  void aColumnThatGoesFarLeavesTheOthersTheirSay() {
    int n = 40;
    float[] x = new float[2 * n];
    float[] said = new float[2 * n];
    float[] classes = new float[n];
    for (int r = 0; r < n; r++) {
      classes[r] = r % 2;
      x[2 * r] = 2 * classes[r] - 1;
      x[2 * r + 1] = (float) (1e12 * Math.cos(7 * r));
      said[2 * r] = (float) (1e9 * Math.sin(3 * r));
    }
    Rows rows = new Rows(FloatBuffer.wrap(x), n, 2, said, 2);
    Labelled target = Labelled.of(rows, FloatBuffer.wrap(classes));
    LinearCorrection line = new LinearCorrection(new float[10]);
    float[] logits = Corrections.fit(Method.LOGISTIC, target, null, line, 0, 1, 0).apply(rows, null, Corrections.PROCESSES).outputs();
    for (int r = 0; r < n; r++) {
      int own = (int) classes[r];
      assertTrue(logits[2 * r + own] > logits[2 * r + 1 - own], "row " + r + ": " + logits[2 * r] + " " + logits[2 * r + 1]);
    }
  }

  @Test
  void whatIsBeyondAnyNumberIsRefused() {
    try (Model model = base()) {
      Map<String, Object> table = new LinkedHashMap<>();
      for (String name : List.of("a", "b", "c")) {
        double[] far = new double[6];
        Arrays.setAll(far, r -> r % 2 == 0 ? 3.3e38 : 1);
        table.put(name, far);
      }
      table.put("kind", new String[] {"low", "mid", "high", "low", "mid", "high"});
      for (Method method : List.of(Method.AUTO, Method.UNTOUCHED)) {
        TransferConfig config = model.config().toBuilder().method(method).build();
        DataException refused = assertThrows(DataException.class, () -> model.calibrate("far", Data.columns(table), config, new Monitor()));
        assertTrue(refused.getMessage().contains("row 1: the model's prediction is no finite number"), refused.getMessage());
      }
    }
  }
}
