package org.pacnet.internal.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldTestTest {

  private static final int ROWS = 40;
  private static final int FOLDS = 5;
  private static final int REPETITIONS = 2;

  // By SciPy's Student distribution and the formula of the paper.
  @Test
  void isItsDefinition() {
    double[] one = {1.2, 0.9, 1.1, 1.4, 1.0, 0.8, 1.3, 1.05, 1.15, 0.95};
    double[] other = {1.5, 1.0, 1.3, 1.45, 1.4, 0.9, 1.35, 1.6, 1.2, 1.1};
    FoldTest test = FoldTest.of(one, other, 0.25);
    assertEquals(-0.195, test.mean(), 1e-12);
    assertEquals(0.10098817312493136, test.error(), 1e-12);
    assertEquals(0.08554632854218622, test.pValue(), 1e-9);
    assertEquals(-0.42345111919246864, test.interval().low(), 1e-9);
    assertEquals(0.033451119192468626, test.interval().high(), 1e-9);
    assertEquals(0.317664461113624, test.detectable(), 1e-6);
    assertEquals(1, FoldTest.of(one, one, 0.25).pValue());
    assertEquals(1, FoldTest.of(new double[] {1}, new double[] {2}, 1).pValue());
  }

  /**
   * Two ways that are equally good: a row is predicted by the mean of the one or the other half of the rows that were learnt from. A
   * test of the rows, as if they were independent, finds a difference more often than it may; this one does not.
   */
  @Test
  void findsNoDifferenceWhereThereIsNone() {
    Random random = new Random(5);
    int tries = 3000;
    int byFolds = 0;
    int byRows = 0;
    for (int t = 0; t < tries; t++) {
      double[] y = random.doubles(ROWS, -1, 1).toArray();
      double[][] rowLosses = new double[2][ROWS];
      double[][] foldLosses = new double[2][FOLDS * REPETITIONS];
      for (int repetition = 0; repetition < REPETITIONS; repetition++) {
        int[] foldOf = new int[ROWS];
        for (int i = 0; i < ROWS; i++) {
          foldOf[i] = i % FOLDS;
        }
        for (int i = ROWS - 1; i > 0; i--) {
          int k = random.nextInt(i + 1);
          int swapped = foldOf[i];
          foldOf[i] = foldOf[k];
          foldOf[k] = swapped;
        }
        for (int fold = 0; fold < FOLDS; fold++) {
          double[] sums = new double[2];
          int learnt = 0;
          for (int i = 0; i < ROWS; i++) {
            if (foldOf[i] != fold) {
              sums[learnt++ % 2] += y[i];
            }
          }
          for (int i = 0; i < ROWS; i++) {
            for (int way = 0; way < 2; way++) {
              if (foldOf[i] == fold) {
                double off = y[i] - 2 * sums[way] / learnt;
                rowLosses[way][i] += off * off / REPETITIONS;
                foldLosses[way][repetition * FOLDS + fold] += off * off * FOLDS / ROWS;
              }
            }
          }
        }
      }
      byFolds += FoldTest.of(foldLosses[0], foldLosses[1], 1.0 / (FOLDS - 1)).pValue() < 0.05 ? 1 : 0;
      byRows += PairedTests.pValue(rowLosses[0], rowLosses[1]) < 0.05 ? 1 : 0;
    }
    assertTrue(byFolds < 0.05 * tries, byFolds + " of " + tries + " by folds, " + byRows + " by rows");
    assertTrue(byRows > 0.065 * tries, byFolds + " of " + tries + " by folds, " + byRows + " by rows");
  }

  @Test
  void findsADifferenceOfTheSizeThatItNamesFourTimesInFive() {
    Random random = new Random(7);
    int tries = 4000;
    int found = 0;
    for (int t = 0; t < tries; t++) {
      double[] zero = new double[10];
      double[] shifted = new double[10];
      double sure = new FoldTest(0, Math.sqrt(1.0 / 10), 9).detectable();
      for (int f = 0; f < 10; f++) {
        shifted[f] = sure + random.nextGaussian();
      }
      found += FoldTest.of(shifted, zero, 0).pValue() < 0.05 ? 1 : 0;
    }
    assertEquals(0.8, (double) found / tries, 0.05);
  }
}
