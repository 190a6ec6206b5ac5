package org.pacnet.internal.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.AveragedCorrection;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.SourceSample;

/** Co-kriging averaged over kernels, by the numbers of tests/fixtures/make_bma_fixture.py. */
class AveragedTest {

  private static final int INPUTS = 3;
  private static final int WIDTH = 2;

  private static Fixture fixture;

  @BeforeAll
  static void read() throws IOException {
    fixture = Fixture.read("bma.json");
  }

  private static Rows rows(float[] x, float[] network) {
    return new Rows(FloatBuffer.wrap(x), x.length / INPUTS, INPUTS, network, WIDTH);
  }

  private static Correction learnt(boolean weighted, int[] order) {
    float[] xs = fixture.floats("xs");
    float[] ys = fixture.floats("ys");
    SourceSample sample = new SourceSample(xs.length / INPUTS, xs, ys, new float[0], fixture.floats("errors"));
    LinearCorrection line = Corrections.linear(Labelled.of(rows(xs, new float[ys.length]), FloatBuffer.wrap(ys)), false);
    float[] x = chosen(fixture.floats("x"), order, INPUTS);
    float[] y = chosen(fixture.floats("y"), order, WIDTH);
    Rows target = rows(x, chosen(fixture.floats("network"), order, WIDTH));
    float[] units = chosen(fixture.floats("units"), order, 1);
    int[] groups = new int[units.length];
    for (int r = 0; r < groups.length; r++) {
      groups[r] = (int) units[r];
    }
    Labelled labelled = new Labelled(target, FloatBuffer.wrap(y), weighted ? groups : null, weighted ? chosen(fixture.floats("weights"), order, 1) : null);
    return Corrections.averaged(labelled, sample, fixture.floats("base"), 0, line);
  }

  private static float[] chosen(float[] values, int[] order, int each) {
    float[] all = new float[order.length * each];
    for (int r = 0; r < order.length; r++) {
      System.arraycopy(values, order[r] * each, all, r * each, each);
    }
    return all;
  }

  private static float[] said(Correction correction) {
    return correction.apply(rows(fixture.floats("asked"), fixture.floats("asked_network")), null, Corrections.PROCESSES).outputs();
  }

  private static final int[] AS_THEY_ARE = {0, 1, 2, 3, 4, 5};

  @Test
  void saysWhatEveryKernelByItselfSaysInTheMean() {
    assertArrayEquals(fixture.floats("said"), said(learnt(false, AS_THEY_ARE)), 1e-4f);
  }

  @Test
  void rowsHaveWeightsAndBelongTogether() {
    float[] said = said(learnt(true, AS_THEY_ARE));
    assertArrayEquals(fixture.floats("said_weighted"), said, 1e-4f);
    assertArrayEquals(said, said(learnt(true, new int[] {4, 1, 5, 0, 3, 2})), 1e-5f, "in another order");
  }

  @Test
  void comesBackFromAFile() {
    Correction learnt = learnt(false, AS_THEY_ARE);
    Correction read = Correction.read(Method.COKRIGING_BMA, new LinkedHashMap<>(learnt.entries()), INPUTS, INPUTS, WIDTH, "file");
    assertArrayEquals(said(learnt), said(read));
  }

  // So little of the linear opinion may be left that its factor is zero: then it is neither kept nor expected.
  @Test
  void comesBackFromAFileWithoutTheLinearOpinion() {
    AveragedCorrection none = ((AveragedCorrection) learnt(false, AS_THEY_ARE)).withSource(new double[] {0, 0});
    assertNull(none.linear());
    Correction read = Correction.read(Method.COKRIGING_BMA, new LinkedHashMap<>(none.entries()), INPUTS, INPUTS, WIDTH, "file");
    assertArrayEquals(fixture.floats("asked_network"), said(read), 1e-6f);
  }

  // What the labels and inputs are measured in is no matter.
  @Test
  void unitsAreNoMatter() {
    Random random = new Random(1);
    int n = 12;
    int source = 40;
    double[] errors = new double[2];
    for (int large = 0; large < 2; large++) {
      random.setSeed(1);
      float unit = large == 0 ? 1 : 4096;
      float[] xs = new float[source];
      float[] ys = new float[source];
      float[] base = new float[source];
      for (int r = 0; r < source; r++) {
        xs[r] = (float) random.nextGaussian();
        base[r] = unit * (float) Math.sin(xs[r]);
        ys[r] = base[r] + unit * 0.1f * (float) random.nextGaussian();
      }
      float[] x = new float[n];
      float[] network = new float[n];
      float[] y = new float[n];
      for (int r = 0; r < n; r++) {
        x[r] = (float) random.nextGaussian();
        network[r] = unit * (float) Math.sin(x[r]);
        y[r] = network[r] + unit * (0.5f + 0.1f * (float) random.nextGaussian());
      }
      float squared = 0.1f * unit * unit;
      SourceSample sample = new SourceSample(source, xs, ys, new float[0], new float[] {squared});
      LinearCorrection line = Corrections.linear(Labelled.of(new Rows(FloatBuffer.wrap(xs), source, 1, new float[source], 1), FloatBuffer.wrap(ys)), false);
      Correction learnt =
          Corrections.averaged(Labelled.of(new Rows(FloatBuffer.wrap(x), n, 1, network, 1), FloatBuffer.wrap(y)), sample, base, 0, line);
      float[] at = {-1, 0, 1};
      float[] asked = {unit * (float) Math.sin(-1), 0, unit * (float) Math.sin(1)};
      float[] said = learnt.apply(new Rows(FloatBuffer.wrap(at), 3, 1, asked, 1), null, Corrections.PROCESSES).outputs();
      for (int r = 0; r < 3; r++) {
        errors[large] = Math.max(errors[large], Math.abs(said[r] / unit - Math.sin(at[r]) - 0.5));
      }
    }
    assertTrue(errors[0] < 0.15, Arrays.toString(errors));
    assertEquals(errors[0], errors[1], 0.05, Arrays.toString(errors));
  }
}
