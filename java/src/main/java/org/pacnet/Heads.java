package org.pacnet;

import java.util.List;
import org.pacnet.core.MaskBits;
import org.pacnet.core.TensorInfo;

/** How a target with classes, and so an output layer, of its own stands on a base. */
final class Heads {

  private Heads() {}

  /** The base's mask on a network with another head, of which all is kept. */
  static MaskBits mask(MaskBits base, List<TensorInfo> own) {
    return base.with(own, TensorInfo::head);
  }

  /** Copies a base into the parameters of a network with another head, which keeps what it has. */
  static void putBody(float[] base, List<TensorInfo> from, float[] parameters, List<TensorInfo> own) {
    for (TensorInfo tensor : own) {
      if (!tensor.head()) {
        int start = from.get(tensor.index()).offset();
        System.arraycopy(base, start, parameters, tensor.offset(), tensor.size());
      }
    }
  }

  /** The values of the head, tensor after tensor. */
  static float[] head(float[] parameters, List<TensorInfo> own) {
    float[] head = new float[size(own)];
    int next = 0;
    for (TensorInfo tensor : own) {
      if (tensor.head()) {
        System.arraycopy(parameters, tensor.offset(), head, next, tensor.size());
        next += tensor.size();
      }
    }
    return head;
  }

  /** The other way round. */
  static void putHead(float[] head, float[] parameters, List<TensorInfo> own) {
    int next = 0;
    for (TensorInfo tensor : own) {
      if (tensor.head()) {
        System.arraycopy(head, next, parameters, tensor.offset(), tensor.size());
        next += tensor.size();
      }
    }
  }

  /** Number of values of the head. */
  static int size(List<TensorInfo> own) {
    return own.stream().filter(TensorInfo::head).mapToInt(TensorInfo::size).sum();
  }
}
