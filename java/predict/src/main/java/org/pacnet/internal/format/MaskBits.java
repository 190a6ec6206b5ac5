package org.pacnet.internal.format;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A network's mask: for each tensor one bit an element in row-major order, least significant bit
 * first, unused bits zero. 1 is kept. Works on flat parameters, as the native core has them.
 */
public final class MaskBits {

  private final List<TensorInfo> tensors;
  private final List<byte[]> bits;

  /** One array of {@code (size + 7) / 8} bytes a tensor. */
  public MaskBits(List<TensorInfo> tensors, List<byte[]> bits) {
    this.tensors = tensors;
    this.bits = bits;
  }

  /** Ones everywhere. */
  public static MaskBits all(List<TensorInfo> tensors) {
    return new MaskBits(tensors, tensors.stream().map(t -> allKept(t.size())).toList());
  }

  /** Ones where the flat values are not zero. */
  public static MaskBits where(List<TensorInfo> tensors, float[] values) {
    List<byte[]> bits = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      byte[] packed = new byte[(tensor.size() + 7) / 8];
      for (int i = 0; i < tensor.size(); i++) {
        if (values[tensor.offset() + i] != 0) {
          packed[i >> 3] |= (byte) (1 << (i & 7));
        }
      }
      bits.add(packed);
    }
    return new MaskBits(tensors, bits);
  }

  /** Ones where this has zeros. */
  public MaskBits inverted() {
    List<byte[]> result = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      byte[] inverse = allKept(tensor.size());
      for (int i = 0; i < inverse.length; i++) {
        inverse[i] ^= of(tensor)[i];
      }
      result.add(inverse);
    }
    return new MaskBits(tensors, result);
  }

  /** The same but for ones in all of the tensors that are chosen, on tensors that may differ there. */
  public MaskBits with(List<TensorInfo> others, Predicate<TensorInfo> chosen) {
    return new MaskBits(
        others,
        others.stream().map(t -> chosen.test(t) ? allKept(t.size()) : of(t)).toList());
  }

  /** The packed bits of one tensor; not a copy. */
  public byte[] of(TensorInfo tensor) {
    return bits.get(tensor.index());
  }

  /** The packed bits of a tensor of which nothing is pruned. */
  public static byte[] allKept(int size) {
    byte[] packed = new byte[(size + 7) / 8];
    for (int i = 0; i < size; i++) {
      packed[i >> 3] |= (byte) (1 << (i & 7));
    }
    return packed;
  }

  /** Ones of one tensor. */
  public long kept(TensorInfo tensor) {
    return kept(of(tensor));
  }

  /** Ones of packed bits. */
  public static long kept(byte[] packed) {
    long count = 0;
    for (byte b : packed) {
      count += Integer.bitCount(b & 0xff);
    }
    return count;
  }

  /** Elements of all tensors where the mask is 0. */
  public int prunedCount() {
    long count = 0;
    for (TensorInfo tensor : tensors) {
      count += tensor.size() - kept(tensor);
    }
    return Math.toIntExact(count);
  }

  /** The parameters with +0.0 at every pruned position. */
  public float[] zeroPruned(float[] parameters) {
    return scatter(parameters, new float[prunedCount()]);
  }

  /** The parameters' values at the pruned positions, in order. */
  public float[] gather(float[] parameters) {
    float[] values = new float[prunedCount()];
    int next = 0;
    for (TensorInfo tensor : tensors) {
      byte[] packed = of(tensor);
      for (int i = 0; i < tensor.size(); i++) {
        if (isPruned(packed, i)) {
          values[next++] = parameters[tensor.offset() + i];
        }
      }
    }
    return values;
  }

  /** A copy of the parameters with these values at the pruned positions, in order. */
  public float[] scatter(float[] parameters, float[] values) {
    float[] result = parameters.clone();
    int next = 0;
    for (TensorInfo tensor : tensors) {
      byte[] packed = of(tensor);
      for (int i = 0; i < tensor.size(); i++) {
        if (isPruned(packed, i)) {
          result[tensor.offset() + i] = values[next++];
        }
      }
    }
    return result;
  }

  private static boolean isPruned(byte[] packed, int i) {
    return (packed[i >> 3] & (1 << (i & 7))) == 0;
  }
}
