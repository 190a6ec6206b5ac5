package org.pacnet.internal.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.ColumnNames;
import org.pacnet.internal.base.Messages;

/** Writes predictions beside the rows that they were made for. */
public final class PredictionWriter {
  private static final String TABLE = "predictions";

  private PredictionWriter() {}

  /**
   * Writes all columns of {@code input} and then {@code columns} to a file that is complete or, if
   * anything fails, not there; an older one is replaced.
   *
   * <p>From text to text every field stays as it is written; in a Parquet file the columns of a
   * text file get the types that their contents have.
   *
   * @param input the table that the predictions were made for
   * @param missingWords the texts that stand for a missing value, as {@link Schema#missingWords()}
   * @param dropped the rows of {@code input} without a prediction, from 0; see {@link
   *     EncodedData#dropped()}
   * @param columns what to add, each with a value for every row that is not dropped
   * @param output the file: {@code .csv} or {@code .tsv} (each also with {@code .gz}), or {@code
   *     .parquet}
   * @throws DataException if the output is of no such kind, is one of the input files or cannot be
   *     written, or if a column is already there
   * @throws IllegalArgumentException if a column has another number of values
   */
  public static void write(
      Data input,
      List<String> missingWords,
      BitSet dropped,
      List<PredictionColumn> columns,
      Path output) {
    FileFormat format = format(output);
    try (Source source = Source.open(input, missingWords, ReadMonitor.NONE)) {
      checkNotInput(source.files(), output);
      checkNames(source, columns);
      checkRows(source, dropped, columns);
      AtomicWrite.file(output, temporary -> copy(source, dropped, columns, format, temporary, output));
    }
  }

  /**
   * Throws a {@link DataException} unless the output is of a known kind, none of the input files, and
   * in a place that can be written.
   */
  public static void check(Data input, Path output) {
    format(output);
    if (input instanceof Data.Files files) {
      checkNotInput(files.find(), output);
    }
    AtomicWrite.check(output);
  }

