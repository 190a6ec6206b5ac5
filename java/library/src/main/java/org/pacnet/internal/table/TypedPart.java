package org.pacnet.internal.table;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.ColumnNames;
import org.pacnet.internal.base.Messages;

/** Part of a table whose columns have types: a Parquet file, or what a query selects. */
final class TypedPart implements Part {
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

  // What stands in front of a query: ATTACH 'file' AS name;
  private static final Pattern ATTACH =
      Pattern.compile(
          "\\s*ATTACH\\s+'((?:[^']|'')*)'\\s+AS\\s+(\\w+)\\s*;", Pattern.CASE_INSENSITIVE);

  private final Duck duck;
  private final MissingWords missing;
  private final String name;
  private final String from;
  private final List<String> columns;
  private final List<String> types;
  private final long rows;

  // reads: what to select from
  private TypedPart(
      Duck duck, MissingWords missing, String name, String reads, List<String> columns)
      throws SQLException {
    this.duck = duck;
    this.missing = missing;
    this.name = name;
    this.columns = Names.of(columns);
    // Columns go by number, so that no name can collide.
    from =
        IntStream.range(0, columns.size())
            .mapToObj(i -> "c" + i)
            .collect(Collectors.joining(", ", reads + " AS t(", ")"));
    types = duck.describe("SELECT * FROM " + from, "column_type");
    rows = duck.number("SELECT count(*) FROM " + from);
  }

  static TypedPart parquet(Duck duck, MissingWords missing, Path file) {
    String name = "file " + file.getFileName();
    TypedPart part;
    try {
      part =
          new TypedPart(
              duck,
              missing,
              name,
              String.format(
                  Locale.ROOT, "read_parquet(%s, hive_partitioning = false)", Duck.input(file)),
              parquetColumns(duck, file));
    } catch (SQLException e) {
      throw duck.failed(
          String.format(
              Locale.ROOT, "%s cannot be read as Parquet; write it anew: %s", name, Duck.reason(e)),
          e);
    }
    ColumnNames.check(name, part.columns);
    return part;
  }

  /**
   * What a query selects. It runs once, into a table.
   *
   * @param name what to call it in messages
   */
  static TypedPart query(Duck duck, MissingWords missing, String name, String sql) {
    TypedPart part;
    try {
      String table = duck.newTable();
      String query = sql;
      for (Matcher attach = ATTACH.matcher(query); attach.lookingAt(); attach.reset(query)) {
        duck.attach(Path.of(attach.group(1).replace("''", "'")), attach.group(2));
        query = query.substring(attach.end());
      }
      // DuckDB's own parser says whether that is a single SELECT: brackets around it could be closed.
      duck.execute(
          String.format(
              Locale.ROOT, "CREATE TABLE %s AS SELECT * FROM query(%s)", table, Duck.literal(query)));
      part =
          new TypedPart(
              duck, missing, name, table, duck.describe("SELECT * FROM " + table, "column_name"));
    } catch (SQLException e) {
      throw duck.failed(String.format(Locale.ROOT, "%s: %s", name, Duck.reason(e)), e);
    }
    ColumnNames.check(name, part.columns);
    return part;
  }

