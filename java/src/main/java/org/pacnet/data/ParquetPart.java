package org.pacnet.data;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** A Parquet file. */
final class ParquetPart implements Part {
  private static final Set<String> INTEGERS =
      Set.of(
          "TINYINT",
          "SMALLINT",
          "INTEGER",
          "BIGINT",
          "HUGEINT",
          "UTINYINT",
          "USMALLINT",
          "UINTEGER",
          "UBIGINT",
          "UHUGEINT");

  private final Duck duck;
  private final Path file;
  private final List<String> columns;
  private final List<String> types;
  private final long rows;

  ParquetPart(Duck duck, Path file) {
    this.duck = duck;
    this.file = file;
    try {
      columns = columnNames();
      types = columnTypes();
      rows = duck.number("SELECT count(*) FROM " + reader());
    } catch (SQLException e) {
      throw new DataException(
          "%s cannot be read as Parquet; write it anew: %s".formatted(name(), Duck.reason(e)), e);
    }
    ColumnNames.check(name(), columns);
  }

  // From the file's own schema, since a table in DuckDB renames a column that is there twice.
  private List<String> columnNames() throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = duck.connection().createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT name, coalesce(num_children, 0) FROM parquet_schema(%s)"
                    .formatted(Duck.input(file)))) {
      result.next(); // the root
      long nested = 0; // elements still to come that are inside of a column
      while (result.next()) {
        if (nested > 0) {
          nested--;
        } else {
          names.add(result.getString(1));
        }
        nested += result.getLong(2);
      }
    }
    return List.copyOf(names);
  }

  private List<String> columnTypes() throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = duck.connection().createStatement();
        ResultSet result = statement.executeQuery("DESCRIBE SELECT * FROM " + reader())) {
      while (result.next()) {
        found.add(result.getString("column_type"));
      }
    }
    return List.copyOf(found);
  }

  private String reader() {
    String names =
        IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
    return "read_parquet(%s, hive_partitioning = false) AS t(%s)"
        .formatted(Duck.input(file), names);
  }

  @Override
  public String name() {
    return "file " + file.getFileName();
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public @Nullable String unusableType(int column) {
    String type = types.get(column);
    return isText(type) || isInteger(type) || isFraction(type) || isBoolean(type) ? null : type;
  }

  private static boolean isText(String type) {
    return type.equals("VARCHAR") || (type.startsWith("ENUM(") && !type.endsWith("]"));
  }

  private static boolean isInteger(String type) {
    return INTEGERS.contains(type);
  }

  private static boolean isFraction(String type) {
    return type.equals("DOUBLE")
        || type.equals("FLOAT")
        || (type.startsWith("DECIMAL(") && !type.endsWith("]"));
  }

  private static boolean isBoolean(String type) {
    return type.equals("BOOLEAN");
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public List<Block> load(List<Request> requests) {
    return Reading.all(
        new DuckCursor(duck, name(), requests.stream().map(this::cell).toList(), reader()));
  }

  private DuckCursor.Cell cell(Request request) {
    String column = "c" + request.column();
    String type = types.get(request.column());
    if (isText(type)) {
      String text = "nullif(nullif(CAST(%s AS VARCHAR), ''), 'NA')".formatted(column);
      return CsvPart.cell(text, request.text());
    }
    if (!request.text()) {
      return new DuckCursor.Cell("CAST(%s AS DOUBLE)".formatted(column), null);
    }
    // A whole number is the same category whether a file keeps it as 3 or as 3.0. Left a number,
    // what is not finite is refused for what it is instead of becoming a category.
    if (!isFraction(type)) {
      return new DuckCursor.Cell(null, "CAST(%s AS VARCHAR)".formatted(column));
    }
    String number = "CAST(%s AS DOUBLE)".formatted(column);
    // A FLOAT is made text as it is: as a DOUBLE, 0.1 would be 0.10000000149011612.
    String text = "CAST(%s AS VARCHAR)".formatted(type.equals("FLOAT") ? column : number);
    return new DuckCursor.Cell(
        "CASE WHEN NOT isfinite(%s) THEN %s END".formatted(number, number),
        "CASE WHEN isfinite(%s) THEN regexp_replace(%s, '\\.0*$', '') END"
            .formatted(number, text));
  }

  @Override
  public String select(boolean typed) {
    return "SELECT * FROM " + reader();
  }
}
