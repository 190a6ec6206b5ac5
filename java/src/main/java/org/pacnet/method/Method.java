package org.pacnet.method;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pacnet.core.FitRange;
import org.pacnet.core.MaskBits;
import org.pacnet.core.TensorInfo;
import org.pacnet.error.DataException;

/** How a target is learnt from what the source left; {@code docs/methods.md} gives losses and sources. */
public enum Method {
  /** The target's samples alone, from random weights. */
  SCRATCH(Start.RANDOM),
  /** All weights, starting from the source's. */
  FINETUNE(Start.SOURCE),
  /** The output layer alone, on the source's other weights. */
  FINETUNE_HEAD(Start.SOURCE),
  /** Fine-tuning with a pull toward zero. */
  L2(Start.SOURCE),
  /** Fine-tuning with a pull toward the source's weights (Li, Grandvalet and Davoine 2018). */
  L2SP(Start.SOURCE),
  /** Train, Prune, Allocate, Calibrate (Myung et al. 2022). */
  PAC(Start.BASE),
  /** PAC without its pull: what λ is good for. */
  PAC_NOLAMBDA(Start.BASE),
  /** PAC on kept weights that have not been trained again: what Allocate is good for. */
  PAC_NOALLOCATE(Start.PRUNED),
  /** PAC whose pruned weights start as the source's instead of zero: what zeroing is good for. */
  PAC_NOZERO(Start.SOURCE);

  private enum Start {
    RANDOM,
    /** After Train. */
    SOURCE,
    /** After Prune. */
    PRUNED,
    /** After Allocate. */
    BASE
  }

  private final Start start;

  Method(Start start) {
    this.start = start;
  }

  /** Whether what Allocate kept stays as it is: then a target is stored as what differs from the base. */
  public boolean keepsBase() {
    return start == Start.BASE;
  }

  /**
   * What may move, and what is pulled where.
   *
   * @param tensors of the target's network
   * @param kept the base's mask on it
   * @param own the tensors that are new with the target: trained in full, and pulled nowhere
   * @param lambda of the pull λ·Σ(w − a)²
   * @param start the weights that it starts from
   */
  public FitRange range(
      List<TensorInfo> tensors,
      MaskBits kept,
      Predicate<TensorInfo> own,
      double lambda,
      float[] start) {
    MaskBits everything = MaskBits.all(tensors);
    return switch (this) {
      case SCRATCH, FINETUNE -> FitRange.all(tensors);
      case FINETUNE_HEAD ->
          FitRange.of(
              everything.inverted().with(tensors, TensorInfo::head), tensors, 0, own);
      case L2 -> FitRange.of(everything, tensors, lambda, own);
      case L2SP -> FitRange.of(everything, tensors, lambda, own).toward(start);
      case PAC, PAC_NOALLOCATE, PAC_NOZERO -> pruned(tensors, kept, own, lambda);
      case PAC_NOLAMBDA -> pruned(tensors, kept, own, 0);
    };
  }

  private static FitRange pruned(
      List<TensorInfo> tensors, MaskBits kept, Predicate<TensorInfo> own, double lambda) {
    return FitRange.of(kept.inverted().with(tensors, own), tensors, lambda, own);
  }

  /** The weights that it starts from; null for random ones. */
  public float @Nullable [] weights(float[] source, MaskBits mask, float[] base) {
    return switch (start) {
      case RANDOM -> null;
      case SOURCE -> source;
      case PRUNED -> mask.zeroPruned(source);
      case BASE -> base;
    };
  }

  /** As on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The method of that name on the command line. */
  public static Method of(String name) {
    for (Method method : values()) {
      if (method.toString().equals(name)) {
        return method;
      }
    }
    throw new DataException(
        "there is no method '"
            + name
            + "'; choose from "
            + Arrays.stream(values()).map(Method::toString).collect(Collectors.joining(", ")),
        "methods");
  }
}
