package org.pacnet.config;

import java.util.List;
import org.pacnet.error.DataException;

/**
 * How a network that was trained elsewhere wants its images: a value v in [0, 255] of channel c as (v / 255 − mean[c]) / std[c].
 *
 * @param mean of each channel, in [0, 1]
 * @param std likewise, positive
 */
public record Normalization(List<Double> mean, List<Double> std) {

  /** Of ImageNet, which torchvision's and timm's networks were trained with. */
  public static final Normalization IMAGENET = new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  /** Throws a {@link DataException} if a number is out of its range, or one channel has none. */
  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    Check.that(
        !mean.isEmpty() && mean.size() == std.size(), "normalize", "the normalisation", "must have a mean and a deviation of each channel", mean + " and " + std);
    Check.that(mean.stream().allMatch(m -> m >= 0 && m <= 1), "normalize", "a channel's mean", "must be between 0 and 1", mean);
    Check.that(std.stream().allMatch(s -> s > 0 && s <= 1), "normalize", "a channel's deviation", "must be above 0, and at most 1", std);
  }
}