  static FileFormat format(Path output) {
    String name = String.valueOf(output.getFileName());
    FileFormat format = FileFormat.of(name);
    // Nobody knows what a .txt is to be separated by.
    if (format == null
        || format == FileFormat.JSON
        || format == FileFormat.DATABASE
        || name.matches("(?i).*\\.txt(\\.gz)?")) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "output %s is of no known kind; name a .csv, .tsv (each also .gz) or .parquet file",
              output));
    }
    return format;
  }

  private static void checkNotInput(List<Path> inputs, Path output) {
    for (Path file : inputs) {
      try {
        if (Files.exists(output) && Files.isSameFile(file, output)) {
          throw new DataException(
              String.format(Locale.ROOT, "output %s is also the input; name another file", output));
        }
      } catch (IOException e) {
        throw new DataException(
            String.format(
                Locale.ROOT, "output %s cannot be looked at: %s", output, Messages.reason(e)),
            e);
      }
    }
  }

  private static void checkNames(Source source, List<PredictionColumn> columns) {
    source.checkSameColumns();
    Map<String, String> taken = new HashMap<>();
    source.columns().forEach(name -> taken.put(ColumnNames.key(name), "the input"));
    for (PredictionColumn column : columns) {
      String where = taken.put(ColumnNames.key(column.name()), "another prediction");
      if (where != null) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: column %s of the predictions has the name of a column of %s; rename that one",
                source.parts().get(0).name(),
                Messages.name(column.name()),
                where));
      }
    }
  }

  private static void checkRows(Source source, BitSet dropped, List<PredictionColumn> columns) {
    long expected = source.rows() - dropped.cardinality();
    for (PredictionColumn column : columns) {
      if (column.rows() != expected || dropped.length() > source.rows()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "column %s has %d values for %d rows of which %d are dropped",
                column.name(),
                column.rows(),
                source.rows(),
                dropped.cardinality()));
      }
    }
  }

  private static void copy(
      Source source,
      BitSet dropped,
      List<PredictionColumn> columns,
      FileFormat format,
      Path temporary,
      Path output)
      throws IOException {
    Duck duck = source.duck();
    try {
      String table = table(source, format == FileFormat.PARQUET);
      long rows = duck.number(String.format(Locale.ROOT, "SELECT count(*) FROM (%s)", table));
      if (rows != source.rows()) {
        // Side by side, the predictions would stand in the wrong rows.
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %d rows but %d can be copied; check the quotes in it",
                source.parts().get(0).name(),
                source.rows(),
                rows));
      }
      append(duck, source.rows(), dropped, columns);
      export(
          duck,
          String.format(
              Locale.ROOT,
              "SELECT %s FROM (%s) AS i(%s) POSITIONAL JOIN %s AS p",
              selection(source, columns),
              table,
              numbered(source.columns().size()),
              TABLE),
          format,
          temporary);
    } catch (SQLException e) {
      throw unwritten(output, e);
    }
  }

  static void export(Duck duck, String query, FileFormat format, Path temporary) throws SQLException {
    duck.execute(
        String.format(
            Locale.ROOT,
            "COPY (%s) TO %s (%s, USE_TMP_FILE false)",
            query,
            Duck.literal(temporary.toAbsolutePath().toString()),
            copyOptions(format, temporary)));
  }

  static DataException unwritten(Path output, SQLException e) throws IOException {
    // Only what DuckDB calls an IO error is the disk's fault.
    if (String.valueOf(e.getMessage()).contains("IO Error")) {
      throw new IOException(Duck.reason(e), e);
    }
    return new DataException(
        String.format(
            Locale.ROOT, "output %s can't be written: %s", output.getFileName(), Duck.reason(e)),
        e);
  }

  /** The rows of all parts, with the columns in the order of the first. */
  static String table(Source source, boolean typed) throws SQLException {
    List<String> selects = new ArrayList<>();
    for (Part part : source.parts()) {
      String ordered =
          source.columns().stream()
              .map(name -> "c" + part.columns().indexOf(name))
              .collect(Collectors.joining(", "));
      selects.add(
          String.format(
              Locale.ROOT,
              "SELECT %s FROM (%s) AS s(%s)",
              ordered,
              part.select(typed),
              numbered(part.columns().size())));
    }
    return String.join(" UNION ALL ", selects);
  }

  private static String selection(Source source, List<PredictionColumn> columns) {
    List<String> selected = new ArrayList<>();
    for (int i = 0; i < source.columns().size(); i++) {
      selected.add(
          String.format(Locale.ROOT, "i.c%d AS %s", i, Duck.identifier(source.columns().get(i))));
    }
    for (int i = 0; i < columns.size(); i++) {
      selected.add(
          String.format(Locale.ROOT, "p.p%d AS %s", i, Duck.identifier(columns.get(i).name())));
    }
    return String.join(", ", selected);
  }

  private static String copyOptions(FileFormat format, Path file) {
    return switch (format) {
      case PARQUET -> "FORMAT parquet";
      case JSON, DATABASE, TEXT, TAB_SEPARATED ->
          String.format(
              Locale.ROOT,
              "FORMAT csv, HEADER true, DELIMITER %s, COMPRESSION %s",
              Duck.literal(format == FileFormat.TAB_SEPARATED ? "\t" : ","),
              FileFormat.isGzip(file.toString()) ? "gzip" : "none");
    };
  }

  private static void append(Duck duck, long rows, BitSet dropped, List<PredictionColumn> columns)
      throws SQLException {
    List<String> definitions = new ArrayList<>(List.of("present BOOLEAN"));
    for (int i = 0; i < columns.size(); i++) {
      definitions.add(String.format(Locale.ROOT, "p%d %s", i, columns.get(i).sqlType()));
    }
    duck.execute(
        String.format(Locale.ROOT, "CREATE TABLE %s (%s)", TABLE, String.join(", ", definitions)));
    try (DuckDBAppender appender = duck.connection().createAppender(TABLE)) {
      int value = 0;
      for (int row = 0; row < rows; row++) {
        boolean present = !dropped.get(row);
        appender.beginRow();
        appender.append(present);
        for (PredictionColumn column : columns) {
          if (present) {
            column.append(appender, value);
          } else {
            appender.appendNull();
          }
        }
        appender.endRow();
        value += present ? 1 : 0;
      }
    }
  }

  static String numbered(int count) {
    return IntStream.range(0, count).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
  }
}
