package org.pacnet.internal.image;

import java.util.Set;
import java.util.SplittableRandom;
import org.pacnet.config.Augmentation;
import org.pacnet.internal.table.EpochRandom;

/** What {@link Augmentation} does to one image in one epoch. */
record Draw(boolean flip, int right, int down, float brightness, float contrast, float saturation) {

  static final Draw NONE = new Draw(false, 0, 0, 1, 1, 1);

  private static final double STRENGTH = 0.2;

  /** The same for the same seed, epoch and image, whoever asks and when. */
  static Draw of(Set<Augmentation> which, long seed, long epoch, int image, int height, int width) {
    SplittableRandom random = EpochRandom.of(seed, epoch, image);
    boolean flip = which.contains(Augmentation.FLIP) && random.nextBoolean();
    boolean shifted = which.contains(Augmentation.CROP);
    int right = shifted ? shift(random, width) : 0;
    int down = shifted ? shift(random, height) : 0;
    if (!which.contains(Augmentation.COLOR)) {
      return new Draw(flip, right, down, 1, 1, 1);
    }
    return new Draw(flip, right, down, factor(random), factor(random), factor(random));
  }

  private static int shift(SplittableRandom random, int size) {
    int most = Math.max(1, size / 8);
    return random.nextInt(-most, most + 1);
  }

  private static float factor(SplittableRandom random) {
    return (float) random.nextDouble(1 - STRENGTH, 1 + STRENGTH);
  }

  boolean changesColour() {
    return brightness != 1 || contrast != 1 || saturation != 1;
  }
}
