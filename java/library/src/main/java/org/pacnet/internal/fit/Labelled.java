package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.RowFacts;

/**
 * Rows to learn from.
 *
 * @param rows with what the source says of them
 * @param labels [rows, width], or [rows] class indices
 * @param groups which rows belong together; null where each stands for itself
 * @param weights how much each counts, positive with mean 1; null where all count the same
 */
public record Labelled(Rows rows, FloatBuffer labels, int @Nullable [] groups, float @Nullable [] weights) {

  /** Rows that are alike. */
  public static Labelled of(Rows rows, FloatBuffer labels) {
    return new Labelled(rows, labels, null, null);
  }

  /** So many of them, drawn at random; all where there are no more. */
  Labelled drawn(int most, long seed) {
    int all = rows.rows();
    if (all <= most) {
      return this;
    }
    int[] which = new int[most];
    SplittableRandom random = new SplittableRandom(seed);
    // Each of those that are left is as likely to be among those that are wanted (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
    for (int row = 0, found = 0; found < most; row++) {
      if (random.nextInt(all - row) < most - found) {
        which[found++] = row;
      }
    }
    return chosen(which);
  }

  /** These of them. */
  Labelled chosen(int[] which) {
    int each = labels.limit() / rows.rows();
    float[] own = new float[which.length * each];
    for (int i = 0; i < which.length; i++) {
      labels.get(which[i] * each, own, i * each, each);
    }
    return new Labelled(
        rows.chosen(which),
        FloatBuffer.wrap(own),
        groups == null ? null : IntStream.of(which).map(row -> groups[row]).toArray(),
        weights == null ? null : chosen(weights, which));
  }

  // With mean 1 again.
  private static float[] chosen(float[] weights, int[] which) {
    double mean = IntStream.of(which).mapToDouble(row -> weights[row]).average().orElseThrow();
    float[] some = new float[which.length];
    for (int i = 0; i < some.length; i++) {
      some[i] = (float) (weights[which[i]] / mean);
    }
    return some;
  }

  /** What each counts, with mean 1. */
  float[] importance() {
    return weights == null ? Pooled.even(rows.rows()) : weights;
  }

  float weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  /** The weights for what keeps none where all are 1. */
  float[] kept() {
    return weights == null ? new float[0] : weights;
  }

  /** What a Gaussian process knows of the rows. */
  RowFacts facts() {
    return new RowFacts(kept(), groups == null ? new int[0] : units());
  }

  int[] units() {
    return units(groups, rows.rows());
  }

  /** Groups, or each of so many rows by itself, numbered without gaps. */
  public static int[] units(int @Nullable [] groups, int rows) {
    if (groups == null) {
      return IntStream.range(0, rows).toArray();
    }
    Map<Integer, Integer> known = new HashMap<>();
    return Arrays.stream(groups).map(group -> known.computeIfAbsent(group, g -> known.size())).toArray();
  }

  /** The rows of each unit. */
  List<int[]> together() {
    int[] units = units();
    List<List<Integer>> rowsOf = new ArrayList<>();
    for (int r = 0; r < units.length; r++) {
      if (units[r] == rowsOf.size()) {
        rowsOf.add(new ArrayList<>());
      }
      rowsOf.get(units[r]).add(r);
    }
    return rowsOf.stream().map(own -> own.stream().mapToInt(Integer::intValue).toArray()).toList();
  }
}
