package org.pacnet.config;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * A physics-informed network (Raissi, Perdikaris and Karniadakis 2019): u(x, t) by a tanh perceptron, for tables of
 * points with the columns {@link #COLUMNS} and one label. What is predicted for a row is what its condition
 * asks for, and the label is what that should be: 0 the equation's left side less its right side (label 0, or a
 * source term), 1 u, 2 u_t.
 *
 * @param equation what u solves: the name of an {@link Equation}, or one that is written out, as "u_t + u*u_x = c*u_xx": of u, u_x, u_t,
 *     u_xx, u_tt, x, t, the coefficient c, numbers and pi, with + - * / ^ (the exponent a number) and sin, cos, tan, exp, log, sqrt, tanh, abs. What
 *     has no = is to be zero. Whether it can be read is told where it is trained.
 * @param hidden widths of the hidden layers
 * @param weight of the squared errors of u and u_t in the loss, those of the equation having 1
 */
public record Pinn(String equation, List<Integer> hidden, double weight) implements NetworkSpec {

  /** The columns of a table of points, in any order: place, time, the equation's coefficient, and what is asked. */
  public static final List<String> COLUMNS = List.of("x", "t", "coefficient", "condition");

  private static final double MOST_WEIGHT = 1e6;
  private static final int LONGEST = 1000;

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Pinn {
    equation = checked(equation);
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
  public static Pinn of(String equation) {
    return new Pinn(equation, List.of(64, 64, 64, 64), 100);
  }

  /** The same for an equation that Java puts together: what is to be zero. */
  public static Pinn of(Term residual) {
    return of(residual.toString());
  }

  /** The same for one of those that there are. */
  public static Pinn of(Equation equation) {
    return of(equation.toString());
  }

  /** Which of those that there are it is; null: one that was written out. */
  public @Nullable Equation known() {
    return Stream.of(Equation.values()).filter(one -> one.toString().equals(equation)).findFirst().orElse(null);
  }

  private static String checked(String equation) {
    String written = equation.replaceAll("\\s", "");
    if (written.isEmpty() || written.length() > LONGEST) {
      throw new DataException("an equation has 1 to " + LONGEST + " characters, this one has " + written.length(), "equation");
    }
    for (Equation one : Equation.values()) {
      if (written.replace('_', '-').equalsIgnoreCase(one.toString())) {
        return one.toString();
      }
    }
    return written;
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
