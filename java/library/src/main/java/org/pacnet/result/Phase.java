package org.pacnet.result;

import java.util.Locale;

/** The phases of PAC-Net, in their order. */
public enum Phase {
  /** All weights learn the source. */
  TRAIN,
  /** The largest weights stay, the others become zero. */
  PRUNE,
  /** The kept weights learn the source again. */
  ALLOCATE,
  /** The pruned weights learn a target. */
  CALIBRATE;

  /** "Train", "Prune"… */
  @Override
  public String toString() {
    return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
  }
}
