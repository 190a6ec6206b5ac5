package org.pacnet.config;

/** What is done to an image at random, for training only. */
public enum Augmentation {
  /** Left and right exchanged, every second time. */
  FLIP,
  /** Shifted by up to an eighth of the size; what comes in is the source's mean. */
  CROP,
  /** Brightness, contrast and saturation changed by up to a fifth each. */
  COLOR
}
