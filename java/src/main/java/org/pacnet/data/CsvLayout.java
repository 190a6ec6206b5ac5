package org.pacnet.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * What the first line of a delimited text file says.
 *
 * @param delimiter what separates the fields
 * @param header the column names
 */
record CsvLayout(char delimiter, List<String> header) {
  private static final char[] DELIMITERS = {',', ';', '\t', '|'};

  static CsvLayout of(Path file, String name, FileFormat format) {
    char delimiter = format == FileFormat.TAB_SEPARATED ? '\t' : mostFrequent(file, name);
    return new CsvLayout(delimiter, CsvScan.header(file, name, delimiter));
  }

  // Whichever the header has most of outside of quotes.
  private static char mostFrequent(Path file, String name) {
    long[] counts = new long[DELIMITERS.length];
    boolean quoted = false;
    byte[] buffer = new byte[1 << 13];
    try (InputStream in = CsvScan.open(file, null)) {
      boolean inHeader = true;
      for (int length = in.read(buffer); inHeader && length > 0; length = in.read(buffer)) {
        for (int p = 0; inHeader && p < length; p++) {
          byte b = buffer[p];
          quoted ^= b == '"';
          for (int i = 0; !quoted && i < DELIMITERS.length; i++) {
            counts[i] += b == DELIMITERS[i] ? 1 : 0;
          }
          inHeader = quoted || (b != '\n' && b != '\r');
        }
      }
    } catch (IOException e) {
      throw CsvScan.unreadable(name, e);
    }
    int best = 0;
    for (int i = 1; i < DELIMITERS.length; i++) {
      best = counts[i] > counts[best] ? i : best;
    }
    return DELIMITERS[best];
  }
}
