package org.pacnet.internal.table;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;

/** Some rows of a table, as they are there. */
public final class PickedRows {

  private static final String PICKED = "picked";

  private PickedRows() {}

  /** The names of the columns, then each row's values. */
  public static List<List<String>> texts(Data table, List<String> missingWords, int[] rows) {
    try (Source source = Source.open(table, missingWords, ReadMonitor.NONE)) {
      source.checkSameColumns();
      List<List<String>> texts = new ArrayList<>();
      texts.add(source.columns());
      String selected =
          IntStream.range(0, source.columns().size())
              .mapToObj(i -> String.format(Locale.ROOT, "coalesce(c%d::VARCHAR, '')", i))
              .collect(Collectors.joining(", "));
      try {
        String picked = picked(source, rows, false);
        List<String> cells =
            source.duck().texts(String.format(Locale.ROOT, "SELECT unnest([%s]) FROM (%s)", selected, picked));
        int width = source.columns().size();
        for (int r = 0; r < rows.length; r++) {
          texts.add(cells.subList(r * width, (r + 1) * width));
        }
      } catch (SQLException e) {
        throw new DataException(table.name() + " can't be read: " + Duck.reason(e), e);
      }
      return texts;
    }
  }

  /** Writes the rows with all their columns, in the order that is given, to a file; whole, or not at all. */
  public static void write(Data table, List<String> missingWords, int[] rows, Path output) {
    FileFormat format = PredictionWriter.format(output);
    try (Source source = Source.open(table, missingWords, ReadMonitor.NONE)) {
      source.checkSameColumns();
      AtomicWrite.file(
          output,
          temporary -> {
            try {
              String columns =
                  IntStream.range(0, source.columns().size())
                      .mapToObj(i -> "c" + i + " AS " + Duck.identifier(source.columns().get(i)))
                      .collect(Collectors.joining(", "));
              PredictionWriter.export(
                  source.duck(),
                  String.format(
                      Locale.ROOT, "SELECT %s FROM (%s)", columns, picked(source, rows, format == FileFormat.PARQUET)),
                  format,
                  temporary);
            } catch (SQLException e) {
              throw PredictionWriter.unwritten(output, e);
            }
          });
    }
  }

  // A query for these rows, in this order, whose columns are c0, c1...
  private static String picked(Source source, int[] rows, boolean typed) throws SQLException {
    Duck duck = source.duck();
    duck.execute(String.format(Locale.ROOT, "CREATE TABLE %s (place BIGINT, rank BIGINT)", PICKED));
    try (DuckDBAppender appender = duck.connection().createAppender(PICKED)) {
      for (int rank = 0; rank < rows.length; rank++) {
        appender.beginRow();
        appender.append((long) rows[rank]);
        appender.append((long) rank);
        appender.endRow();
      }
    }
    int width = source.columns().size();
    return String.format(
        Locale.ROOT,
        "SELECT i.* EXCLUDE (place) FROM (SELECT *, row_number() OVER () - 1 AS place FROM (%s) AS t(%s)) AS i"
            + " JOIN %s AS p ON i.place = p.place ORDER BY p.rank",
        PredictionWriter.table(source, typed),
        PredictionWriter.numbered(width),
        PICKED);
  }
}
