package org.pacnet.internal.format;

import java.util.List;
import java.util.Set;

/**
 * A parameter tensor of a network.
 *
 * @param index in the network's order
 * @param name such as {@code layers.0.weight}
 * @param shape row-major
 * @param offset of its first element in the network's flat parameters
 * @param size number of elements
 * @param layer that it belongs to, from the input side; the head is the last
 * @param roles what it is for
 */
public record TensorInfo(
    int index, String name, List<Long> shape, int offset, int size, int layer, Set<Role> roles) {

  /** What a tensor is for; one may have several. */
  public enum Role {
    /** Pruning may take some of its weights. */
    PRUNABLE,
    /** Running statistics. */
    STATISTICS,
    /** Scale or shift of a normalisation layer. */
    NORMALISATION,
    /** Of the output layer. */
    HEAD
  }

  public TensorInfo {
    shape = List.copyOf(shape);
    roles = Set.copyOf(roles);
  }

  /** Matrices and kernels are; biases and normalisation never. */
  public boolean prunable() {
    return roles.contains(Role.PRUNABLE);
  }

  /** Running statistics of a normalisation layer: training passes move them, the optimizer doesn't. */
  public boolean statistics() {
    return roles.contains(Role.STATISTICS);
  }

  /** Scale, shift or running statistics of a normalisation layer. */
  public boolean normalisation() {
    return roles.contains(Role.NORMALISATION) || statistics();
  }

  /** Whether it belongs to the output layer, which a target with classes of its own replaces. */
  public boolean head() {
    return roles.contains(Role.HEAD);
  }
}
