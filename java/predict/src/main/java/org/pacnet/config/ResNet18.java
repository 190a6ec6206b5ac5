package org.pacnet.config;

import org.pacnet.error.DataException;

/**
 * ResNet-18 (He et al. 2016), for images, with torchvision's parameter names. Images of up to 40
 * pixels enter by a convolution 3x3 without max-pooling, as is usual for CIFAR.
 *
 * @param baseWidth channels of the first stage; 64 in the paper
 */
public record ResNet18(int baseWidth) implements NetworkSpec {
  private static final int WIDEST = 1 << 10;

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public ResNet18 {
    if (baseWidth < 1 || baseWidth > WIDEST) {
      throw new DataException(
          "the base width must be between 1 and " + WIDEST + ", not " + baseWidth, "baseWidth");
    }
  }
}
