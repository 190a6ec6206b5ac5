package org.pacnet.internal.select;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.learn.TargetModel;

/** How wide bounds around predictions must be. */
public final class Intervals {

  private Intervals() {}

  /**
   * For each label, in its own unit, how far the bounds are from the prediction: the ⌈(n + 1)·level⌉-th
   * smallest of the n residuals. Where rows belong together, the smallest that holds a share level·(G + 1)/G of the residuals, each
   * weighing one over its group's size, of G groups (hierarchical conformal prediction; Lee, Barber and Willett 2023).
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
    int[] groups = target.residualGroups();
    int[] size = sizes(groups == null ? IntStream.range(0, n).toArray() : groups);
    checkPromise(level, size.length, groups != null);
    double[] widths = new double[width];
    for (int c = 0; c < width; c++) {
      int label = c;
      int[] order =
          IntStream.range(0, n)
              .boxed()
              .sorted(Comparator.comparingDouble(r -> residuals[r * width + label]))
              .mapToInt(Integer::intValue)
              .toArray();
      // As likely as any of the groups is the next one, which may be off by more than all of them.
      double held = 0;
      int r = -1;
      while (held < level * (size.length + 1) - 1e-9 && r + 1 < n) {
        held += 1.0 / size[groups == null ? order[++r] : groups[order[++r]]];
      }
      widths[c] = residuals[order[r] * width + c] * schema.labels().get(c).std();
    }
    return widths;
  }

  private static int[] sizes(int[] groups) {
    int[] sizes = new int[1 + Arrays.stream(groups).max().orElse(-1)];
    for (int group : groups) {
      sizes[group]++;
    }
    return sizes;
  }

  private static void checkPromise(double level, int units, boolean grouped) {
    if (Math.ceil((units + 1) * level - 1e-9) > units) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%d %s of the target can promise %.3g at most; %s takes %d %2$s",
              units,
              grouped ? "groups of rows" : "rows",
              units / (units + 1.0),
              level,
              (int) Math.ceil(level / (1 - level) - 1e-9)),
          "interval");
    }
  }
}
