package org.pacnet.result;

import java.util.List;
import java.util.Locale;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Provenance;
import org.pacnet.internal.statistics.PairedTests;

/**
 * What cross-validation on a target's rows says of several ways to learn it.
 *
 * @param best the one to take
 * @param trials all that were tried, the lowest loss first
 * @param without the source model as it is; where the target has classes of its own, learning from
 *     its rows alone
 * @param data the target's rows
 * @param pValue of a paired two-sided t-test between the losses of {@code best} and {@code without};
 *     1 where they are the same
 * @param unit the label that errors are in the unit of; empty for classes
 * @param diverged what else was tried, and has no error because its training diverged
 */
public record Tuning(
    Trial best,
    List<Trial> trials,
    Trial without,
    Provenance data,
    double pValue,
    String unit,
    List<Diverged> diverged) {

  /**
   * A way to learn the target that can't be taken.
   *
   * @param config the settings
   * @param problem what happened, in one line
   */
  public record Diverged(TransferConfig config, String problem) {}

  public Tuning {
    trials = List.copyOf(trials);
    diverged = List.copyOf(diverged);
  }

  // A smaller difference than this is said to be none.
  private static final double SURE = 0.05;

  /**
   * p-values of paired two-sided t-tests between the losses of one trial and each of the others, in the
   * order of {@link #trials()}, by Holm's correction for their number; 1 for the trial itself.
   */
  public double[] holm(Trial against) {
    List<Trial> others = trials.stream().filter(trial -> !trial.equals(against)).toList();
    double[] corrected =
        PairedTests.holm(
            others.stream()
                .mapToDouble(trial -> PairedTests.pValue(trial.losses(), against.losses()))
                .toArray());
    return trials.stream()
        .mapToDouble(trial -> trial.equals(against) ? 1 : corrected[others.indexOf(trial)])
        .toArray();
  }

  /** Whether the transfer helps, by how much and how sure that is, in one sentence. */
  public String verdict() {
    String how = best.config().method().kind().toString();
    String rival = without.config().method().kind().toString();
    String cross =
        String.format(Locale.ROOT, "cross-validated on the %d rows of the target", data.rows());
    if (best.config().method().kind() == without.config().method().kind()) {
      return "Nothing that was tried does better than "
          + (rival.equals("untouched") ? "the source model as it is" : rival)
          + ", "
          + cross
          + ": it is off by "
          + text(without)
          + ".";
    }
    String figures =
        String.format(
            Locale.ROOT,
            "%s, %s is off by %s and %s by %s",
            cross,
            how,
            text(best),
            rival.equals("untouched") ? "the source model as it is" : rival,
            text(without));
    double p = pValue;
    if (best.loss() < without.loss() && p < SURE) {
      return "The transfer helps: " + figures + " (" + probability(p) + ").";
    }
    return "Whether the transfer helps can't be told: "
        + figures
        + " ("
        + probability(p)
        + "); more rows of the target would tell.";
  }

  private static String probability(double p) {
    return p < 0.001 ? "p < 0.001" : String.format(Locale.ROOT, "p = %.2g", p);
  }

  private String text(Trial trial) {
    return unit.isEmpty()
        ? String.format(Locale.ROOT, "%.1f %% wrong", 100 * trial.error())
        : String.format(Locale.ROOT, "%.4g (RMSE of %s)", trial.error(), unit);
  }
}
