package org.pacnet.internal.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.SourceSample;

/** What learns from source and target together, by the numbers of tests/fixtures/make_pooled_fixture.py. */
class PooledTest {

  private static final int INPUTS = 3;

  private static Fixture fixture;

  @BeforeAll
  static void read() throws IOException {
    fixture = Fixture.read("pooled.json");
  }

  // The source says something else of each row, which is to be no matter.
  private static Rows rows(String name, int width) {
    float[] x = fixture.floats(name);
    int n = x.length / INPUTS;
    float[] outputs = new float[n * width];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = (float) Math.sin(i);
    }
    return new Rows(FloatBuffer.wrap(x), n, INPUTS, outputs, width);
  }

  private static float[] said(int width, int classes, String source, String target) {
    float[] xs = fixture.floats("xs");
    Corrections.Pool pool =
        new Corrections.Pool(FloatBuffer.wrap(xs), FloatBuffer.wrap(fixture.floats(source)), xs.length / INPUTS, null, classes, null);
    Correction learnt =
        Corrections.fit(Method.POOLED_LINEAR, Labelled.of(rows("x", width), FloatBuffer.wrap(fixture.floats(target))), pool, null, 0, 1, 0);
    return learnt.apply(rows("asked", width), null, Corrections.PROCESSES).outputs();
  }

  private static Labelled silent(float[] x, float[] y, int width) {
    int n = y.length / width;
    return Labelled.of(new Rows(FloatBuffer.wrap(x), n, x.length / n, new float[y.length], width), FloatBuffer.wrap(y));
  }

  @Test
  void ridgeOfBothSaysWhatNumPySays() {
    float[] said = said(2, 0, "ys", "y");
    float[] right = fixture.floats("said");
    for (int i = 0; i < right.length; i++) {
      assertEquals(right[i], said[i], 1e-4, "number " + i);
    }
  }

  @Test
  void logisticOfBothSaysWhatSciPySays() {
    float[] said = said(3, 3, "class_source", "class_target");
    float[] right = fixture.floats("p");
    for (int r = 0; r < right.length / 3; r++) {
      double sum = 0;
      for (int c = 0; c < 3; c++) {
        sum += Math.exp(said[r * 3 + c]);
      }
      for (int c = 0; c < 3; c++) {
        assertEquals(right[r * 3 + c], Math.exp(said[r * 3 + c]) / sum, 1e-3, "row " + r);
      }
    }
  }

  @Test
  void sharesAreThoseOfSciPy() {
    float[] off = fixture.floats("off");
    float[] truth = fixture.floats("truth");
    float[][] parts = new float[3][truth.length];
    for (int k = 0; k < 3; k++) {
      System.arraycopy(off, k * truth.length, parts[k], 0, truth.length);
    }
    Labelled target = silent(new float[truth.length], truth, 1);
    double[] shares = UnseenErrors.of(parts, target, 0).shares(new double[] {0.5, 0.3, 0.2}, 20);
    float[] right = fixture.floats("shares");
    for (int k = 0; k < 3; k++) {
      assertEquals(right[k], shares[k], 1e-4);
    }
  }

  @Test
  void whatIsBetterOnTheSourceCountsMoreBeforehand() {
    int n = 200;
    float[] x = new float[n];
    float[] y = new float[2 * n];
    for (int r = 0; r < n; r++) {
      x[r] = (float) Math.sin(7 * r);
      y[2 * r] = 3 * x[r]; // a line
      y[2 * r + 1] = x[r] > 0.2 ? 1 : -1; // a step
    }
    SourceSample sample = Corrections.sample(silent(x, y, 2), 1, 5);
    float[] base = new float[2 * n];
    for (int i = 0; i < base.length; i++) {
      base[i] = y[i] + 0.1f * (i % 4 < 2 ? 1 : -1); // off by a tenth
    }
    double[][] prior = SampleFit.prior(sample, SampleFit.ofBase(sample, base, 0, 2), true);
    for (double[] own : prior) {
      assertEquals(1, own[0] + own[1] + own[2], 1e-9);
    }
    double[] without = SampleFit.prior(sample, SampleFit.ofBase(sample, base, 0, 2), false)[1];
    assertEquals(2, without.length);
    assertEquals(1, without[0] + without[1], 1e-9);
    assertEquals(prior[1][1] / prior[1][0], without[1] / without[0], 1e-9);
    assertTrue(prior[0][1] > 0.9, "ridge of a line " + prior[0][1]);
    assertTrue(prior[1][2] > prior[1][1] && prior[1][0] > prior[1][1], "a step");
    assertEquals(0.01 / sample.errors()[3], prior[1][2] / prior[1][0], 0.01 * prior[1][2] / prior[1][0]);
    // Where on rows not seen such a base was off by three times as much as a line, what it says of its own rows is no measure.
    double[] heldOut = SampleFit.prior(sample, SampleFit.ofBase(sample, base, 3, 2), true)[1];
    assertEquals(9, heldOut[1] / heldOut[0], 1e-6);
    double[] within = SampleFit.prior(sample, SampleFit.ofBase(sample, base, 1e-3, 2), true)[1];
    assertEquals(prior[1][1] / prior[1][0], within[1] / within[0], 1e-9);
  }

  // A law without noise, or a sum of columns: what is learnt of it is wrong by rounding alone, however many rows there are of both.
  @Test
  void ridgeRegressionLearnsAnExactLine() {
    for (int n : new int[] {4, 40, 400}) {
      float[] x = new float[3 * n];
      float[] y = new float[n];
      for (int r = 0; r < n; r++) {
        for (int i = 0; i < 3; i++) {
          x[3 * r + i] = (float) Math.sin(7 * r + 2 * i);
        }
        y[r] = 0.5f * x[3 * r] - 2 * x[3 * r + 1] + 0.01f * x[3 * r + 2] + 1;
      }
      Labelled rows = silent(x, y, 1);
      float[] said = Corrections.linear(rows, false).apply(rows.rows(), null, Corrections.PROCESSES).outputs();
      for (int r = 0; r < n; r++) {
        assertEquals(y[r], said[r], 1e-5, "row " + r + " of " + n);
      }
    }
  }
}
