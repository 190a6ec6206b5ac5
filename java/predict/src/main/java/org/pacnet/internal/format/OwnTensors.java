package org.pacnet.internal.format;

import java.util.List;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.TransferConfig;

/**
 * The tensors that a target does not share with its base: an output layer for classes of its own,
 * normalisation where it is asked for, or with a method that does not keep the base all of them. They
 * are kept in full; everything else of the target is the base and the values at its pruned positions.
 *
 * @param all whether every tensor is the target's own
 * @param head whether the output layer is new with the target
 * @param normalisation whether BatchNorm's scale, shift and statistics are the target's own
 */
public record OwnTensors(boolean all, boolean head, boolean normalisation) {

  public static OwnTensors of(TransferConfig settings, boolean ownHead) {
    return new OwnTensors(
        !settings.method().kind().keepsBase(), ownHead, settings.calibrate().batchNorm() == BatchNorm.PER_TARGET);
  }

  boolean contains(TensorInfo tensor) {
    return all || isNew(tensor);
  }

  /** Whether the tensor has nothing to do with the base even where the method keeps it. */
  public boolean isNew(TensorInfo tensor) {
    return (head && tensor.head()) || (normalisation && tensor.normalisation());
  }

  /** The base's mask on the target's network, with what is new with the target kept. */
  public MaskBits maskOfNew(MaskBits base, List<TensorInfo> tensors) {
    return base.with(tensors, this::isNew);
  }

  /** The base's mask on the target's network, with all of these kept. */
  public MaskBits mask(MaskBits base, List<TensorInfo> tensors) {
    return base.with(tensors, this::contains);
  }

  /** Copies all but the head of a base into the parameters of a network with another head. */
  public static void putBody(
      float[] base, List<TensorInfo> from, float[] parameters, List<TensorInfo> tensors) {
    for (TensorInfo tensor : tensors) {
      if (!tensor.head()) {
        int start = from.get(tensor.index()).offset();
        System.arraycopy(base, start, parameters, tensor.offset(), tensor.size());
      }
    }
  }

  /** The values, tensor after tensor. */
  public float[] gather(float[] parameters, List<TensorInfo> tensors) {
    float[] values = new float[size(tensors)];
    int next = 0;
    for (TensorInfo tensor : tensors) {
      if (contains(tensor)) {
        System.arraycopy(parameters, tensor.offset(), values, next, tensor.size());
        next += tensor.size();
      }
    }
    return values;
  }

  /** The other way round. */
  public void put(float[] values, float[] parameters, List<TensorInfo> tensors) {
    int next = 0;
    for (TensorInfo tensor : tensors) {
      if (contains(tensor)) {
        System.arraycopy(values, next, parameters, tensor.offset(), tensor.size());
        next += tensor.size();
      }
    }
  }

  /** Number of values. */
  public int size(List<TensorInfo> tensors) {
    return tensors.stream().filter(this::contains).mapToInt(TensorInfo::size).sum();
  }
}
