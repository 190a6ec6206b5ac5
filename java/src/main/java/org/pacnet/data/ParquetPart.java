package org.pacnet.data;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pacnet.error.DataException;

/** A Parquet file. */
final class ParquetPart extends TypedPart {
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
      types = duck.describe("SELECT * FROM " + reader(), "column_type");
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

  @Override
  String reader() {
    String names =
        IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
    return "read_parquet(%s, hive_partitioning = false) AS t(%s)"
        .formatted(Duck.input(file), names);
  }

  @Override
  Duck duck() {
    return duck;
  }

  @Override
  List<String> types() {
    return types;
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
  public long rows() {
    return rows;
  }
}
