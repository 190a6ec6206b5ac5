package org.pacnet.internal.table;

import java.sql.SQLException;
import java.util.Objects;
import org.duckdb.DuckDBAppender;

/**
 * A column that {@link PredictionWriter} adds to a table: one value for each encoded row, in order.
 * The arrays are not copied.
 */
public final class PredictionColumn {
  private final String name;
  private final String sqlType;
  private final int rows;
  private final Values values;

  @FunctionalInterface
  private interface Values {
    void append(DuckDBAppender to, int row) throws SQLException;
  }

  private PredictionColumn(String name, String sqlType, int rows, Values values) {
    this.name = Objects.requireNonNull(name, "name");
    this.sqlType = sqlType;
    this.rows = rows;
    this.values = values;
  }

  /** A column of numbers. */
  public static PredictionColumn numbers(String name, double[] values) {
    return new PredictionColumn(name, "DOUBLE", values.length, (to, row) -> to.append(values[row]));
  }

  /** A column of text, such as class names. */
  public static PredictionColumn texts(String name, String[] values) {
    return new PredictionColumn(
        name, "VARCHAR", values.length, (to, row) -> to.append(values[row]));
  }

  /** The name of the column. */
  public String name() {
    return name;
  }

  /** Number of values. */
  public int rows() {
    return rows;
  }

  String sqlType() {
    return sqlType;
  }

  void append(DuckDBAppender to, int row) throws SQLException {
    values.append(to, row);
  }
}
