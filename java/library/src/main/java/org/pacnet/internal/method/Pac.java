package org.pacnet.internal.method;

import java.util.Arrays;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/**
 * Calibrate: the pruned weights are trained and pulled toward zero, the others frozen (Myung et al.,
 * ICML 2022).
 *
 * @param everything whether what is kept is trained too, though not pulled
 */
record Pac(boolean everything) implements Technique {

  @Override
  public FitRange range(Situation s) {
    MaskBits pruned = s.kept().inverted();
    MaskBits trainable =
        everything ? MaskBits.all(s.tensors()) : pruned.with(s.tensors(), s::isNew);
    FitRange range =
        FitRange.of(trainable, s.tensors())
            .pulled(s.strength(), s.tensors(), t -> !s.isNew(t) && t.prunable());
    return everything ? range.with(new FitTerm.Precision(flags(pruned, s))) : range;
  }

  // 1 where the mask is.
  private static float[] flags(MaskBits mask, Situation s) {
    float[] ones = new float[s.start().length];
    Arrays.fill(ones, 1);
    float[] flags = mask.zeroPruned(ones);
    for (TensorInfo tensor : s.tensors()) {
      if (s.isNew(tensor)) {
        Arrays.fill(flags, tensor.offset(), tensor.offset() + tensor.size(), 0);
      }
    }
    return flags;
  }
}
