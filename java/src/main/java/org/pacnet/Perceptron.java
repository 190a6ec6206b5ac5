package org.pacnet;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pacnet.data.Schema;
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

  @Override
  public String describe(Schema schema, int outputs) {
    return describe(schema.inputWidth(), outputs);
  }

  /** The same for so many numbers in and out. */
  public String describe(int inputs, int outputs) {
    String widths = hidden.stream().map(width -> width + ",").collect(Collectors.joining());
    return String.format(
        Locale.ROOT,
        "mlp sizes=%d,%s%d activation=%s dropout=%s",
        inputs,
        widths,
        outputs,
        activation.name().toLowerCase(Locale.ROOT),
        dropout);
  }
}
