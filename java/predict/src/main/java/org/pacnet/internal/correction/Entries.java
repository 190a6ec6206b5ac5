package org.pacnet.internal.correction;

import java.util.Locale;
import java.util.Map;
import org.pacnet.internal.base.SafeTensors.Dtype;
import org.pacnet.internal.base.SafeTensors.Entry;

/** Rows of floats in a file. */
final class Entries {

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
}
