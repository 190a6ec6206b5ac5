package org.pacnet.data;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pacnet.error.DataException;

/**
 * Reads a query with two result columns for each cell: the number or null, and the text or null.
 */
final class DuckCursor extends Cursor {
  private final String name;
  private final long rows;
  private final Statement statement;
  private final ResultSet result;

  /**
   * @param name what to call the table in messages
   * @param rows how many rows the query must have
   */
  DuckCursor(Duck duck, String name, long rows, String sql, int cells) {
    super(cells);
    this.name = name;
    this.rows = rows;
    try {
      statement = duck.connection().createStatement();
      try {
        result = statement.executeQuery(sql);
      } catch (SQLException e) {
        statement.close();
        throw e;
      }
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  @Override
  boolean advance() {
    try {
      if (!result.next()) {
        if (row() != rows) {
          throw new DataException(
              "%s has %d rows but only %d of them can be read; check row %d"
                  .formatted(name, rows, row(), row() + 1));
        }
        return false;
      }
      for (int i = 0; i < missing.length; i++) {
        numbers[i] = result.getDouble(2 * i + 1);
        boolean number = !result.wasNull();
        texts[i] = number ? null : result.getString(2 * i + 2);
        missing[i] = !number && texts[i] == null;
      }
      return true;
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  private DataException unreadable(SQLException e) {
    return new DataException(
        "%s cannot be read after row %d: %s".formatted(name, row(), Duck.reason(e)), e);
  }

  @Override
  public void close() {
    try {
      result.close();
      statement.close();
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }
}
