package org.pacnet.internal.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.AveragedCorrection;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Corrected;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.correction.StackCorrection;

/** A mix of the source as it is, the source corrected, and what learns from both tables. */
class StackTest {

  private static final int WIDTH = 2;
  private static final Rows ASKED = target(40, 9, x -> 0).rows();

  // What the source says of both outputs.
  private static double source(double x) {
    return Math.sin(3 * x);
  }

  // The first output is the source's and noise, the second is the source and something more.
  private static Labelled target(int count, long seed, DoubleUnaryOperator more) {
    Random random = new Random(seed);
    float[] x = new float[count];
    float[] said = new float[WIDTH * count];
    float[] y = new float[WIDTH * count];
    for (int r = 0; r < count; r++) {
      x[r] = (float) random.nextGaussian();
      for (int c = 0; c < WIDTH; c++) {
        said[WIDTH * r + c] = (float) source(x[r]);
      }
      y[WIDTH * r] = (float) (source(x[r]) + 0.3 * random.nextGaussian());
      y[WIDTH * r + 1] = (float) (source(x[r]) + more.applyAsDouble(x[r]));
    }
    return Labelled.of(new Rows(FloatBuffer.wrap(x), count, 1, said, WIDTH), FloatBuffer.wrap(y));
  }

  private static Corrected said(Correction correction) {
    return correction.apply(ASKED, null, Corrections.PROCESSES);
  }

  @Test
  void moreOfTheSourceIsAMixtureWithIt() {
    CoKrigingCorrection whole = (CoKrigingCorrection) Corrections.fit(Method.COKRIGING, target(12, 1, x -> x), null, null, 0, 1, 0);
    Corrected before = said(whole);
    Corrected after = said(whole.withSource(new double[] {0.25, 1}));
    for (int r = 0; r < ASKED.rows(); r++) {
      int i = WIDTH * r;
      double o = ASKED.outputs()[i];
      double mean = 0.25 * before.outputs()[i] + 0.75 * o;
      double own = before.spread()[i];
      double variance = 0.25 * (own * own + Math.pow(before.outputs()[i] - mean, 2)) + 0.75 * (o - mean) * (o - mean);
      assertEquals(mean, after.outputs()[i], 1e-5, "row " + r);
      assertEquals(Math.sqrt(variance), after.spread()[i], 1e-4, "row " + r);
      assertEquals(before.outputs()[i + 1], after.outputs()[i + 1], "an output of which nothing is taken");
    }
  }

  @Test
  void moreOfTheSourceIsAMixtureOfTheMeanOverKernelsToo() {
    Labelled target = target(12, 1, x -> x);
    Labelled rows = target(50, 3, x -> x);
    SourceSample sample = Corrections.sample(rows, 1, 5);
    LinearCorrection line = Corrections.linear(rows, false);
    AveragedCorrection whole = (AveragedCorrection) Corrections.averaged(target, sample, rows.rows().outputs(), 0, line);
    float[] before = said(whole).outputs();
    float[] after = said(whole.withSource(new double[] {0.25, 1})).outputs();
    for (int r = 0; r < ASKED.rows(); r++) {
      int i = WIDTH * r;
      assertEquals(0.25 * before[i] + 0.75 * ASKED.outputs()[i], after[i], 1e-5, "row " + r);
      assertEquals(before[i + 1], after[i + 1], "an output of which nothing is taken");
    }
  }

  // What a mixture is unsure of: the mean over kernels is as unsure as what goes by the likeliest kernel.
  @Test
  void theMixIsAsUnsureAsItsProcesses() {
    StackCorrection stack = stack(target(8, 100, x -> 2 + x));
    Corrected mixed = said(stack);
    float[] own = Objects.requireNonNull(said(Objects.requireNonNull(stack.corrections().get(Method.COKRIGING))).spread());
    float[] spread = Objects.requireNonNull(mixed.spread());
    for (int i = 0; i < own.length; i++) {
      int c = i % WIDTH * stack.parts().size();
      double share = stack.shares()[c + stack.parts().indexOf(Method.COKRIGING)] + stack.shares()[c + stack.parts().indexOf(Method.COKRIGING_BMA)];
      assertTrue(spread[i] >= Math.sqrt(share) * own[i] - 1e-5, "row " + i / WIDTH + ": " + spread[i] + " of " + own[i]);
    }
  }

