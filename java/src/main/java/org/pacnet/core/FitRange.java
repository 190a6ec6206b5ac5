package org.pacnet.core;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a fit may move, and where it pulls it; {@code pacnet::FitScope} says more.
 *
 * @param trainable 1 may move
 * @param pull λ of the penalty λ·Σ(w − a)², for each tensor
 * @param anchor the a, of all parameters; null for zeros
 * @param frozenZero whether everything that may not move is and stays +0.0
 */
public record FitRange(
    MaskBits trainable, List<Double> pull, float @Nullable [] anchor, boolean frozenZero) {

  /** Everything, and no pull. */
  public static FitRange all(List<TensorInfo> tensors) {
    return of(MaskBits.all(tensors), tensors, 0, tensor -> false);
  }

  /** What the mask keeps; the rest is and stays +0.0. */
  public static FitRange kept(MaskBits mask, List<TensorInfo> tensors) {
    FitRange range = of(mask, tensors, 0, tensor -> false);
    return new FitRange(range.trainable, range.pull, null, true);
  }

  /** Where the bits are 1, pulled toward zero by λ except in the tensors that are free. */
  public static FitRange of(
      MaskBits trainable, List<TensorInfo> tensors, double lambda, Predicate<TensorInfo> free) {
    List<Double> pull = tensors.stream().map(t -> free.test(t) ? 0.0 : lambda).toList();
    return new FitRange(trainable, pull, null, false);
  }

  /** The same with a pull toward these parameters instead of zero. */
  public FitRange toward(float[] parameters) {
    return new FitRange(trainable, pull, parameters, frozenZero);
  }
}
