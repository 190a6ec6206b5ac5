package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;

/**
 * BSS (Chen et al., "Catastrophic Forgetting Meets Negative Transfer: Batch Spectral Shrinkage for
 * Safe Transfer Learning", NeurIPS 2019): fine-tuning that shrinks the smallest singular value of a
 * batch's features before the head.
 */
final class Bss implements Technique {

  @Override
  public FitRange range(Situation s) {
    return FitRange.all(s.tensors()).with(new FitTerm.Spectral(s.strength(), 1));
  }
}
