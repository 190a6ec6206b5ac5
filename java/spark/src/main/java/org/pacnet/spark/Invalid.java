package org.pacnet.spark;

import java.util.Arrays;
import java.util.Locale;
import org.pacnet.error.DataException;

/** What becomes of a row whose group is null, or has no target. */
enum Invalid {
  /** It ends the job. */
  ERROR,
  /** It is left out. */
  SKIP,
  /** It stays, without a prediction. */
  NULL;

  static Invalid of(String name) {
    for (Invalid invalid : values()) {
      if (invalid.toString().equals(name)) {
        return invalid;
      }
    }
    throw new DataException("handleInvalid is one of " + Arrays.toString(values()) + ", not " + name, "handleInvalid");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
