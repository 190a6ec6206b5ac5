package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.TensorInfo;

/**
 * Scalable weight reparametrisation (Kim et al., "Scalable Weight Reparametrization for Efficient Transfer Learning", arXiv 2302.13435), of
 * pruned weights: a policy, learnt with the target and dropped afterwards, chooses the layers whose weights may move, under a budget.
 */
final class Swr implements Technique {

  private static final double TEMPERATURE = 0.5;

  @Override
  public FitRange range(Situation s) {
    boolean[] gated = new boolean[s.tensors().size()];
    for (TensorInfo tensor : s.tensors()) {
      gated[tensor.index()] = tensor.prunable() && !s.isNew(tensor);
    }
    return FitRange.of(s.kept().inverted().with(s.tensors(), s::isNew), s.tensors())
        .with(new FitTerm.Policy(gated, s.budget(), s.strength(), TEMPERATURE));
  }
}
