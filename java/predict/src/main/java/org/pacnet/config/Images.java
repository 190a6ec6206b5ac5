package org.pacnet.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * What is made of images before the network sees them; immutable.
 *
 * @param imageSize what they are scaled to, in pixels; 0: as they are, all of one size
 * @param augment what is done to them at random in training; never in Prune's and the errors' data
 * @param normalize how a network that was trained elsewhere wants them; null: by the mean and deviation of the source's pixels
 */
public record Images(int imageSize, Set<Augmentation> augment, @Nullable Normalization normalize) {

  static final Images DEFAULT = new Images(0, Set.of(), null);

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
    private @Nullable Normalization normalize;

    Builder(Images i) {
      imageSize = i.imageSize;
      augment = i.augment;
      normalize = i.normalize;
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

    /** How a network that was trained elsewhere wants them; null, the default: by the mean and deviation of the source's pixels. */
    public Builder normalize(@Nullable Normalization value) {
      normalize = value;
      return this;
    }

    Images build() {
      return new Images(imageSize, augment, normalize);
    }
  }
}