  /** The one table of a DuckDB database. */
  static TypedPart database(Duck duck, MissingWords missing, Path file) {
    String name = "file " + file.getFileName();
    String database = duck.newTable();
    try {
      duck.attach(file, database);
      List<String> tables =
          duck.texts(
              String.format(
                  Locale.ROOT,
                  "SELECT schema_name || '.' || quoted FROM (SELECT schema_name, '\"' ||"
                      + " replace(table_name, '\"', '\"\"') || '\"' AS quoted FROM duckdb_tables()"
                      + " WHERE database_name = %s) ORDER BY ALL",
                  Duck.literal(database)));
      if (tables.size() != 1) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %s; say by a query which rows to take: ATTACH '%s' AS db; SELECT * FROM"
                    + " db.TABLE",
                name,
                tables.isEmpty() ? "no table" : "the tables " + Messages.list(tables),
                file.getFileName()));
      }
      return query(
          duck,
          missing,
          name,
          String.format(Locale.ROOT, "SELECT * FROM %s.%s", database, tables.get(0)));
    } catch (SQLException e) {
      throw duck.failed(String.format(Locale.ROOT, "%s: %s", name, Duck.reason(e)), e);
    }
  }

  // From the file's own schema, since a table in DuckDB renames a column that is there twice.
  private static List<String> parquetColumns(Duck duck, Path file) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = duck.connection().createStatement();
        ResultSet result =
            statement.executeQuery(
                String.format(
                    Locale.ROOT,
                    "SELECT name, coalesce(num_children, 0) FROM parquet_schema(%s)",
                    Duck.input(file)))) {
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
  public String name() {
    return name;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public @Nullable String unusableType(int column, boolean text) {
    String type = types.get(column);
    return (text && isTime(type)) || isText(type) || isInteger(type) || isFraction(type) || isBoolean(type)
        ? null
        : type;
  }

  static boolean isTime(String type) {
    return type.startsWith("DATE") || type.startsWith("TIME");
  }

  private static boolean isText(String type) {
    return type.equals("VARCHAR") || (type.startsWith("ENUM(") && !type.endsWith("]"));
  }

  private static boolean isInteger(String type) {
    return INTEGERS.contains(type);
  }

  private static boolean isFraction(String type) {
    return type.equals("DOUBLE") || type.equals("FLOAT") || isDecimal(type);
  }

  private static boolean isDecimal(String type) {
    return type.startsWith("DECIMAL(") && !type.endsWith("]");
  }

  private static boolean isBoolean(String type) {
    return type.equals("BOOLEAN");
  }

  @Override
  public List<Block> load(List<Request> requests) {
    duck.reading().checkRoom(name, rows, requests.size());
    return duck.reading()
        .all(
            name, new DuckCursor(duck, name, requests.stream().map(this::cell).toList(), from));
  }

  private DuckCursor.Cell cell(Request request) {
    String column = "c" + request.column();
    String type = types.get(request.column());
    if (isText(type)) {
      String plain = String.format(Locale.ROOT, "CAST(%s AS VARCHAR)", column);
      String text =
          String.format(
              Locale.ROOT, "CASE WHEN %s NOT IN (%s) THEN %s END", plain, missing.inSql(), plain);
      return CsvPart.cell(text, request.text());
    }
    if (!request.text()) {
      return new DuckCursor.Cell(String.format(Locale.ROOT, "CAST(%s AS DOUBLE)", column), null);
    }
    // A whole number is the same category whether a file keeps it as 3 or as 3.0. Left a number,
    // what is not finite is refused for what it is instead of becoming a category.
    if (isDecimal(type)) { // exact, however many digits
      return new DuckCursor.Cell(
          null,
          String.format(
              Locale.ROOT,
              "regexp_replace(regexp_replace(CAST(%s AS VARCHAR), '([.][0-9]*[1-9])0+$', '\\1'),"
                  + " '[.]0*$', '')",
              column));
    }
    if (!isFraction(type)) {
      return new DuckCursor.Cell(null, String.format(Locale.ROOT, "CAST(%s AS VARCHAR)", column));
    }
    String number = String.format(Locale.ROOT, "CAST(%s AS DOUBLE)", column);
    // A FLOAT is made text as it is: as a DOUBLE, 0.1 would be 0.10000000149011612.
    String text =
        String.format(Locale.ROOT, "CAST(%s AS VARCHAR)", type.equals("FLOAT") ? column : number);
    return new DuckCursor.Cell(
        String.format(Locale.ROOT, "CASE WHEN NOT isfinite(%s) THEN %s END", number, number),
        String.format(
            Locale.ROOT,
            "CASE WHEN isfinite(%s) THEN regexp_replace(%s, '\\.0*$', '') END",
            number,
            text));
  }

  @Override
  public String select(boolean typed) {
    return "SELECT * FROM " + from;
  }
}
