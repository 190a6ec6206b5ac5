package org.pacnet.internal.statistics;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.hipparchus.stat.inference.TTest;

/** Paired t-tests, and the correction for doing several. */
public final class PairedTests {

  private PairedTests() {}

  /** The two-sided p-value; 1 where all differences are the same, and of fewer than two pairs. */
  public static double pValue(double[] a, double[] b) {
    boolean same = true;
    for (int i = 1; i < a.length; i++) {
      same &= a[i] - b[i] == a[0] - b[0];
    }
    return a.length < 2 || same ? 1 : new TTest().pairedTTest(a, b);
  }

  /** The p-values by Holm's correction (1979) for their number, in the same order. */
  public static double[] holm(double[] raw) {
    int[] order =
        IntStream.range(0, raw.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> raw[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] corrected = new double[raw.length];
    double highest = 0;
    for (int i = 0; i < order.length; i++) {
      highest = Math.max(highest, Math.min(1, raw[order[i]] * (order.length - i)));
      corrected[order[i]] = highest;
    }
    return corrected;
  }
}
