package org.pacnet.internal.base;

import java.util.Arrays;

/** Probabilities from a network's outputs, or from logarithms of likelihoods. */
public final class Softmax {

  private Softmax() {}

  /** Of {@code classes} outputs from {@code offset} on. */
  public static double[] of(float[] logits, int offset, int classes) {
    double[] p = new double[classes];
    into(logits, offset, classes, p);
    return p;
  }

  /** The same of all values. */
  public static double[] of(double[] logs) {
    double largest = Arrays.stream(logs).max().orElseThrow();
    double[] p = Arrays.stream(logs).map(log -> Math.exp(log - largest)).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(part -> part / sum).toArray();
  }

  /** Of {@code classes} outputs from {@code offset} on, into an array that is there. */
  public static void into(float[] logits, int offset, int classes, double[] p) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, logits[offset + c]);
    }
    double total = 0;
    for (int c = 0; c < classes; c++) {
      p[c] = Math.exp(logits[offset + c] - largest);
      total += p[c];
    }
    for (int c = 0; c < classes; c++) {
      p[c] /= total;
    }
  }

  /** The index of the largest probability: of equals the first. */
  public static int mostProbable(double[] p) {
    int best = 0;
    for (int c = 1; c < p.length; c++) {
      best = p[c] > p[best] ? c : best;
    }
    return best;
  }
}
