package org.pacnet.data;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBReadableVector;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** Reads a query, vector by vector as DuckDB has them. */
final class DuckCursor extends Cursor {

  /**
   * How to select a cell: the number or null, and the text or null; one of the two can be left out.
   */
  record Cell(@Nullable String number, @Nullable String text) {}

  private final String name;
  private final long rows;
  private final List<Cell> cells;
  private final DuckDBPreparedStatement statement;
  private final DuckDBChunkedResult result;
  private long read;

  /**
   * @param name what to call the table in messages
   * @param rows how many rows the query must have
   * @param from behind the selection
   */
  DuckCursor(Duck duck, String name, long rows, List<Cell> cells, String from) {
    super(cells.size());
    this.name = name;
    this.rows = rows;
    this.cells = cells;
    List<String> selected = new ArrayList<>();
    for (Cell cell : cells) {
      if (cell.number() != null) {
        selected.add(cell.number());
      }
      if (cell.text() != null) {
        selected.add(cell.text());
      }
    }
    try {
      statement =
          new DuckDBPreparedStatement(
              duck.connection(), "SELECT " + String.join(", ", selected) + " FROM " + from);
      try {
        result = statement.query();
      } catch (SQLException | RuntimeException e) {
        statement.close();
        throw e;
      }
    } catch (SQLException e) {
      throw Duck.unreadable(name, 0, e);
    }
  }

  @Override
  int fill() {
    try {
      if (!result.nextChunk()) {
        if (read != rows) {
          throw new DataException(
              "%s has %d rows but only %d of them can be read; check row %d"
                  .formatted(name, rows, read, read + 1));
        }
        return 0;
      }
    } catch (IllegalStateException e) { // the driver's way of passing on an error in the query
      throw Duck.unreadable(name, read, new SQLException(e.getMessage(), e));
    }
    DuckDBDataChunkReader chunk = result.chunk();
    int size = (int) chunk.rowCount();
    int vector = 0;
    for (int i = 0; i < cells.size(); i++) {
      Arrays.fill(missing[i], 0, size, true);
      if (texts[i] != null) {
        Arrays.fill(texts[i], null);
      }
      int present = 0;
      boolean text = false;
      if (cells.get(i).number() != null) {
        present = takeNumbers(i, chunk.vector(vector++), size);
      }
      if (cells.get(i).text() != null) {
        DuckDBReadableVector values = chunk.vector(vector++);
        text = present < size && takeTexts(i, values, size);
      }
      plain[i] = present == size && !text;
    }
    read += size;
    return size;
  }

  private int takeNumbers(int cell, DuckDBReadableVector values, int size) {
    double[] to = numbers[cell];
    boolean[] absent = missing[cell];
    int present = 0;
    for (int r = 0; r < size; r++) {
      if (!values.isNull(r)) {
        to[r] = values.getDouble(r);
        absent[r] = false;
        present++;
      }
    }
    return present;
  }

  private boolean takeTexts(int cell, DuckDBReadableVector values, int size) {
    @Nullable String[] to = textsOf(cell);
    boolean[] absent = missing[cell];
    boolean any = false;
    for (int r = 0; r < size; r++) {
      if (absent[r] && !values.isNull(r)) {
        to[r] = values.getString(r);
        absent[r] = false;
        any = true;
      }
    }
    return any;
  }

  @Override
  public void close() {
    try {
      result.close();
      statement.close();
    } catch (SQLException e) {
      throw Duck.unreadable(name, read, e);
    }
  }
}
