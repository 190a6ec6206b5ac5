package org.pacnet.data;

/** Mean and population standard deviation of a stream of numbers, by Welford's recurrence. */
final class Moments {
  private long count;
  private double mean;
  private double squares;

  void add(double value) {
    count++;
    double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }

  void add(double[] values, int count) {
    for (int i = 0; i < count; i++) {
      add(values[i]);
    }
  }

  long count() {
    return count;
  }

  double mean() {
    return mean;
  }

  /** The standard deviation, or 1 if all values are equal, for nothing can be divided by 0. */
  double scale() {
    double std = Math.sqrt(squares / count);
    return std > 0 ? std : 1;
  }
}
