package org.pacnet.config;

import java.util.Set;
import org.pacnet.error.DataException;

/**
 * What is made of images before the network sees them; immutable.
 *
 * @param imageSize what they are scaled to, in pixels; 0: as they are, all of one size
 * @param augment what is done to them at random in training; never in Prune's and the errors' data
 */
public record Images(int imageSize, Set<Augmentation> augment) {

  static final Images DEFAULT = new Images(0, Set.of());

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Images {
    augment = Set.copyOf(augment);
    Check.that(
        imageSize >= 0 && imageSize <= 4096,
        "imageSize",
        "the image size",
        "must be between 1 and 4096, or 0",
        imageSize);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private int imageSize;
    private Set<Augmentation> augment;

    Builder(Images i) {
      imageSize = i.imageSize;
      augment = i.augment;
    }

    /** What they are scaled to, in pixels; 0: as they are, all of one size; by default 0. */
    public Builder imageSize(int value) {
      imageSize = value;
      return this;
    }

    /** What is done to them at random in training; never in Prune's and the errors' data; by default none. */
    public Builder augment(Augmentation... values) {
      augment = Set.of(values);
      return this;
    }

    Images build() {
      return new Images(imageSize, augment);
    }
  }
}
