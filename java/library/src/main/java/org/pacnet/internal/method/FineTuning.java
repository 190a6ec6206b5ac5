package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/** Training without a penalty: of all layers, of the head, or of the last ones. */
enum FineTuning implements Technique {
  ALL,
  HEAD,
  LAST;

  @Override
  public FitRange range(Situation s) {
    if (this == ALL) {
      return FitRange.all(s.tensors());
    }
    int layers = s.tensors().get(s.tensors().size() - 1).layer() + 1;
    int first = layers - (this == HEAD ? 1 : Math.min(layers, s.lastLayers()));
    MaskBits none = MaskBits.all(s.tensors()).inverted();
    return FitRange.of(
        none.with(s.tensors(), (TensorInfo t) -> t.layer() >= first || s.isNew(t)), s.tensors());
  }
}
