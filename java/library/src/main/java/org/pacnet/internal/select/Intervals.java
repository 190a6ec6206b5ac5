package org.pacnet.internal.select;

import java.util.Arrays;
import java.util.Locale;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.learn.TargetModel;

/** How wide bounds around predictions must be. */
public final class Intervals {

  private Intervals() {}

  /**
   * For each label, in its own unit, how far the bounds are from the prediction: the ⌈(n + 1)·level⌉-th
   * smallest of the n residuals.
   */
  public static double[] widths(String name, TargetModel target, Schema schema, double level) {
    if (!(level > 0 && level < 1)) {
      throw new DataException(
          "the level of intervals must be between 0 and 1, not " + level, "interval");
    }
    float[] residuals = target.residuals();
    if (residuals == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the target '%s' was calibrated without intervals: calibrate it again with them",
              name),
          "intervals");
    }
    int width = schema.outputWidth();
    int n = residuals.length / width;
    int rank = (int) Math.ceil((n + 1) * level - 1e-9);
    if (rank > n) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%d rows of the target can promise %.3g at most; %s takes %d rows",
              n,
              n / (n + 1.0),
              level,
              (int) Math.ceil(level / (1 - level) - 1e-9)),
          "interval");
    }
    double[] widths = new double[width];
    for (int c = 0; c < width; c++) {
      float[] own = new float[n];
      for (int r = 0; r < n; r++) {
        own[r] = residuals[r * width + c];
      }
      Arrays.sort(own);
      widths[c] = own[rank - 1] * schema.labels().get(c).std();
    }
    return widths;
  }
}
