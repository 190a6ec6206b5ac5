package org.pacnet.internal.table;

import java.util.SplittableRandom;

/** What is drawn for a row in an epoch: the same whoever asks, and when. */
public final class EpochRandom {

  private EpochRandom() {}

  /** The numbers of that seed, epoch and row. */
  public static SplittableRandom of(long seed, long epoch, int row) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + epoch * 0xBF58476D1CE4E5B9L + row);
  }
}
