package org.pacnet.internal.table;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.base.ColumnNames;

/** A delimited text file. */
final class CsvPart implements Part {

  private static final int LOOK_MILLIS = 50;

  private final Duck duck;
  private final Path file;
  private final MessageDigest digest;
  private final String nulls;
  private final char delimiter;
  private final List<String> header;
  private volatile CsvScan.@Nullable Result scan;

  /**
   * @param digest gets the file's bytes when they are gone over
   */
  CsvPart(
      Duck duck, Path file, FileFormat format, MissingWords missing, MessageDigest digest) {
    this.duck = duck;
    this.file = file;
    this.digest = digest;
    this.nulls = String.format(Locale.ROOT, "nullstr = [%s]", missing.inSql());
    this.delimiter =
        format == FileFormat.TAB_SEPARATED ? '\t' : CsvScan.delimiter(file, name());
    this.header = Names.of(CsvScan.header(file, name(), delimiter));
    ColumnNames.check(name(), header);
  }

  @Override
  public String name() {
    return "file " + file.getFileName();
  }

  @Override
  public List<String> columns() {
    return header;
  }

  @Override
  public @Nullable String unusableType(int column, boolean text) {
    return null;
  }

  private CsvScan.Result scan() {
    CsvScan.Result done = scan;
    if (done == null) {
      done = CsvScan.whole(file, name(), delimiter, digest);
      scan = done;
    }
    return done;
  }

  @Override
  public long rows() {
    return scan().rows();
  }

  // While DuckDB reads the values here, another thread goes over the bytes. What that finds wrong is
  // said first: it knows the row, and what DuckDB makes of such a file is of no interest.
  @Override
  public List<Block> load(List<Request> requests) {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    Future<CsvScan.Result> scanning = pool.submit(this::scan);
    try {
      @Nullable List<Block> blocks = null;
      BitSet numbers = new BitSet();
      DataException failed = null;
      try {
        numbers = sniffed(requests);
        blocks = read(requests, numbers);
      } catch (DataException e) {
        failed = e;
      }
      CsvScan.Result sound = scanned(scanning);
      // DuckDB takes 1_000 for a number, which no other reader of the file would. And a column that
      // looked like numbers can hold something else further down: then all is read as text.
      if (failed != null || numbers.intersects(sound.underscored())) {
        numbers.clear();
        blocks = read(requests, numbers);
      }
      List<Block> read = Objects.requireNonNull(blocks);
      checkRows(read, sound.rows());
      return read;
    } catch (ExecutionException e) {
      throw Causes.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Reading.cancelled(e);
    } finally {
      pool.shutdownNow();
    }
  }

  private CsvScan.Result scanned(Future<CsvScan.Result> scanning)
      throws ExecutionException, InterruptedException {
    while (true) {
      try {
        return scanning.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        duck.reading().check();
      }
    }
  }

