package org.pacnet.data;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/** Columns in memory. */
final class ColumnPart implements Part {
  private static final String TABLE = "in_memory";
  private static final double LARGEST_EXACT = 1L << 53;

  private final Duck duck;
  private final String name;
  private final List<String> columns;
  private final List<double[]> values;
  private final int rows;

  ColumnPart(Duck duck, ColumnData data) {
    this.duck = duck;
    this.name = data.name();
    this.columns = List.copyOf(data.columns().keySet());
    this.values = List.copyOf(data.columns().values());
    this.rows = data.rows();
    ColumnNames.check(name, columns);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public @Nullable String unusableType(int column) {
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
        double[] from = values.get(requests.get(i).column());
        System.arraycopy(from, start, block.numbers[i], 0, block.size);
        if (requests.get(i).text()) {
          @Nullable String[] texts = new @Nullable String[block.size];
          for (int r = 0; r < block.size; r++) {
            // Left a number, what is not finite is refused for what it is instead of becoming a
            // category.
            double value = from[start + r];
            texts[r] = Double.isFinite(value) ? inText(value) : null;
          }
          block.texts[i] = texts;
        }
      }
      blocks.add(block);
    }
    return blocks;
  }

  /** A whole number without a fraction, as a text file would have it. */
  private static String inText(double value) {
    return value == Math.rint(value) && Math.abs(value) < LARGEST_EXACT
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  @Override
  public String select(boolean typed) throws SQLException {
    String types =
        IntStream.range(0, columns.size())
            .mapToObj(i -> "c" + i + " DOUBLE")
            .collect(Collectors.joining(", "));
    duck.execute("CREATE TABLE %s (%s)".formatted(TABLE, types));
    try (DuckDBAppender appender = duck.connection().createAppender(TABLE)) {
      for (int row = 0; row < rows; row++) {
        appender.beginRow();
        for (double[] column : values) {
          appender.append(column[row]);
        }
        appender.endRow();
      }
    }
    return "SELECT * FROM " + TABLE;
  }
}
