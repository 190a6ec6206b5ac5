package org.pacnet.internal.table;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBReadableVector;
import org.jspecify.annotations.Nullable;

/** Reads a query, vector by vector as DuckDB has them. */
final class DuckCursor extends Cursor {
  private static final int MOST_KNOWN = 100_000;

  /**
   * How to select a cell: the number or null, and the text or null; one of the two can be left out.
   */
  record Cell(@Nullable String number, @Nullable String text) {}

  private final Duck duck;
  private final String name;
  private final Map<String, String> known = new HashMap<>();
  private final List<Cell> cells;
  private final DuckDBPreparedStatement statement;
  private final DuckDBChunkedResult result;
  private long read;

  /**
   * @param name what to call the table in messages
   * @param from behind the selection
   */
  DuckCursor(Duck duck, String name, List<Cell> cells, String from) {
    super(cells.size());
    this.duck = duck;
    this.name = name;
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
        duck.running(statement);
        result = statement.query();
      } catch (SQLException | RuntimeException e) {
        duck.running(null);
        statement.close();
        throw e;
      }
    } catch (SQLException e) {
      throw duck.unreadable(name, 0, e);
    }
  }

  @Override
  @Nullable Block fill() {
    try {
      if (!result.nextChunk()) {
        return null;
      }
    } catch (IllegalStateException e) { // the driver's way of passing on an error in the query
      throw duck.unreadable(name, read, new SQLException(e.getMessage(), e));
    }
    DuckDBDataChunkReader chunk = result.chunk();
    Block block = new Block(cells.size(), (int) chunk.rowCount());
    int vector = 0;
    for (int i = 0; i < cells.size(); i++) {
      DuckDBReadableVector number = cells.get(i).number() == null ? null : chunk.vector(vector++);
      DuckDBReadableVector text = cells.get(i).text() == null ? null : chunk.vector(vector++);
      take(block, i, number, text);
    }
    read += block.size;
    return block;
  }

  private void take(
      Block block,
      int cell,
      @Nullable DuckDBReadableVector number,
      @Nullable DuckDBReadableVector text) {
    double[] numbers = block.numbers[cell];
    for (int r = 0; r < block.size; r++) {
      if (number != null && !number.isNull(r)) {
        numbers[r] = number.getDouble(r);
      } else if (text != null && !text.isNull(r)) {
        // Categories are few and rows are many: one string each.
        String value = text.getString(r);
        block.setText(
            cell, r, known.size() < MOST_KNOWN ? known.computeIfAbsent(value, v -> v) : value);
      } else {
        block.setMissing(cell, r);
      }
    }
  }

  @Override
  public void close() {
    try {
      duck.running(null);
      result.close();
      statement.close();
    } catch (SQLException e) {
      throw duck.unreadable(name, read, e);
    }
  }
}
