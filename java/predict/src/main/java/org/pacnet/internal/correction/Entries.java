package org.pacnet.internal.correction;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.internal.base.SafeTensors.Dtype;
import org.pacnet.internal.base.SafeTensors.Entry;

/** Rows of floats in a file. */
final class Entries {

  private static final double SUM_TOLERANCE = 1e-3; // shares are kept as floats

  private Entries() {}

  /** Takes one out; throws IllegalArgumentException unless it is there, finite, and of that size. */
  static float[] take(Map<String, Entry> entries, String name, int size) {
    float[] values = take(entries, name);
    if (values.length != size) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "'%s' is not %d floats", name, size));
    }
    return values;
  }

  static float[] take(Map<String, Entry> entries, String name) {
    Entry entry = entries.remove(name);
    if (entry == null || entry.dtype() != Dtype.F32 || entry.shape().size() != 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "there are no floats named '%s'", name));
    }
    float[] values = new float[entry.size()];
    entry.copyTo(values, 0);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "'%s' holds %s", name, value));
      }
    }
    return values;
  }

  /** The same, of which all are positive. */
  static float[] takePositive(Map<String, Entry> entries, String name, int size) {
    float[] values = take(entries, name, size);
    for (float value : values) {
      if (!(value > 0)) {
        throw new IllegalArgumentException(String.format(Locale.ROOT, "'%s' holds %s", name, value));
      }
    }
    return values;
  }

  /** What so many rows count; empty where it is not there and all count the same. */
  static float[] takeWeights(Map<String, Entry> entries, String name, int rows) {
    return entries.containsKey(name) ? takePositive(entries, name, rows) : new float[0];
  }

  /** For {@link #takeWeights}. */
  static void putWeights(Map<String, Entry> entries, String name, float[] weights) {
    if (weights.length > 0) {
      entries.put(name, Entry.row(weights));
    }
  }

  /** Rows of so many inputs, one at least. */
  static float[] takeRows(Map<String, Entry> entries, String name, int inputs) {
    float[] x = take(entries, name);
    if (x.length == 0 || x.length % inputs != 0) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "'%s' is not rows of %d inputs", name, inputs));
    }
    return x;
  }

  /** [width, parts] shares, of which those of an output are 0 or more with sum 1. */
  static float[] takeShares(Map<String, Entry> entries, String name, int width, int parts) {
    float[] shares = take(entries, name, width * parts);
    for (int c = 0; c < width; c++) {
      double sum = 0;
      for (int k = 0; k < parts; k++) {
        float share = shares[c * parts + k];
        sum += share >= 0 ? share : Double.NaN;
      }
      if (!(Math.abs(sum - 1) < SUM_TOLERANCE)) {
        throw new IllegalArgumentException(String.format(Locale.ROOT, "'%s' are no shares of one", name));
      }
    }
    return shares;
  }

  /** One behind the other. */
  static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