  @Test
  void whatNobodyAsksIsNotKept() {
    LinearCorrection line = Corrections.linear(target(50, 3, x -> x), false);
    CoKrigingCorrection whole = (CoKrigingCorrection) Corrections.fit(Method.COKRIGING, target(12, 1, x -> x), null, line, 0, 1, 0);
    CoKrigingCorrection none = whole.withSource(new double[] {0, 0});
    assertArrayEquals(ASKED.outputs(), said(none).outputs(), 1e-6f);
    assertEquals(0, none.processes().size());
    assertNull(none.linear());
    CoKrigingCorrection second = whole.withSource(new double[] {0, 1});
    for (int r = 0; r < ASKED.rows(); r++) {
      assertEquals(ASKED.outputs()[WIDTH * r], said(second).outputs()[WIDTH * r], 1e-6f);
      assertEquals(said(whole).outputs()[WIDTH * r + 1], said(second).outputs()[WIDTH * r + 1]);
    }
    Correction read = Correction.read(Method.COKRIGING, new LinkedHashMap<>(second.entries()), 1, 1, WIDTH, "file");
    assertArrayEquals(said(second).outputs(), said(read).outputs());
  }

  private static StackCorrection stack(Labelled target) {
    return stack(target, target(300, 2, x -> 0), null);
  }

  // Each row of the target is a fold.
  private static StackCorrection stack(Labelled target, Labelled source, @Nullable LinearCorrection line) {
    List<int[]> folds = IntStream.range(0, target.rows().rows()).mapToObj(r -> new int[] {r}).toList();
    SourceSample sample = Corrections.sample(source, 1, 5);
    float[] base = source.rows().outputs();
    return (StackCorrection) Corrections.stack(target, sample, base, 0, line, folds, f -> part(target, folds, f), null, 1, 0, (done, of) -> {});
  }

  private static Corrections.Fold part(Labelled all, List<int[]> folds, int fold) {
    List<Integer> others = new ArrayList<>(IntStream.range(0, all.rows().rows()).boxed().toList());
    IntStream.of(folds.get(fold)).forEach(row -> others.remove((Integer) row));
    return new Corrections.Fold(all.rows().chosen(folds.get(fold)), all.chosen(others.stream().mapToInt(Integer::intValue).toArray()));
  }

  private static double error(float[] said, int output, DoubleUnaryOperator truth) {
    double squares = 0;
    for (int r = 0; r < ASKED.rows(); r++) {
      double off = said[WIDTH * r + output] - truth.applyAsDouble(ASKED.feature(r, 0));
      squares += off * off / ASKED.rows();
    }
    return Math.sqrt(squares);
  }

  @Test
  void theSourceAsItIsCountsWhereItIsRightAndNotWhereItIsWrong() {
    for (int seed = 0; seed < 10; seed++) {
      Labelled target = target(8, 100 + seed, x -> 2 + x);
      StackCorrection stack = stack(target);
      assertTrue(asItIs(stack, 0) > 0.1, "seed " + seed + ": right, " + asItIs(stack, 0));
      assertTrue(asItIs(stack, 1) < 0.05, "seed " + seed + ": off by 2 and more, " + asItIs(stack, 1));
      float[] said = said(stack).outputs();
      assertTrue(error(said, 0, StackTest::source) < 0.3, "seed " + seed);
      assertTrue(error(said, 1, x -> source(x) + 2 + x) < 0.5, "seed " + seed);
    }
  }

  // How much of what is said of an output is the source's.
  private static double asItIs(StackCorrection stack, int output) {
    CoKrigingCorrection corrected = (CoKrigingCorrection) Objects.requireNonNull(stack.corrections().get(Method.COKRIGING));
    int part = stack.parts().indexOf(Method.COKRIGING);
    int averaged = stack.parts().indexOf(Method.COKRIGING_BMA);
    float share = stack.shares()[output * stack.parts().size() + part] + stack.shares()[output * stack.parts().size() + averaged];
    return share * corrected.weights()[output * CoKrigingCorrection.PARTS + CoKrigingCorrection.AS_IT_IS];
  }

