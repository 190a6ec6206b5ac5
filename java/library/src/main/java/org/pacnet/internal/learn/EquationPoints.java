package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.Objects;
import org.pacnet.config.Equation;
import org.pacnet.config.Pinn;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.table.EncodedData;

/** What rows must be for a {@link Pinn}. */
final class EquationPoints {

  private EquationPoints() {}

  /**
   * Throws a {@link DataException} if there are no such columns, or a row has numbers that the equation has no place for.
   *
   * @param name what messages call the table
   */
  static void check(Pinn pinn, Schema schema, EncodedData rows, String name) {
    NetworkDescription.of(pinn, schema); // which says so where it has not these columns
    Equation known = pinn.known();
    double least = known == null ? -Float.MAX_VALUE : known.least();
    double most = known == null ? Float.MAX_VALUE : known.most();
    String equation = pinn.equation();
    FloatBuffer values = Objects.requireNonNull(rows.features());
    int width = schema.inputWidth();
    int[] at = Pinn.COLUMNS.stream().mapToInt(c -> index(schema, c)).toArray();
    // Single precision has moved what is on a border.
    double slack = 1e-6;
    for (int r = 0; r < rows.rows(); r++) {
      check(equation, name, r, "x", values.get(r * width + at[0]), -1 - slack, 1 + slack);
      check(equation, name, r, "t", values.get(r * width + at[1]), 0 - slack, 1 + slack);
      check(
          equation,
          name,
          r,
          "coefficient",
          values.get(r * width + at[2]),
          least - slack,
          most + slack);
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

  private static void check(String equation, String name, int row, String column, float value, double least, double most) {
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
