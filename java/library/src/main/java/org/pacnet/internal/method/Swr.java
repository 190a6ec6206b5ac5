package org.pacnet.internal.method;

import java.util.Random;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.TensorInfo;

/**
 * Scalable weight reparametrisation (Kim et al., "Scalable Weight Reparametrization for Efficient Transfer Learning", arXiv 2302.13435), of
 * pruned weights: a policy, learnt with the target and dropped afterwards, chooses the layers whose weights may move, under a budget: themselves, or
 * by factors of a low rank where these are fewer.
 */
public final class Swr implements Technique {

  private static final double TEMPERATURE = 0.5;

  @Override
  public FitRange range(Situation s) {
    boolean[] gated = new boolean[s.tensors().size()];
    FitRange range = FitRange.of(s.kept().inverted().with(s.tensors(), s::isNew), s.tensors());
    Random random = new Random(s.seed());
    for (TensorInfo tensor : s.tensors()) {
      gated[tensor.index()] = tensor.prunable() && !s.isNew(tensor);
      if (gated[tensor.index()] && byFactors(s, tensor)) {
        range = range.with(Lora.adapter(tensor, s.rank(), random));
      }
    }
    return range.with(new FitTerm.Policy(gated, s.budget(), s.strength(), TEMPERATURE));
  }

  private static boolean byFactors(Situation s, TensorInfo tensor) {
    return s.rank() > 0 && Lora.factors(tensor, s.rank()) < s.kept().inverted().kept(tensor);
  }

  /** How many numbers a tensor learns by, if its layer is chosen. */
  public static long learnt(Situation s, TensorInfo tensor) {
    return byFactors(s, tensor) ? Lora.factors(tensor, s.rank()) : s.kept().inverted().kept(tensor);
  }
}
