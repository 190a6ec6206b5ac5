package org.pacnet.internal.learn;

import java.util.List;
import org.pacnet.internal.format.TensorInfo;

/**
 * Output layers of two tasks in one network: the rows of the first task's matrix and bias, and behind
 * them those of the second's. Everything else is one and the same.
 */
final class Heads {

  private Heads() {}

  /** The parameters of both, from those of two networks that differ in nothing but the head. */
  static float[] join(
      float[] first,
      List<TensorInfo> firstTensors,
      float[] second,
      List<TensorInfo> secondTensors,
      List<TensorInfo> both) {
    TensorInfo last = both.get(both.size() - 1);
    float[] joined = new float[last.offset() + last.size()];
    for (TensorInfo tensor : both) {
      TensorInfo a = firstTensors.get(tensor.index());
      System.arraycopy(first, a.offset(), joined, tensor.offset(), a.size());
      if (tensor.head()) {
        TensorInfo b = secondTensors.get(tensor.index());
        System.arraycopy(second, b.offset(), joined, tensor.offset() + a.size(), b.size());
      }
    }
    return joined;
  }

  /** The first task's part of them. */
  static float[] first(float[] joined, List<TensorInfo> both, List<TensorInfo> firstTensors) {
    TensorInfo last = firstTensors.get(firstTensors.size() - 1);
    float[] first = new float[last.offset() + last.size()];
    for (TensorInfo tensor : firstTensors) {
      System.arraycopy(
          joined, both.get(tensor.index()).offset(), first, tensor.offset(), tensor.size());
    }
    return first;
  }
}
