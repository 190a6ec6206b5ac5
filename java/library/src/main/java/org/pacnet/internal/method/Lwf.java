package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;

/**
 * LwF (Li and Hoiem, "Learning without Forgetting", ECCV 2016): fine-tuning in which the source's
 * outputs stay near what the source's weights say of the same rows, as probabilities at temperature 2.
 */
final class Lwf implements Technique {

  @Override
  public FitRange range(Situation s) {
    return FitRange.all(s.tensors())
        .toward(s.start())
        .with(new FitTerm.SoftLabels(s.firstSourceOutput(), 2, s.strength(), null));
  }
}
