package org.pacnet.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The interval of a ratio of errors holds the true one as often as it says. */
class ErrorRatioTest {

  private static final int TRIALS = 400;

  private static double[] ones(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  // Residuals of deviation 2 and 1 that have something in common: the true ratio of the RMSEs is 2.
  private static double[][][] draw(SplittableRandom random, int n, int labels) {
    double[][] after = new double[labels + 1][n];
    double[][] before = new double[labels + 1][n];
    for (int r = 0; r < n; r++) {
      for (int c = 0; c < labels; c++) {
        double common = random.nextGaussian();
        double first = 0.8 * common + 0.6 * random.nextGaussian();
        double second = 0.8 * common + 0.6 * random.nextGaussian();
        after[c][r] = 4 * first * first;
        before[c][r] = second * second;
      }
    }
    after[labels] = ones(n);
    before[labels] = ones(n);
    return new double[][][] {after, before};
  }

  @Test
  void theIntervalHoldsTheTruthAsOftenAsItSays() {
    for (int labels : new int[] {1, 3}) {
      SplittableRandom random = new SplittableRandom(7);
      int held = 0;
      for (int trial = 0; trial < TRIALS; trial++) {
        double[][][] drawn = draw(random, 200, labels);
        ErrorRatio ratio = ErrorRatio.of(drawn[0], drawn[1], true);
        held += ratio.low() <= 2 && 2 <= ratio.high() ? 1 : 0;
        assertTrue(ratio.low() < ratio.ratio() && ratio.ratio() < ratio.high());
      }
      // 95 %, give or take three deviations of a count.
      assertEquals(0.95, (double) held / TRIALS, 0.035);
    }
  }

  @Test
  void sharesOfMistakesHaveOneToo() {
    SplittableRandom random = new SplittableRandom(8);
    int held = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      double[][] after = {new double[500], ones(500)};
      double[][] before = {new double[500], ones(500)};
      for (int r = 0; r < 500; r++) {
        double hard = random.nextDouble();
        after[0][r] = hard < 0.1 ? 1 : 0;
        before[0][r] = hard < 0.05 || random.nextDouble() < 0.15 / 0.95 ? 1 : 0;
      }
      ErrorRatio ratio = ErrorRatio.of(after, before, false);
      held += ratio.low() <= 0.5 && 0.5 <= ratio.high() ? 1 : 0;
    }
    assertEquals(0.95, (double) held / TRIALS, 0.035);
  }

  // States along a trajectory are not so many proofs: a hundred copies of a row say what the row says.
  @Test
  void whatAUnitStandsForDoesNotMakeItSurer() {
    double[][][] drawn = draw(new SplittableRandom(9), 50, 1);
    ErrorRatio once = ErrorRatio.of(drawn[0], drawn[1], true);
    for (double[][] losses : drawn) {
      for (double[] line : losses) {
        Arrays.setAll(line, i -> 100 * line[i]);
      }
    }
    ErrorRatio often = ErrorRatio.of(drawn[0], drawn[1], true);
    assertEquals(once.low(), often.low(), 1e-12);
    assertEquals(once.high(), often.high(), 1e-12);
  }

  @Test
  void tooFewRowsOrNoErrorsSayNothing() {
    double[][] some = {{1, 2, 3, 4}, {1, 1, 1, 1}};
    assertNull(ErrorRatio.of(some, some, true));
    double[][] none = {new double[9], ones(9)};
    assertNull(ErrorRatio.of(none, none, true));
  }
}