  private void checkRows(List<Block> blocks, long expected) {
    duck.reading().check(); // what was cancelled has fewer
    long rows = blocks.stream().mapToLong(block -> block.size).sum();
    if (rows != expected) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has %d rows but only %d of them can be read; check row %d",
              name(),
              expected,
              rows,
              rows + 1));
    }
  }

  private List<Block> read(List<Request> requests, BitSet numbers) {
    List<DuckCursor.Cell> cells = new ArrayList<>();
    for (Request request : requests) {
      String column = "c" + request.column();
      cells.add(
          numbers.get(request.column())
              ? new DuckCursor.Cell(column, null)
              : cell(column, request.text()));
    }
    return duck.reading().all(name(), new DuckCursor(duck, name(), cells, reader(numbers, nulls)));
  }

  // The columns whose first thousands of fields are numbers, without those wanted as text.
  private BitSet sniffed(List<Request> requests) {
    BitSet texts = new BitSet();
    requests.stream().filter(Request::text).forEach(request -> texts.set(request.column()));
    BitSet numbers = new BitSet();
    String sql =
        String.format(
            Locale.ROOT,
            "SELECT unnest(list_transform(columns, lambda c: c.type)) FROM sniff_csv(%s, names ="
                + " [%s], sample_size = 2048, auto_type_candidates = ['DOUBLE', 'VARCHAR'], %s,"
                + " %s)",
            Duck.input(file),
            names(column -> Duck.literal("c" + column)),
            nulls,
            dialect());
    try (Statement statement = duck.connection().createStatement();
        ResultSet types = statement.executeQuery(sql)) {
      for (int i = 0; types.next(); i++) {
        if (types.getString(1).equals("DOUBLE") && !texts.get(i)) {
          numbers.set(i);
        }
      }
    } catch (SQLException e) {
      throw duck.unreadable(name(), 0, e);
    }
    return numbers;
  }

  /** The number in a text column, if it may be one, and else its text. */
  static DuckCursor.Cell cell(String column, boolean text) {
    if (text) {
      return new DuckCursor.Cell(null, column);
    }
    // DuckDB takes 1_000 for a number, which no other reader of the file would.
    String number =
        String.format(
            Locale.ROOT,
            "CASE WHEN contains(%s, '_') THEN NULL ELSE TRY_CAST(%s AS DOUBLE) END",
            column,
            column);
    return new DuckCursor.Cell(
        number, String.format(Locale.ROOT, "CASE WHEN %s IS NULL THEN %s END", number, column));
  }

  @Override
  public String select(boolean typed) {
    if (!typed) {
      // A quoted empty field stays one: only the unquoted is null, and both are written as before.
      return "SELECT * FROM " + reader(new BitSet(), "nullstr = [''], allow_quoted_nulls = false");
    }
    // Text stays text unless a number says all of it: leading zeros, twenty digits or a date in whatever order are not for a type to
    // decide.
    String texts = reader(new BitSet(), nulls);
    List<String> types = new ArrayList<>();
    try {
      types.addAll(
          duck.texts(
              String.format(
                  Locale.ROOT, "SELECT unnest([%s]) FROM %s", names(CsvPart::typeOf), texts)));
    } catch (SQLException e) {
      throw duck.unreadable(name(), 0, e);
    }
    return String.format(
        Locale.ROOT,
        "SELECT %s FROM %s",
        names(column -> String.format(Locale.ROOT, "CAST(c%d AS %s)", column, types.get(column))),
        texts);
  }

  // A double tells all decimals of 15 digits apart, and gives the others back if they were printed from one.
  private static String typeOf(int column) {
    return String.format(
        Locale.ROOT,
        "CASE WHEN count(c%1$d) = 0 THEN 'VARCHAR' WHEN bool_and(coalesce(CAST(TRY_CAST(c%1$d AS"
            + " BIGINT) AS VARCHAR) = c%1$d, false)) FILTER (c%1$d IS NOT NULL) THEN 'BIGINT'"
            + " WHEN bool_and(regexp_full_match(c%1$d,"
            + " '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?') AND (length(ltrim(replace("
            + "regexp_extract(c%1$d, '^-?([0-9.]+)', 1), '.', ''), '0')) <= 15 OR"
            + " coalesce(CAST(TRY_CAST(c%1$d AS DOUBLE) AS VARCHAR) = c%1$d, false))) THEN 'DOUBLE'"
            + " ELSE 'VARCHAR' END",
        column);
  }

  // Nothing is left to DuckDB's guess: columns go by number, so that no name can collide.
  private String reader(BitSet numbers, String nullWords) {
    return String.format(
        Locale.ROOT,
        "read_csv(%s, auto_detect = false, columns = {%s}, %s, %s)",
        Duck.input(file),
        names(
            column ->
                String.format(
                    Locale.ROOT,
                    "'c%d': '%s'",
                    column,
                    numbers.get(column) ? "DOUBLE" : "VARCHAR")),
        nullWords,
        dialect());
  }

  private String dialect() {
    return String.format(
        Locale.ROOT,
        "header = true, delim = %s, quote = '\"', escape = '\"', compression = '%s'",
        Duck.literal(String.valueOf(delimiter)),
        FileFormat.isGzip(file.toString()) ? "gzip" : "none");
  }

  private String names(IntFunction<String> name) {
    return IntStream.range(0, columns().size()).mapToObj(name).collect(Collectors.joining(", "));
  }
}
