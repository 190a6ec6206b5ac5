package org.pacnet.internal.method;

import java.util.HashSet;
import java.util.Set;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.format.TensorInfo;

/**
 * TAPS (Wallingford et al., "Task Adaptive Parameter Sharing for Multi-Task Learning", CVPR 2022): a
 * gate for each layer decides whether what the layer learnt counts; while it does not, the layer is
 * the source's, bit for bit. The gates are pulled toward zero by an L1 penalty. The head has none.
 */
final class Taps implements Technique {

  // The paper's threshold; gates start open.
  private static final double THRESHOLD = 0.1;
  private static final double START = 0.2;
  // Of the authors' own code, whose penalty is a mean over the layers.
  private static final double AUTHORS_START = 0.15;
  private static final int AUTHORS_FREE_EPOCHS = 2;

  @Override
  public FitRange range(Situation s) {
    boolean[] gated = new boolean[s.tensors().size()];
    Set<Integer> layers = new HashSet<>();
    for (TensorInfo tensor : s.tensors()) {
      gated[tensor.index()] = !tensor.head() && !tensor.statistics() && !s.isNew(tensor);
      if (gated[tensor.index()]) {
        layers.add(tensor.layer());
      }
    }
    return FitRange.all(s.tensors())
        .with(
            s.authors()
                ? new FitTerm.Gates(gated, THRESHOLD, AUTHORS_START, s.strength() / Math.max(1, layers.size()), AUTHORS_FREE_EPOCHS)
                : new FitTerm.Gates(gated, THRESHOLD, START, s.strength(), 0));
  }
}
