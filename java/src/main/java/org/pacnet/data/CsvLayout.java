package org.pacnet.data;

import java.nio.file.Path;
import java.util.List;
import org.pacnet.error.DataException;

/**
 * The layout of a delimited text file, found by reading it once from end to end.
 *
 * <p>The file is read here before DuckDB reads it, because DuckDB forgives what must not be
 * forgiven: it renames a column that the header has twice, ends quietly at a quote that is never
 * closed, and ignores bytes that are no UTF-8 in columns nobody asked for. What passes here has one
 * meaning only.
 *
 * @param delimiter what separates the fields
 * @param header the column names
 * @param rows number of records after the header
 */
record CsvLayout(char delimiter, List<String> header, long rows) {
  private static final char[] DELIMITERS = {',', ';', '\t', '|'};

  /**
   * Reads the file.
   *
   * @throws DataException if it is no UTF-8, has no header, or a record has not as many fields as
   *     the header
   */
  static CsvLayout of(Path file, FileFormat format) {
    String name = "file " + file.getFileName();
    char delimiter = format == FileFormat.TAB_SEPARATED ? '\t' : mostFrequent(file, name);
    CsvRecords records = new CsvRecords(name, delimiter);
    Utf8File.read(file, name, records::row, records::accept);
    records.end();
    List<String> header = records.header();
    if (header.isEmpty()) {
      throw new DataException(
          name + " is empty; it needs a header line with the column names, and rows");
    }
    return new CsvLayout(delimiter, header, records.rows());
  }

  private static char mostFrequent(Path file, String name) {
    long[] counts = new long[DELIMITERS.length];
    boolean[] quoted = {false};
    Utf8File.read(
        file,
        name,
        () -> 0,
        c -> {
          if (c == '"') {
            quoted[0] = !quoted[0];
          } else if (!quoted[0]) {
            for (int i = 0; i < DELIMITERS.length; i++) {
              counts[i] += c == DELIMITERS[i] ? 1 : 0;
            }
          }
          return quoted[0] || (c != '\n' && c != '\r');
        });
    int best = 0;
    for (int i = 1; i < DELIMITERS.length; i++) {
      best = counts[i] > counts[best] ? i : best;
    }
    return DELIMITERS[best];
  }
}
