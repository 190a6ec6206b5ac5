package org.pacnet.config;

import java.util.List;
import org.pacnet.error.DataException;

/**
 * A multilayer perceptron, for tables.
 *
 * @param hidden widths of the hidden layers; empty for a linear model
 * @param activation behind each hidden layer
 * @param dropout share of hidden units dropped in training, [0, 1)
 */
public record Perceptron(List<Integer> hidden, Activation activation, double dropout)
    implements NetworkSpec {

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Perceptron {
    hidden = NetworkSpec.checkedHidden(hidden);
    if (!(dropout >= 0 && dropout < 1)) {
      throw new DataException(
          "the dropout must be at least 0 and below 1, not " + dropout, "dropout");
    }
  }

  @Override
  public boolean predictsLabels() {
    return true;
  }
}