  @Test
  void ofOneRowTheSourceHasItsShareBeforehand() {
    Labelled target = target(1, 1, x -> 5);
    double source = asItIs(stack(target), 0);
    assertTrue(source >= 0.2 - 1e-6, "" + source);
  }

  @Test
  void theSourceAsItIsIsSaidByWhatIsLikelier() {
    // One row, off by 1 by the network and by 2 by the line: odds of 1 to 2; the source's count as 20 rows.
    Labelled one = Labelled.of(new Rows(FloatBuffer.wrap(new float[] {1}), 1, 1, new float[] {4, 4}, WIDTH), FloatBuffer.wrap(new float[] {3, 3}));
    LinearCorrection line = new LinearCorrection(new float[] {2, 0, 0, 3, 2, 0, 0, 3});
    SourceAsItIs source = SourceAsItIs.of(one, line, new double[] {1, 1}, new float[] {1, 1.2f, 9, 9});
    double odds = 0.5 * Math.pow(1.2f, -10);
    assertEquals(1 / 3.0, source.ofLine()[0], 1e-9);
    assertEquals(odds / (1 + odds), source.ofLine()[1], 1e-9);
    assertArrayEquals(new float[] {4 + 1 / 3f, 4 + (float) (odds / (1 + odds))}, source.said(), 1e-6f);
    assertArrayEquals(new float[] {4, 4}, SourceAsItIs.of(one, null, new double[] {1, 1}, new float[] {1, 1}).said());
    assertEquals(1, SourceAsItIs.of(one, line, new double[] {0.5, 0}, new float[] {0, 0}).ofLine()[0], 1e-9, "a line without any error");
  }

  // The source's network is wrong where the target is, and its line right: few rows with much noise show that, and could not teach either.
  @Test
  void theSourcesLineIsTheSourceTooWhereItIsRight() {
    double error = 0;
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      int n = 8;
      float[] x = new float[n];
      float[] said = new float[WIDTH * n];
      float[] y = new float[WIDTH * n];
      for (int r = 0; r < n; r++) {
        x[r] = (float) random.nextGaussian();
        for (int c = 0; c < WIDTH; c++) {
          said[WIDTH * r + c] = (float) (source(x[r]) + 3);
          y[WIDTH * r + c] = (float) (2 * x[r] + 0.5 * random.nextGaussian());
        }
      }
      Labelled target = Labelled.of(new Rows(FloatBuffer.wrap(x), n, 1, said, WIDTH), FloatBuffer.wrap(y));
      Labelled rows = target(300, 2, at -> 2 * at - source(at));
      Correction stack = stack(target, rows, Corrections.linear(rows, false));
      error += error(said(stack).outputs(), 1, at -> 2 * at) / 10;
    }
    assertTrue(error < 0.135, error + "; 0.154 where the network alone was the source");
  }

  // A unit that is another, a fill value, a column that hardly moved in the source: a line goes where no digit of the labels is left.
  @Test
  void anOpinionThatIsFarOffIsNotCorrected() {
    int n = 12;
    float[] x = new float[n];
    float[] said = new float[WIDTH * n];
    float[] y = new float[WIDTH * n];
    for (int r = 0; r < n; r++) {
      x[r] = (float) (1e9 * Math.cos(7 * r));
      for (int c = 0; c < WIDTH; c++) {
        said[WIDTH * r + c] = (float) Math.sin(2.0 * r);
        y[WIDTH * r + c] = said[WIDTH * r + c] + 0.5f;
      }
    }
    Labelled target = Labelled.of(new Rows(FloatBuffer.wrap(x), n, 1, said, WIDTH), FloatBuffer.wrap(y));
    Labelled rows = target(300, 2, at -> at - source(at));
    LinearCorrection line = Corrections.linear(rows, false);
    CoKrigingCorrection corrected = (CoKrigingCorrection) Corrections.fit(Method.COKRIGING, target, null, line, 0, 1, 0);
    assertNull(corrected.linear());
    float[] learnt = stack(target, rows, line).apply(target.rows(), null, Corrections.PROCESSES).outputs();
    assertArrayEquals(y, learnt, 0.2f);
  }
}
