package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;

/**
 * Fine-tuning with λ·Σ(w − a)² over all parameters but those that are new with the target: L2 with a
 * = 0; L2-SP with the source's weights (Li, Grandvalet and Davoine, ICML 2018).
 *
 * @param towardStart whether a is where it starts
 */
record Pull(boolean towardStart) implements Technique {

  @Override
  public FitRange range(Situation s) {
    FitRange range =
        FitRange.all(s.tensors()).pulled(s.strength(), s.tensors(), t -> !s.isNew(t) && !t.statistics());
    return towardStart ? range.toward(s.start()) : range;
  }
}
