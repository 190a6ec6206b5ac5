package org.pacnet.internal.table;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Column;
import org.pacnet.internal.base.ColumnNames;

/** Columns in memory. */
final class ColumnPart implements Part {
  private final Duck duck;
  private final String name;
  private final List<String> names;
  private final List<Column> columns;
  private final MissingWords missing;
  private final int rows;

  ColumnPart(Duck duck, String name, Map<String, Column> columns, MissingWords missing) {
    this.duck = duck;
    this.name = name;
    this.names = Names.of(List.copyOf(columns.keySet()));
    this.columns = List.copyOf(columns.values());
    this.missing = missing;
    this.rows = this.columns.get(0).length();
    ColumnNames.check(name, names);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> columns() {
    return names;
  }

  @Override
  public @Nullable String unusableType(int column, boolean text) {
    return null;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public List<Block> load(List<Request> requests) {
    List<Block> blocks = new ArrayList<>();
    for (int start = 0; start < rows; start += Block.ROWS) {
      Block block = new Block(requests.size(), Math.min(Block.ROWS, rows - start));
      for (int i = 0; i < requests.size(); i++) {
        Column from = columns.get(requests.get(i).column());
        if (from.numbers() != null && !requests.get(i).text()) {
          System.arraycopy(from.numbers(), start, block.numbers[i], 0, block.size);
        } else {
          fill(block, i, from, start, requests.get(i).text());
        }
      }
      blocks.add(block);
    }
    return blocks;
  }

  private void fill(Block block, int cell, Column from, int start, boolean text) {
    for (int r = 0; r < block.size; r++) {
      Object value = from.values().apply(start + r);
      if (value == null || (value instanceof String word && missing.contains(word))) {
        block.setMissing(cell, r);
      } else if (value instanceof String || (text && isFinite(value))) {
        block.setText(cell, r, Column.inText(value));
      } else {
        // Left a number, what is not finite is refused for what it is instead of becoming a category.
        block.numbers[cell][r] = Column.number(value);
      }
    }
  }

  private static boolean isFinite(Object value) {
    return value instanceof Boolean || Double.isFinite(((Number) value).doubleValue());
  }

  @Override
  public String select(boolean typed) throws SQLException {
    String table = duck.newTable();
    String types =
        IntStream.range(0, columns.size())
            .mapToObj(i -> "c" + i + (columns.get(i).isExact() ? " VARCHAR" : " " + columns.get(i).sqlType()))
            .collect(Collectors.joining(", "));
    duck.execute(String.format(Locale.ROOT, "CREATE TABLE %s (%s)", table, types));
    try (DuckDBAppender appender = duck.connection().createAppender(table)) {
      for (int row = 0; row < rows; row++) {
        appender.beginRow();
        for (Column column : columns) {
          append(appender, column, row);
        }
        appender.endRow();
      }
    }
    return IntStream.range(0, columns.size())
        .mapToObj(i -> String.format(Locale.ROOT, "CAST(c%d AS %s)", i, columns.get(i).sqlType()))
        .collect(Collectors.joining(", ", "SELECT ", " FROM " + table));
  }

  private static void append(DuckDBAppender to, Column column, int row) throws SQLException {
    Object value = column.values().apply(row);
    if (value == null) {
      to.appendNull();
      return;
    }
    switch (column.sqlType()) {
      case "DOUBLE" -> to.append(Column.number(value));
      case "FLOAT" -> to.append((float) Column.number(value));
      case "BIGINT" -> to.append(((Number) value).longValue());
      case "INTEGER" -> to.append(((Number) value).intValue());
      case "BOOLEAN" -> to.append((boolean) value);
      default -> to.append(Column.inText(value));
    }
  }
}
