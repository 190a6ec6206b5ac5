package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.pacnet.internal.fit.Labelled;
import org.pacnet.internal.table.EncodedData;

/**
 * Parts of equal size (within one row, or one group of rows that belong together) of a target's rows, each with its share of every class, or of high
 * and low labels; or parts by time, of which the first is only learnt from.
 */
public final class Folds {

  private final int[] foldOf;
  private final int count;
  private final double share;
  private final boolean inOrder;

  private Folds(int[] foldOf, int count, double share, boolean inOrder) {
    this.foldOf = foldOf;
    this.count = count;
    this.share = share;
    this.inOrder = inOrder;
  }

  /** The same, but that only so many of the rows outside a fold are given. */
  public Folds reduced(double part) {
    return new Folds(foldOf, count, part, inOrder);
  }

  /**
   * The same; but where rows have times, so many parts one after the other, each to be asked of a model of what was before it (forward
   * chaining). The first part, as large as they, is in none of the folds.
   */
  public static Folds heldOut(EncodedData rows, int wanted, long seed) {
    int[] times = rows.groups();
    return times != null && rows.inOrder() ? chained(times, wanted) : of(rows, wanted, seed);
  }

  private static Folds chained(int[] times, int wanted) {
    int[] order =
        IntStream.range(0, times.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> times[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] part = new int[times.length];
    int parts = -1;
    int begun = -1;
    for (int i = 0; i < order.length; i++) {
      boolean same = i > 0 && times[order[i]] == times[order[i - 1]];
      int due = (int) ((long) i * (wanted + 1) / order.length);
      if (!same && due > begun) {
        begun = due;
        parts++;
      }
      part[order[i]] = parts - 1;
    }
    return new Folds(part, parts, 1, true);
  }

  /** As many as wanted, but none without a row; rows that belong together are in one. */
  public static Folds of(EncodedData rows, int wanted, long seed) {
    int n = rows.rows();
    FloatBuffer labels = rows.labels();
    int each = labels.remaining() / n;
    int[] groups = Labelled.units(rows.groups(), n);
    int units = 1 + Arrays.stream(groups).max().orElse(-1);
    double[] label = new double[units];
    int[] size = new int[units];
    for (int row = 0; row < n; row++) {
      size[groups[row]]++;
      label[groups[row]] += labels.get(row * each);
    }
    for (int unit = 0; unit < units; unit++) {
      label[unit] /= size[unit];
    }
    // Neighbours by label go into different folds, which one is drawn.
    int[] byLabel =
        IntStream.range(0, units)
            .boxed()
            .sorted(Comparator.comparingDouble(unit -> label[unit]))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = Math.min(wanted, units);
    SplittableRandom random = new SplittableRandom(seed);
    int[] foldOf = new int[units];
    int[] order = IntStream.range(0, count).toArray();
    for (int i = 0; i < units; i++) {
      if (i % count == 0) {
        for (int k = count - 1; k > 0; k--) {
          int other = random.nextInt(k + 1);
          int swapped = order[k];
          order[k] = order[other];
          order[other] = swapped;
        }
      }
      foldOf[byLabel[i]] = order[i % count];
    }
    return new Folds(Arrays.stream(groups).map(unit -> foldOf[unit]).toArray(), count, 1, false);
  }

  public int count() {
    return count;
  }

  // Spread evenly over the other folds, which are alike.
  private int[] some(int[] all) {
    int wanted = (int) Math.round(share * all.length);
    int[] byFold =
        Arrays.stream(all)
            .boxed()
            .sorted(Comparator.comparingInt(row -> foldOf[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    return IntStream.range(0, wanted)
        .map(i -> byFold[(int) ((long) i * all.length / wanted)])
        .sorted()
        .toArray();
  }

  /** The rows of a fold. */
  public int[] inside(int fold) {
    return IntStream.range(0, foldOf.length).filter(row -> foldOf[row] == fold).toArray();
  }

  /** The rows that are in a fold, in their order. */
  public int[] asked() {
    return IntStream.range(0, foldOf.length).filter(row -> foldOf[row] >= 0).toArray();
  }

  /** All other rows, of times those before; all rows where there is only one fold. */
  public int[] outside(int fold) {
    if (inOrder) {
      return some(IntStream.range(0, foldOf.length).filter(row -> foldOf[row] < fold).toArray());
    }
    return count == 1
        ? inside(fold)
        : some(IntStream.range(0, foldOf.length).filter(row -> foldOf[row] != fold).toArray());
  }
}
