package org.pacnet.config;

import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** How settings are refused. */
final class Check {

  private Check() {}

  /** Throws a {@link DataException} that names the setting, in code and in words, unless the rule is kept. */
  static void that(boolean valid, String setting, String words, String rule, @Nullable Object value) {
    if (!valid) {
      throw new DataException(words + " " + rule + ", not " + value, setting);
    }
  }

  /** Whether the core, which computes with floats, can take it. */
  static boolean positive(double value) {
    return value > 0 && value <= Float.MAX_VALUE;
  }
}
