package org.pacnet.core;

import java.util.List;
import org.pacnet.binding.PacNetLibrary;

/**
 * A parameter tensor of a network.
 *
 * @param index in the network's order
 * @param name such as {@code layers.0.weight}
 * @param shape row-major
 * @param offset of its first element in the network's flat parameters
 * @param size number of elements
 * @param layer that it belongs to, from the input side; the head is the last
 * @param roles a sum of the core's {@code TensorRole}s
 */
public record TensorInfo(
    int index, String name, List<Long> shape, int offset, int size, int layer, int roles) {

  /** Matrices and kernels are; biases and normalisation never. */
  public boolean prunable() {
    return (roles & PacNetLibrary.kRolePrunable) != 0;
  }

  /** Running statistics of a normalisation layer: training passes move them, the optimizer doesn't. */
  public boolean statistics() {
    return (roles & PacNetLibrary.kRoleStatistics) != 0;
  }

  /** Scale, shift or running statistics of a normalisation layer. */
  public boolean normalisation() {
    return (roles & (PacNetLibrary.kRoleNormalisation | PacNetLibrary.kRoleStatistics)) != 0;
  }

  /** Whether it belongs to the output layer, which a target with classes of its own replaces. */
  public boolean head() {
    return (roles & PacNetLibrary.kRoleHead) != 0;
  }
}
