package org.pacnet.internal.method;

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
    for (TensorInfo tensor : s.tensors()) {
      gated[tensor.index()] = !tensor.head() && !tensor.statistics() && !s.isNew(tensor);
    }
    FitRange all = FitRange.all(s.tensors());
    if (!s.authors()) {
      return all.with(new FitTerm.Gates(gated, THRESHOLD, START, s.strength(), 0));
    }
    long layers = s.tensors().stream().filter(tensor -> gated[tensor.index()]).map(TensorInfo::layer).distinct().count();
    return all.with(new FitTerm.Gates(gated, THRESHOLD, AUTHORS_START, s.strength() / Math.max(1, layers), AUTHORS_FREE_EPOCHS));
  }
}
