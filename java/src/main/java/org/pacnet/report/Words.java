package org.pacnet.report;

import java.util.Locale;
import org.pacnet.Metrics;

/** Numbers in sentences. */
public final class Words {

  private Words() {}

  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e6
        ? count((long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  /** With commas between thousands. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A share, with one decimal. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** An error as it is compared: what is wrong, or the root mean squared error. */
  static String error(Metrics metrics) {
    if (metrics.accuracy() != null) {
      return percent(metrics.error()) + " wrong";
    }
    return metrics.labels().size() == 1
        ? String.format(
            Locale.ROOT,
            "an RMSE of %s of %s",
            number(metrics.error()),
            metrics.labels().get(0).label())
        : String.format(
            Locale.ROOT,
            "a mean RMSE of %s over %d labels",
            number(metrics.error()),
            metrics.labels().size());
  }
}
