package org.pacnet.config;

import java.util.List;
import org.pacnet.error.DataException;

/**
 * A convolutional network, for images: for each width a block of convolution 3x3, BatchNorm, ReLU and
 * max-pooling 2x2; then the mean over the image and a linear layer.
 *
 * @param widths channels behind each block, at least one
 */
public record Cnn(List<Integer> widths) implements NetworkSpec {
  private static final int WIDEST = 1 << 13;

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Cnn {
    widths = List.copyOf(widths);
    if (widths.isEmpty() || !widths.stream().allMatch(w -> w > 0 && w <= WIDEST)) {
      throw new DataException(
          "the blocks must each have a width between 1 and " + WIDEST + ", not " + widths,
          "widths");
    }
  }
}
