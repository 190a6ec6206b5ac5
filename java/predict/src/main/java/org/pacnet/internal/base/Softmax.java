package org.pacnet.internal.base;

/** Probabilities from a network's outputs. */
public final class Softmax {

  private Softmax() {}

  /** Of {@code classes} outputs from {@code offset} on. */
  public static double[] of(float[] logits, int offset, int classes) {
    double[] p = new double[classes];
    into(logits, offset, classes, p);
    return p;
  }

  /** The same into an array that is there. */
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
