package org.pacnet.core;

import java.util.List;

/**
 * A parameter tensor of a network.
 *
 * @param index in the network's order
 * @param name such as {@code layers.0.weight}
 * @param shape row-major
 * @param offset of its first element in the network's flat parameters
 * @param size number of elements
 */
public record TensorInfo(int index, String name, List<Long> shape, int offset, int size) {

  /** Only matrices are pruned; biases never. */
  public boolean prunable() {
    return shape.size() >= 2;
  }
}
