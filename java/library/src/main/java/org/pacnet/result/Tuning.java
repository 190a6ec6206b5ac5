package org.pacnet.result;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Provenance;
import org.pacnet.internal.statistics.FoldTest;
import org.pacnet.internal.statistics.Means;
import org.pacnet.internal.statistics.PairedTests;

/**
 * What cross-validation on a target's rows says of several ways to learn it.
 *
 * @param best the one to take
 * @param trials all that were tried, the lowest loss first
 * @param untouched the source model as it is; null where the target has classes of its own, of which that says nothing
 * @param alone learning from the target's rows alone; null where its training diverged
 * @param data the target's rows
 * @param testToTraining a fold's rows over those that its model learnt from
 * @param unit the label that errors are in the unit of; empty for classes
 * @param diverged what else was tried, and has no error because its training diverged
 * @param optimism how much larger the best one's error is, as a ratio, 1 or more, where each row is asked of what would have been chosen
 *     without it: the rows that chose flatter what they chose (Varma and Simon 2006)
 */
public record Tuning(
    Trial best,
    List<Trial> trials,
    @Nullable Trial untouched,
    @Nullable Trial alone,
    Provenance data,
    double testToTraining,
    String unit,
    List<Diverged> diverged,
    double optimism) {

  /**
   * A way to learn the target that can't be taken.
   *
   * @param config the settings
   * @param problem what happened, in one line
   */
  public record Diverged(TransferConfig config, String problem) {}

  /**
   * How the mean loss of one way differs from that of another, by a paired t-test of the folds with Nadeau and Bengio's (2003) corrected
   * variance.
   *
   * @param mean below zero the one is better
   * @param low of its 95 % interval
   * @param high likewise
   * @param pValue two-sided; 1 where they are the same
   * @param detectable how large it must be to be found, at 5 %, four times in five
   */
  public record Difference(double mean, double low, double high, double pValue, double detectable) {}

  public Tuning {
    trials = List.copyOf(trials);
    diverged = List.copyOf(diverged);
    if (untouched == null && alone == null) {
      throw new IllegalArgumentException("there is nothing to compare with");
    }
  }

  // A smaller difference than this is said to be none.
  private static final double SURE = 0.05;

  /** What transfer has to be better than first: the source model as it is, or where it says nothing of these classes, the rows alone. */
  public Trial without() {
    return untouched != null ? untouched : alone();
  }

  /** Of the one's losses from the other's. */
  public Difference difference(Trial one, Trial other) {
    FoldTest test = FoldTest.of(one.foldLosses(), other.foldLosses(), testToTraining);
    Means.Interval interval = test.interval();
    return new Difference(
        interval.mean(), interval.low(), interval.high(), test.pValue(), test.detectable());
  }

  /**
   * p-values of {@linkplain #difference differences} between one trial and each of the others, in the
   * order of {@link #trials()}, by Holm's correction for their number; 1 for the trial itself.
   */
  public double[] holm(Trial against) {
    List<Trial> others = trials.stream().filter(trial -> !trial.equals(against)).toList();
    double[] corrected =
        PairedTests.holm(
            others.stream().mapToDouble(trial -> difference(trial, against).pValue()).toArray());
    return trials.stream()
        .mapToDouble(trial -> trial.equals(against) ? 1 : corrected[others.indexOf(trial)])
        .toArray();
  }

  /** Whether the transfer helps, that is, beats both the source left alone and the target learnt alone, by how much and how sure that is. */
  public String verdict() {
    boolean nothing = best.equals(without());
    String figures =
        String.format(
            Locale.ROOT,
            "cross-validated on the %d rows of the target, %s is off by %s",
            data.rows(),
            nothing ? "it" : name(best),
            text(best));
    if (nothing) {
      return "Nothing that was tried does better than " + name(best) + ": " + figures + against(alone) + "." + power(next());
    }
    if (best.equals(alone)) {
      boolean sure = untouched != null && surelyBetter(untouched);
      return (sure ? "The source does not help: " : "Whether the source helps can't be told: ")
          + figures
          + against(untouched)
          + against(next())
          + "."
          + (sure ? "" : power(untouched));
    }
    boolean beatsSource = untouched == null || surelyBetter(untouched);
    boolean beatsAlone = alone == null || surelyBetter(alone);
    String what =
        beatsSource && beatsAlone
            ? "The transfer helps: "
            : beatsSource
                ? "The target's rows help, and whether the source does can't be told: "
                : beatsAlone
                    ? "The source helps, and whether more than that was learnt can't be told: "
                    : "Whether the transfer helps can't be told: ";
    return what
        + figures
        + against(untouched)
        + against(alone)
        + "."
        + (beatsSource && beatsAlone ? "" : power(beatsSource ? alone : untouched));
  }

  private boolean surelyBetter(Trial rival) {
    Difference difference = difference(best, rival);
    return difference.mean() < 0 && difference.pValue() < SURE;
  }

  // The best of those that use the source and the target.
  private @Nullable Trial next() {
    return trials.stream()
        .filter(trial -> !trial.equals(best) && !trial.equals(alone) && !trial.equals(untouched))
        .findFirst()
        .orElse(null);
  }

  private String name(Trial trial) {
    Method method = trial.config().method().kind();
    return trial.equals(untouched)
        ? "the source model as it is"
        : trial.equals(alone) ? method + " on the target's rows alone" : method.toString();
  }

  private String against(@Nullable Trial rival) {
    if (rival == null || rival.equals(best)) {
      return "";
    }
    Difference difference = difference(best, rival);
    double lower = change(difference.low(), rival);
    double higher = change(difference.high(), rival);
    String range =
        higher <= 0
            ? String.format(Locale.ROOT, "%.0f to %.0f %% less", -higher, -lower)
            : lower >= 0
                ? String.format(Locale.ROOT, "%.0f to %.0f %% more", lower, higher)
                : String.format(Locale.ROOT, "between %.0f %% less and %.0f %% more", -lower, higher);
    String p = difference.pValue() < 0.001 ? "p < 0.001" : String.format(Locale.ROOT, "p = %.2g", difference.pValue());
    return String.format(Locale.ROOT, ", %s by %s (%s, %s)", name(rival), text(rival), range, p);
  }

  private String power(@Nullable Trial rival) {
    if (rival == null || rival.equals(best)) {
      return "";
    }
    double seen = -change(-difference(best, rival).detectable(), rival);
    return seen >= 99.5 || Double.isNaN(seen)
        ? String.format(Locale.ROOT, " With %d rows no gain can be seen for sure; more rows would tell.", data.rows())
        : String.format(
            Locale.ROOT,
            " With %d rows a gain below %.0f %% is missed one time in five; more rows would tell.",
            data.rows(),
            seen);
  }

  // In per cent of the rival's: of its RMSE, or of classes of −log p.
  private double change(double difference, Trial rival) {
    double ratio = Math.max(0, 1 + difference / rival.loss());
    return 100 * ((unit.isEmpty() ? ratio : Math.sqrt(ratio)) - 1);
  }

  private String text(Trial trial) {
    return unit.isEmpty()
        ? String.format(Locale.ROOT, "%.1f %% wrong", 100 * trial.error())
        : String.format(Locale.ROOT, "%.4g (RMSE of %s)", trial.error(), unit);
  }
}
