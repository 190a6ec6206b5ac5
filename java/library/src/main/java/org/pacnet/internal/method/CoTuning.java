package org.pacnet.internal.method;

import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.FitTerm;
import org.pacnet.internal.base.Softmax;

/**
 * Co-Tuning (You et al., "Co-Tuning for Transfer Learning", NeurIPS 2020): fine-tuning in which the
 * source's output layer stays and learns, for each class of the target, the mix of source classes that
 * the source model sees in that class's rows (the paper's direct estimate of the relationship, without
 * a calibration of the source model).
 */
final class CoTuning implements Technique {

  @Override
  public FitRange range(Situation s) {
    int own = s.firstSourceOutput();
    return FitRange.all(s.tensors())
        .with(new FitTerm.SoftLabels(own, 1, s.strength(), relationship(s, own)));
  }

  /** p(source class | target class), [target classes, source classes]. */
  private static float[] relationship(Situation s, int own) {
    int outputs = s.outputs();
    int source = outputs - own;
    float[] said = s.predict(s.start());
    double[][] sums = new double[own][source];
    int[] counts = new int[own];
    for (int r = 0; r < s.rows(); r++) {
      double[] p = Softmax.of(said, r * outputs + own, source);
      counts[s.label(r)]++;
      for (int c = 0; c < source; c++) {
        sums[s.label(r)][c] += p[c];
      }
    }
    float[] table = new float[own * source];
    for (int y = 0; y < own; y++) {
      for (int c = 0; c < source; c++) {
        table[y * source + c] = (float) (sums[y][c] / Math.max(1, counts[y]));
      }
    }
    return table;
  }
}
