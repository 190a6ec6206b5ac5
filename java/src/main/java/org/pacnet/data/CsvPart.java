package org.pacnet.data;

import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A delimited text file. */
final class CsvPart implements Part {
  private final Duck duck;
  private final Path file;
  private final CsvLayout layout;

  CsvPart(Duck duck, Path file, FileFormat format) {
    this.duck = duck;
    this.file = file;
    this.layout = CsvLayout.of(file, format);
    ColumnNames.check(name(), layout.header());
  }

  @Override
  public String name() {
    return "file " + file.getFileName();
  }

  @Override
  public List<String> columns() {
    return layout.header();
  }

  @Override
  public @Nullable String unusableType(int column) {
    return null;
  }

  @Override
  public long rows() {
    return layout.rows();
  }

  @Override
  public Cursor open(List<Request> requests) {
    String sql =
        requests.stream()
            .map(request -> cells("c" + request.column(), request.text()))
            .collect(
                Collectors.joining(", ", "SELECT ", " FROM " + reader("nullstr = ['', 'NA']")));
    return new DuckCursor(duck, name(), rows(), sql, requests.size());
  }

  /** The number in a text column, if it may be one, and else its text. */
  static String cells(String column, boolean text) {
    if (text) {
      return "NULL::DOUBLE, " + column;
    }
    // DuckDB takes 1_000 for a number, which no other reader of the file would.
    String number =
        "CASE WHEN contains(%s, '_') THEN NULL ELSE TRY_CAST(%s AS DOUBLE) END"
            .formatted(column, column);
    return "%s, CASE WHEN %s IS NULL THEN %s END".formatted(number, number, column);
  }

  @Override
  public String select(boolean typed) {
    if (!typed) {
      // A quoted empty field stays one: only the unquoted is null, and both are written as before.
      return "SELECT * FROM " + reader("nullstr = [''], allow_quoted_nulls = false");
    }
    return "SELECT * FROM read_csv(%s, names = [%s], sample_size = -1, nullstr = ['', 'NA'], %s)"
        .formatted(Duck.input(file), names(column -> Duck.literal("c" + column)), dialect());
  }

  // Nothing is left to DuckDB's guess: columns go by number, so that no name can collide.
  private String reader(String nulls) {
    return "read_csv(%s, auto_detect = false, columns = {%s}, %s, %s)"
        .formatted(
            Duck.input(file), names(column -> "'c" + column + "': 'VARCHAR'"), nulls, dialect());
  }

  private String dialect() {
    return ("header = true, delim = %s, quote = '\"', escape = '\"', compression = '%s',"
            + " hive_partitioning = false, parallel = false")
        .formatted(
            Duck.literal(String.valueOf(layout.delimiter())),
            FileFormat.isGzip(file.toString()) ? "gzip" : "none");
  }

  private String names(IntFunction<String> name) {
    return IntStream.range(0, columns().size()).mapToObj(name).collect(Collectors.joining(", "));
  }
}
