package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;

/**
 * StochNorm (Kou et al., "Stochastic Normalization", NeurIPS 2020): fine-tuning in which each channel
 * of a BatchNorm layer is normalised by the running statistics instead of the batch's, with a chance
 * of one half.
 */
final class StochNorm implements Technique {

  @Override
  public FitRange range(Situation s) {
    return FitRange.all(s.tensors()).with(new FitTerm.StochasticNormalisation(0.5));
  }
}
