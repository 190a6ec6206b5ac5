package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A Gaussian process of one output, by what it was learned from; {@code pacnet::GaussianProcess} says what its kernel means.
 *
 * @param inputs of a row
 * @param x the rows, [rows, inputs]
 * @param o what a source says of them, [rows, outputs]; empty where it stands on no source
 * @param y [rows]
 * @param facts what else is known of the rows
 * @param kernel logarithms of a length for each input, of the signal's variance and the noise's, with a source of the strengths
 *     of constant, scale and slope, and with groups of the variance that a group shares
 */
public record GaussianProcess(int inputs, float[] x, float[] o, float[] y, RowFacts facts, float[] kernel) {


  /** Of a kernel, besides a length for each input. */
  public static int others(boolean source, RowFacts facts) {
    return (source ? 5 : 2) + (facts.groups().length > 0 ? 1 : 0);
  }

  /** So many processes of the same rows, whose o, y and kernels lie one behind the other. */
  static List<GaussianProcess> cut(int count, int inputs, float[] x, float[] o, float[] y, RowFacts facts, float[] kernels) {
    List<GaussianProcess> processes = new ArrayList<>();
    for (int p = 0; p < count; p++) {
      processes.add(
          new GaussianProcess(inputs, x, part(o, p, count), part(y, p, count), facts, part(kernels, p, count)));
    }
    return List.copyOf(processes);
  }

  private static float[] part(float[] all, int which, int count) {
    int each = all.length / count;
    return Arrays.copyOfRange(all, which * each, (which + 1) * each);
  }

  /** What stands before it where it has no source: the mean of y. With one, 0. */
  double mean() {
    double sum = 0;
    for (float value : y) {
      sum += value;
    }
    return o.length > 0 ? 0 : sum / y.length;
  }

  /** The unit of its kernel's variances: where it has no source the deviation of y, or 1 of labels that are all the same. With one, 1. */
  double unit() {
    if (o.length > 0) {
      return 1;
    }
    double mean = mean();
    double squares = 0;
    for (float value : y) {
      squares += (value - mean) * (value - mean);
    }
    return squares > 0 ? Math.sqrt(squares / y.length) : 1;
  }

  /** Number of rows that it was learned from. */
  public int rows() {
    return y.length;
  }

  /** How many outputs its source has; 0 without. */
  public int outputs() {
    return o.length / y.length;
  }
}
