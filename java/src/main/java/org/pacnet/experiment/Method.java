package org.pacnet.experiment;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pacnet.error.DataException;

/** Ways to get a target model; {@code docs/methods.md} gives their losses and sources. */
public enum Method {
  /** The target's samples alone, from random weights. */
  SCRATCH,
  /** All weights, starting from the source's. */
  FINETUNE,
  /** Fine-tuning with a pull toward the source's weights (Li, Grandvalet and Davoine 2018). */
  L2SP,
  /** Train, Prune, Allocate, Calibrate (Myung et al. 2022). */
  PAC;

  /** As on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The method of that name on the command line. */
  public static Method of(String name) {
    for (Method method : values()) {
      if (method.toString().equals(name)) {
        return method;
      }
    }
    throw new DataException(
        "there is no method '"
            + name
            + "'; choose from "
            + Arrays.stream(values()).map(Method::toString).collect(Collectors.joining(", ")),
        "methods");
  }
}
