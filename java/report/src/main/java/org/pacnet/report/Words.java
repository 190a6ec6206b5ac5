package org.pacnet.report;

import java.util.Locale;
import org.pacnet.Model;
import org.pacnet.data.Unseen;
import org.pacnet.result.HeldOut;
import org.pacnet.result.Metrics;
import org.pacnet.result.PhaseReport;

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

  /** Where a table goes beyond the source. */
  public static String unseen(Unseen unseen) {
    String here =
        unseen.least() == unseen.most()
            ? "is " + number(unseen.least())
            : "goes from " + number(unseen.least()) + " to " + number(unseen.most());
    return unseen.constant()
        ? String.format(
            Locale.ROOT,
            "column %s %s, and was %s in every row of the source: nothing was learnt of it there",
            unseen.column(),
            here,
            number(unseen.sourceLeast()))
        : String.format(
            Locale.ROOT,
            "column %s %s, and went from %s to %s in the source: what is said so far from it is a"
                + " guess",
            unseen.column(),
            here,
            number(unseen.sourceLeast()),
            number(unseen.sourceMost()));
  }

  /** A share, with one decimal. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** What Train's number of epochs was chosen by, in a sentence; empty where nothing was tried. */
  public static String heldOut(Model model) {
    PhaseReport train = model.reports().isEmpty() ? null : model.reports().get(0);
    HeldOut found = train == null ? null : train.heldOut();
    if (train == null || found == null) {
      return "";
    }
    boolean classes = model.schema().classification();
    Double linear = found.linear();
    String said =
        String.format(
            Locale.ROOT,
            "On %s rows of the source, held out in turn, the network is off by %s (%d epochs)",
            count(found.rows()),
            classes ? percent(found.network()) : number(found.network()),
            train.epochsRun());
    return linear == null
        ? said + "."
        : said
            + String.format(
                Locale.ROOT,
                ", %s regression by %s.",
                classes ? "logistic" : "ridge",
                classes ? percent(linear) : number(linear));
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
