package org.pacnet.config;

import java.util.List;
import java.util.Locale;
import org.pacnet.error.DataException;

/**
 * A physics-informed network (Raissi, Perdikaris and Karniadakis 2019): u(x, t) by a tanh perceptron, for tables of
 * points with the columns {@link #COLUMNS} and one label. What is predicted for a row is what its condition
 * asks for, and the label is what that should be: 0 the equation's left side less its right side (label 0, or a
 * source term), 1 u, 2 u_t.
 *
 * @param equation what u solves
 * @param hidden widths of the hidden layers
 * @param weight of the squared errors of u and u_t in the loss, those of the equation having 1
 */
public record Pinn(Equation equation, List<Integer> hidden, double weight) implements NetworkSpec {

  /** The columns of a table of points, in any order: place, time, the equation's coefficient, and what is asked. */
  public static final List<String> COLUMNS = List.of("x", "t", "coefficient", "condition");

  private static final double MOST_WEIGHT = 1e6;

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Pinn {
    hidden = NetworkSpec.checkedHidden(hidden);
    if (!(weight > 0 && weight <= MOST_WEIGHT)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the weight must be above 0 and at most %.0f, not %s",
              MOST_WEIGHT,
              weight),
          "conditionWeight");
    }
  }

  /** Four layers of 64, and a weight of 100. */
  public static Pinn of(Equation equation) {
    return new Pinn(equation, List.of(64, 64, 64, 64), 100);
  }

  @Override
  public boolean hasFeatures() {
    return false;
  }

  /** A hundredth: points have no noise. */
  @Override
  public double pullScale() {
    return 0.01;
  }
}
