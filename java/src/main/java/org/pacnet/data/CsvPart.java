package org.pacnet.data;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A delimited text file. It can be loaded into a table first, which is faster as soon as it is read
 * more than once: DuckDB parses it with all cores, and numbers at once, while its bytes are checked.
 */
final class CsvPart implements Part {
  private static final String NULLS = "nullstr = ['', 'NA']";
  private static final Set<String> NUMBERS =
      Set.of("BIGINT", "DOUBLE", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "FLOAT", "DECIMAL");

  private final Duck duck;
  private final Path file;
  private final MessageDigest digest;
  private final CsvLayout layout;
  private CsvScan.@Nullable Result scan;
  private @Nullable String table;
  private BitSet numeric = new BitSet();

  /**
   * @param digest gets the file's bytes when they are gone over
   */
  CsvPart(Duck duck, Path file, FileFormat format, MessageDigest digest) {
    this.duck = duck;
    this.file = file;
    this.digest = digest;
    this.layout = CsvLayout.of(file, name(), format);
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

  private CsvScan.Result scan() {
    CsvScan.Result done = scan;
    if (done == null) {
      done = CsvScan.whole(file, name(), layout.delimiter(), digest);
      scan = done;
    }
    return done;
  }

  @Override
  public long rows() {
    return scan().rows();
  }

  @Override
  public void load(Set<String> texts) {
    try {
      BitSet numbers = sniffed(texts);
      String made = duck.newTable();
      boolean loaded =
          duck.meanwhile(
              "CREATE TABLE %s AS SELECT * FROM %s".formatted(made, reader(numbers, NULLS)),
              this::scan);
      BitSet misread = (BitSet) numbers.clone();
      misread.and(scan().underscored());
      // Where it fails, a column that looked like numbers holds something else further down: it is
      // read without a table, as text. And DuckDB takes 1_000 for a number, which no other reader
      // would.
      if (loaded && misread.isEmpty()) {
        table = made;
        numeric = numbers;
      } else if (loaded) {
        duck.execute("DROP TABLE " + made);
      }
    } catch (SQLException e) {
      scan(); // knows better what is wrong, if anything is
      throw Duck.unreadable(name(), 0, e);
    }
  }

  // The columns whose first thousands of fields are numbers, without those wanted as text.
  private BitSet sniffed(Set<String> texts) throws SQLException {
    BitSet numbers = new BitSet();
    String sql =
        "SELECT unnest(list_transform(columns, lambda c: c.type)) FROM sniff_csv(%s, names = [%s], %s, %s)"
            .formatted(
                Duck.input(file), names(column -> Duck.literal("c" + column)), NULLS, dialect());
    try (Statement statement = duck.connection().createStatement();
        ResultSet types = statement.executeQuery(sql)) {
      for (int i = 0; types.next(); i++) {
        String type = types.getString(1);
        if (NUMBERS.contains(type) && !texts.contains(columns().get(i))) {
          numbers.set(i);
        }
      }
    }
    return numbers;
  }

  @Override
  public Cursor open(List<Request> requests) {
    Set<Integer> asText = new HashSet<>();
    requests.stream().filter(Request::text).forEach(request -> asText.add(request.column()));
    boolean fits = table != null && numeric.stream().noneMatch(asText::contains);
    List<DuckCursor.Cell> cells = new ArrayList<>();
    for (Request request : requests) {
      String column = "c" + request.column();
      cells.add(
          fits && numeric.get(request.column())
              ? new DuckCursor.Cell(column, null)
              : cell(column, request.text()));
    }
    return new DuckCursor(
        duck, name(), rows(), cells, fits ? table : reader(new BitSet(), NULLS));
  }

  /** The number in a text column, if it may be one, and else its text. */
  static DuckCursor.Cell cell(String column, boolean text) {
    if (text) {
      return new DuckCursor.Cell(null, column);
    }
    // DuckDB takes 1_000 for a number, which no other reader of the file would.
    String number =
        "CASE WHEN contains(%s, '_') THEN NULL ELSE TRY_CAST(%s AS DOUBLE) END"
            .formatted(column, column);
    return new DuckCursor.Cell(
        number, "CASE WHEN %s IS NULL THEN %s END".formatted(number, column));
  }

  @Override
  public String select(boolean typed) {
    if (!typed) {
      // A quoted empty field stays one: only the unquoted is null, and both are written as before.
      return "SELECT * FROM " + reader(new BitSet(), "nullstr = [''], allow_quoted_nulls = false");
    }
    return "SELECT * FROM read_csv(%s, names = [%s], sample_size = -1, %s, %s)"
        .formatted(Duck.input(file), names(column -> Duck.literal("c" + column)), NULLS, dialect());
  }

  // Nothing is left to DuckDB's guess: columns go by number, so that no name can collide.
  private String reader(BitSet numbers, String nulls) {
    return "read_csv(%s, auto_detect = false, columns = {%s}, %s, %s)"
        .formatted(
            Duck.input(file),
            names(column -> "'c%d': '%s'".formatted(column, numbers.get(column) ? "DOUBLE" : "VARCHAR")),
            nulls,
            dialect());
  }

  private String dialect() {
    return "header = true, delim = %s, quote = '\"', escape = '\"', compression = '%s'"
        .formatted(
            Duck.literal(String.valueOf(layout.delimiter())),
            FileFormat.isGzip(file.toString()) ? "gzip" : "none");
  }

  private String names(IntFunction<String> name) {
    return IntStream.range(0, columns().size()).mapToObj(name).collect(Collectors.joining(", "));
  }
}
