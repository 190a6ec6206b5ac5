package org.pacnet.config;

/** What Calibrate does with BatchNorm layers. */
public enum BatchNorm {
  /** Scale, shift and running statistics are those of the base, bit for bit. */
  FROZEN,
  /** The target gets scale, shift and running statistics of its own, which start from the base's. */
  PER_TARGET
}
