package org.pacnet;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.EncodedData;
import org.pacnet.data.Schema;
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
          "weight");
    }
  }

  /** Four layers of 64, and a weight of 100. */
  public static Pinn of(Equation equation) {
    return new Pinn(equation, List.of(64, 64, 64, 64), 100);
  }

  @Override
  public String describe(Schema schema, int outputs) {
    List<String> names = schema.inputs().stream().map(Schema.Input::name).toList();
    boolean numbers = schema.inputs().stream().allMatch(input -> input.kind() == ColumnKind.NUMERIC);
    if (names.size() != COLUMNS.size() || !names.containsAll(COLUMNS) || !numbers || outputs != 1) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the network pinn takes the columns %s, all numbers, and one label; the source has"
                  + " %s",
              String.join(", ", COLUMNS),
              String.join(", ", names)),
          "network");
    }
    return String.format(
        Locale.ROOT,
        "pinn equation=%s hidden=%s columns=%s weight=%s",
        equation,
        NetworkSpec.list(hidden),
        NetworkSpec.list(COLUMNS.stream().map(names::indexOf).toList()),
        weight);
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

  @Override
  public void check(Schema schema, EncodedData rows, String name) {
    describe(schema); // which says so where it has not these columns
    FloatBuffer values = Objects.requireNonNull(rows.features());
    int width = schema.inputWidth();
    int[] at = COLUMNS.stream().mapToInt(c -> index(schema, c)).toArray();
    // Single precision has moved what is on a border.
    double slack = 1e-6;
    for (int r = 0; r < rows.rows(); r++) {
      check(name, r, "x", values.get(r * width + at[0]), -1 - slack, 1 + slack);
      check(name, r, "t", values.get(r * width + at[1]), 0 - slack, 1 + slack);
      check(
          name,
          r,
          "coefficient",
          values.get(r * width + at[2]),
          equation.least() - slack,
          equation.most() + slack);
      float condition = values.get(r * width + at[3]);
      if (condition != 0 && condition != 1 && condition != 2) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, row %d: condition is %s; it must be 0 (the equation), 1 (u) or 2 (u_t)",
                name,
                r + 1,
                condition));
      }
    }
  }

  private static int index(Schema schema, String column) {
    return schema.inputs().stream().map(Schema.Input::name).toList().indexOf(column);
  }

  private void check(String name, int row, String column, float value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, row %d: %s is %s; for the equation %s it must be between %.4g and %.4g",
              name,
              row + 1,
              column,
              value,
              equation,
              least,
              most));
    }
  }
}
