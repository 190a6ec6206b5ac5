package org.pacnet.result;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which of several bases a target's rows are nearest to, before anything is trained; by what each base's output layer is given of these rows.
 *
 * @param bases the best first
 * @param rows of the target
 * @param unit of the errors; empty for a share of wrong classes
 */
public record Ranking(List<Base> bases, int rows, String unit) {

  // What somebody would stake something on.
  private static final double SURE = 0.9;

  /**
   * One of them.
   *
   * @param name what it was called
   * @param features how many numbers its output layer is given
   * @param error of ridge regression on these, each row asked of a regression of the others: mean RMSE of the labels, or the share of wrong classes
   * @param untouched the error of the base as it is; null where its classes are not the target's
   * @param logMe the logarithm of the maximum evidence, a row (You et al. 2021); higher is better
   * @param hScore for classes (Bao et al. 2019, with the covariance shrunk as by Ibrahim et al. 2022); higher is better; null for numbers
   * @param chance that it has the lowest loss of them all over rows like these: the share of Bayesian bootstraps (Rubin 1981) in which it has
   */
  public record Base(
      String name,
      int features,
      double error,
      @Nullable Double untouched,
      double logMe,
      @Nullable Double hScore,
      double chance) {}

  /** In a sentence which to take, and how sure that is. */
  @JsonProperty
  public String verdict() {
    Base best = bases.get(0);
    String share = String.format(Locale.ROOT, "%.0f %%", 100 * best.chance());
    return best.chance() >= SURE
        ? String.format(Locale.ROOT, "%s is the nearest: it is the best in %s of draws of these %d rows.", best.name(), share, rows)
        : String.format(
            Locale.ROOT,
            "Which is the nearest can't be told by these %d rows: %s is the best in %s of draws of them, %s in %.0f %%. Learn the target on both, or take"
                + " more rows.",
            rows,
            best.name(),
            share,
            bases.get(1).name(),
            100 * bases.get(1).chance());
  }
}
