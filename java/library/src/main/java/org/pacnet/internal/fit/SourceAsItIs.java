package org.pacnet.internal.fit;

import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;

/**
 * The source with nothing learnt: what its network and its linear opinion say, mixed. Neither has seen a row of the target.
 *
 * @param line the linear opinion; null where there is none
 * @param ofLine what it counts beside the network, for each output from 0 to 1
 * @param said what both say together of the target's rows, [rows, width]
 */
record SourceAsItIs(@Nullable LinearCorrection line, double[] ofLine, float[] said) {

  // As so many of the target's rows the source's own count, however many it has: they are of another task.
  private static final double SOURCE_ROWS = 20;

  /**
   * Each counts as much as it is likely to have made the target's rows, and the source's.
   *
   * @param ofNetwork the network's mean squared error on the source, [width]
   * @param ofLine the line's
   */
  static SourceAsItIs of(Labelled target, @Nullable LinearCorrection line, double[] ofNetwork, float[] ofLine) {
    Rows rows = target.rows();
    int width = rows.width();
    double[] shares = new double[width];
    float[] said = rows.outputs().clone();
    if (line != null) {
      float[][] both = {rows.outputs(), LinearCorrection.opinion(1, rows, line).outputs()};
      for (int c = 0; c < width; c++) {
        double ratio = Math.max(ofNetwork[c], Float.MIN_NORMAL) / Math.max(ofLine[c], Float.MIN_NORMAL);
        shares[c] = UnseenErrors.of(both, target, c).winsorised().ofSecond(Math.log(ratio) * SOURCE_ROWS / 2);
        for (int i = c; i < said.length; i += width) {
          said[i] = (float) ((1 - shares[c]) * both[0][i] + shares[c] * both[1][i]);
        }
      }
    }
    return new SourceAsItIs(line, shares, said);
  }
}
