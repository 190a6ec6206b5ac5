package org.pacnet.internal.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;

/**
 * What a fit may move, and where it pulls it; {@code pacnet::FitScope} says more.
 *
 * @param trainable 1 may move
 * @param pull λ of the penalty λ·Σ(w − a)², for each tensor
 * @param anchor the a, of all parameters; null for zeros
 * @param frozenZero whether everything that may not move is and stays +0.0
 * @param terms what else it is charged for
 */
public record FitRange(
    MaskBits trainable,
    List<Double> pull,
    float @Nullable [] anchor,
    boolean frozenZero,
    List<FitTerm> terms) {

  /** Everything, and no pull. */
  public static FitRange all(List<TensorInfo> tensors) {
    return of(MaskBits.all(tensors), tensors);
  }

  /** What the mask keeps; the rest is and stays +0.0. */
  public static FitRange kept(MaskBits mask, List<TensorInfo> tensors) {
    FitRange range = of(mask, tensors);
    return new FitRange(range.trainable, range.pull, null, true, List.of());
  }

  /** Where the bits are 1. */
  public static FitRange of(MaskBits trainable, List<TensorInfo> tensors) {
    List<Double> none = Collections.nCopies(tensors.size(), 0.0);
    return new FitRange(trainable, none, null, false, List.of());
  }

  /** The same with a pull by λ in the tensors that are chosen. */
  public FitRange pulled(double lambda, List<TensorInfo> tensors, Predicate<TensorInfo> chosen) {
    List<Double> some = tensors.stream().map(t -> chosen.test(t) ? lambda : 0.0).toList();
    return new FitRange(trainable, some, anchor, frozenZero, terms);
  }

  /** The same with these parameters as the anchor instead of zeros. */
  public FitRange toward(float[] parameters) {
    return new FitRange(trainable, pull, parameters, frozenZero, terms);
  }

  /** The same with one more term. */
  public FitRange with(FitTerm term) {
    List<FitTerm> more = new ArrayList<>(terms);
    more.add(term);
    return new FitRange(trainable, pull, anchor, frozenZero, List.copyOf(more));
  }
}
