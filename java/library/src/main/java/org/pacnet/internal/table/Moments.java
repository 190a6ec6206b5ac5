package org.pacnet.internal.table;

import org.jspecify.annotations.Nullable;
import org.pacnet.data.Schema;
import org.pacnet.data.Unseen;

/**
 * Mean and population standard deviation of a stream of numbers: Welford's recurrence for single
 * ones, and blocks by their own moments, joined as Chan, Golub and LeVeque (1979) have it.
 */
final class Moments {
  /**
   * Of the largest magnitude: what varies less than that is a constant and how it was rounded. 2,000
   * times 0.1 has a deviation of 8.7e-16.
   */
  static final double CONSTANT = 1e-7;

  private long count;
  private double mean;
  private double squares;
  private double least = Double.POSITIVE_INFINITY;
  private double most = Double.NEGATIVE_INFINITY;

  void add(double value) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    join(1, value, 0);
  }

  void add(double[] values, int size) {
    double low = least;
    double high = most;
    for (int i = 0; i < size; i++) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    least = low;
    most = high;
    double center = sum(values, size) / size;
    join(size, center, squares(values, size, center));
  }

  // Four sums at a time: one alone would have each addition wait for the one before.
  private static double sum(double[] values, int size) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 4 <= size; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (; i < size; i++) {
      a += values[i];
    }
    return a + b + (c + d);
  }

  private static double squares(double[] values, int size, double center) {
    double a = 0;
    double b = 0;
    int i = 0;
    for (; i + 2 <= size; i += 2) {
      double first = values[i] - center;
      double second = values[i + 1] - center;
      a += first * first;
      b += second * second;
    }
    if (i < size) {
      a += (values[i] - center) * (values[i] - center);
    }
    return a + b;
  }

  private void join(long otherCount, double otherMean, double otherSquares) {
    long all = count + otherCount;
    double delta = otherMean - mean;
    mean += delta * otherCount / all;
    squares += otherSquares + delta * delta * count * otherCount / all;
    count = all;
  }

  long count() {
    return count;
  }

  /** The mean; of equal values their value itself, which a sum of many would miss by its rounding. */
  double mean() {
    return least == most ? least : mean;
  }

  /** From the smallest to the largest value. */
  Schema.Range range() {
    return new Schema.Range(least, most);
  }

  /** Null where a column that goes from least to most keeps to what the source had there, or that is not known. */
  static @Nullable Unseen unseen(
      String column, Schema.@Nullable Range source, double least, double most) {
    if (source == null || least > most) {
      return null;
    }
    double beyond = Math.max(most - source.most(), source.least() - least);
    double rounding = CONSTANT * Math.max(Math.abs(source.least()), Math.abs(source.most()));
    double room = Math.max(source.most() - source.least(), rounding);
    return beyond > room ? new Unseen(column, least, most, source.least(), source.most()) : null;
  }

  /** The standard deviation, or 1 of what is constant: to divide by its rounding would blow up any other value. */
  double scale() {
    double std = Math.sqrt(squares / count);
    boolean constant = least == most || std < CONSTANT * Math.max(Math.abs(least), Math.abs(most));
    return constant ? 1 : std;
  }
}
