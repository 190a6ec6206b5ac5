package org.pacnet.internal.method;

import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.config.Method.Need;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.format.MaskBits;

/** How each {@link Method} that trains a network does it. */
public final class Techniques {

  private Techniques() {}

  /** What may move, what is pulled where, and what else counts. */
  public static FitRange range(Method method, Situation situation) {
    return of(method).range(situation);
  }

  private static Technique of(Method method) {
    return switch (method) {
      case SCRATCH, FINETUNE -> FineTuning.ALL;
      case FINETUNE_HEAD -> FineTuning.HEAD;
      case FINETUNE_LAST -> FineTuning.LAST;
      case L2 -> new Pull(false);
      case L2SP -> new Pull(true);
      case DELTA -> new Delta();
      case BSS -> new Bss();
      case STOCHNORM -> new StochNorm();
      case COTUNING -> new CoTuning();
      case LWF -> new Lwf();
      case TAPS -> new Taps();
      case LORA -> new Lora();
      case SWR -> new Swr();
      case PRIOR -> new GaussianPrior();
      case PAC, PAC_ENSEMBLE, PAC_STACK, PAC_NOLAMBDA, PAC_NOALLOCATE, PAC_RANDOM, PAC_LAYERWISE, PAC_NOZERO -> new Pac(false);
      case PAC_ALL -> new Pac(true);
      case METAVOTE ->
          s ->
              FitRange.of(s.voted().with(s.tensors(), s::isNew), s.tensors())
                  .pulled(s.strength(), s.tensors(), t -> !s.isNew(t) && t.prunable())
                  .toward(s.start());
      case MERGE -> s -> new Pac(false).range(s).toward(s.start());
      // Its own strength is the teachers'.
      case TEACHERS -> s -> new Pac(false).range(s).pulled(Method.PAC.strength(), s.tensors(), t -> !s.isNew(t) && t.prunable());
      case HUB -> throw new IllegalArgumentException("a hub's networks are fitted together");
      case AUTO, UNTOUCHED, AFFINE, RIDGE_RESIDUAL, COKRIGING, COKRIGING_BMA, LOGISTIC, GP_RESIDUAL, GP, TREES, POOLED_LINEAR, STACK ->
          throw new IllegalArgumentException(method + " trains no network");
    };
  }

  /** Whether a method is nothing but which weights move and one strength that pulls them, whatever the target's rows are. */
  public static boolean pullsAlone(Method method) {
    if (method == Method.AUTO || !method.trainsNetwork() || method.needs(Need.RELATIVES)) {
      return false;
    }
    Technique technique = of(method);
    return technique instanceof FineTuning || technique instanceof Pull || (technique instanceof Pac pac && !pac.everything());
  }

  /**
   * The weights that a method starts from; null for random ones.
   *
   * @param source after Train
   * @param base after Allocate
   */
  public static float @Nullable [] weights(Method method, float[] source, MaskBits mask, float[] base) {
    return switch (method.start()) {
      case RANDOM -> null;
      case SOURCE -> source;
      case PRUNED -> mask.zeroPruned(source);
      case BASE -> base;
    };
  }
}
