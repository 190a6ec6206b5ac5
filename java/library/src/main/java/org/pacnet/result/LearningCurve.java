package org.pacnet.result;

import java.util.List;
import java.util.Locale;

/**
 * How a target's error falls with its rows: measured by cross-validation on parts of them, and drawn out by
 * a power law, a·rows^(−b), through the measured points.
 *
 * @param points measured, fewest rows first
 * @param rows that the target has
 * @param unit the label that errors are in the unit of; empty for classes
 */
public record LearningCurve(List<Point> points, int rows, String unit) {

  /**
   * A measured error.
   *
   * @param rows learnt from
   * @param error on rows that had not been seen, as of {@link Trial}
   */
  public record Point(int rows, double error) {}

  /** The error to expect with so many rows: a guess beyond those that there are. */
  public double expected(int many) {
    double meanX = 0;
    double meanY = 0;
    int n = points.size();
    for (Point point : points) {
      meanX += Math.log(point.rows()) / n;
      meanY += Math.log(Math.max(point.error(), 1e-12)) / n;
    }
    double xx = 0;
    double xy = 0;
    for (Point point : points) {
      double x = Math.log(point.rows()) - meanX;
      xx += x * x;
      xy += x * (Math.log(Math.max(point.error(), 1e-12)) - meanY);
    }
    // More rows don't do harm; where the points say so, it is chance.
    double slope = xx > 0 ? Math.min(0, xy / xx) : 0;
    return Math.exp(meanY + slope * (Math.log(many) - meanX));
  }

  /** What more rows would buy, in one sentence. */
  public String verdict() {
    return String.format(
        Locale.ROOT,
        "Twice the rows (%d) would bring the error from about %s to about %s, four times to about"
            + " %s; a power law through the points above, so a guess.",
        2 * rows,
        text(expected(rows)),
        text(expected(2 * rows)),
        text(expected(4 * rows)));
  }

  /** An error for people. */
  public String text(double error) {
    return unit.isEmpty()
        ? String.format(Locale.ROOT, "%.1f %%", 100 * error)
        : String.format(Locale.ROOT, "%.3g", error);
  }
}
