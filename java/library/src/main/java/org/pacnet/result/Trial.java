package org.pacnet.result;

import org.pacnet.config.TransferConfig;

/**
 * One way to learn a target, tried by cross-validation on its rows.
 *
 * @param config the settings
 * @param error on rows that it had not seen: share of wrong classes, or mean RMSE of the labels, in the
 *     label's unit
 * @param losses one for each row of the target that was held out (with times all but the first), the mean over repetitions: of a regression the squared
 *     error in units of the source labels' deviation, of a classification −log p(class)
 * @param foldLosses the same loss, its mean over each fold of each repetition; of the same folds in all trials of a target
 */
public record Trial(TransferConfig config, double error, double[] losses, double[] foldLosses) {

  /** The mean loss. */
  public double loss() {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum / losses.length;
  }
}
