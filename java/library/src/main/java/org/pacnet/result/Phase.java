package org.pacnet.result;

import java.util.Locale;

/** The phases of PAC-Net, in their order. */
public enum Phase {
  TRAIN,
  PRUNE,
  ALLOCATE,
  CALIBRATE;

  /** "Train", "Prune"… */
  @Override
  public String toString() {
    return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
  }
}
