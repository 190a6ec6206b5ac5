package org.pacnet.internal.table;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/**
 * Goes over the bytes of a delimited text file, gzipped or not, and splits them into records as RFC
 * 4180 has it: keeps the first as the header and holds every other to its number of fields, wants
 * UTF-8 throughout, and one kind of line end. Empty lines between records are skipped, unless there
 * is one column only, in which they are records with an empty field.
 *
 * <p>DuckDB reads the values; this is for what it forgives and must not be forgiven: it renames a
 * column that the header has twice, ends quietly at a quote that is never closed, and ignores bytes
 * that are no UTF-8 in columns nobody asked for. What passes here has one meaning only.
 */
final class CsvScan {
  private static final int BUFFER = 1 << 17;

  private static final char[] SEPARATORS = {',', ';', '\t', '|'};

  // Kinds of bytes; all others are ordinary.
  private static final byte DELIMITER = 1;
  private static final byte QUOTE = 2;
  private static final byte LINE_FEED = 3;
  private static final byte RETURN = 4;
  private static final byte UNDERSCORE = 5;
  private static final byte BEYOND_ASCII = 6;

  private enum State {
    FIELD_START,
    UNQUOTED,
    QUOTED,
    QUOTE_IN_QUOTED
  }

  private final String name;
  private final byte[] kinds = new byte[256];
  private final List<String> header = new ArrayList<>();
  private final ByteArrayOutputStream headerField = new ByteArrayOutputStream();
  private final BitSet underscored = new BitSet();
  private State state = State.FIELD_START;
  private boolean inHeader = true;
  private boolean afterReturn;
  private @Nullable String lineEnd;
  private int fields;
  private long rows;
  // Of a UTF-8 sequence: bytes still to come, and what the next one may be (Unicode, table 3-7).
  private int toCome;
  private int least;
  private int most;

  private CsvScan(String name, char delimiter) {
    this.name = name;
    for (int b = 0x80; b < kinds.length; b++) {
      kinds[b] = BEYOND_ASCII;
    }
    kinds['_'] = UNDERSCORE;
    kinds[delimiter] = DELIMITER;
    kinds['"'] = QUOTE;
    kinds['\n'] = LINE_FEED;
    kinds['\r'] = RETURN;
  }

  /**
   * What the whole file turned out to be.
   *
   * @param rows number of records after the header
   * @param underscored the columns with an underscore in one of their fields
   */
  record Result(long rows, BitSet underscored) {}

  /**
   * Reads the header alone.
   *
   * @param name what to call the file in messages
   */
  static List<String> header(Path file, String name, char delimiter) {
    CsvScan scan = new CsvScan(name, delimiter);
    scan.read(file, null, true);
    return scan.header;
  }

  /**
   * Reads the file from end to end.
   *
   * @param digest gets the file's bytes, as they are on disk
   * @throws DataException if it is no UTF-8, or a record has not as many fields as the header
   */
  static Result whole(Path file, String name, char delimiter, MessageDigest digest) {
    CsvScan scan = new CsvScan(name, delimiter);
    scan.read(file, digest, false);
    return new Result(scan.rows, scan.underscored);
  }

  /** What separates the fields: whichever the header has most of outside of quotes. */
  static char delimiter(Path file, String name) {
    long[] counts = new long[SEPARATORS.length];
    boolean quoted = false;
    byte[] buffer = new byte[1 << 13];
    try (InputStream in = open(file, null)) {
      boolean inHeader = true;
      for (int length = in.read(buffer); inHeader && length > 0; length = in.read(buffer)) {
        for (int p = 0; inHeader && p < length; p++) {
          byte b = buffer[p];
          quoted ^= b == '"';
          for (int i = 0; !quoted && i < SEPARATORS.length; i++) {
            counts[i] += b == SEPARATORS[i] ? 1 : 0;
          }
          inHeader = quoted || (b != '\n' && b != '\r');
        }
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
    int best = 0;
    for (int i = 1; i < SEPARATORS.length; i++) {
      best = counts[i] > counts[best] ? i : best;
    }
    return SEPARATORS[best];
  }

  /** Opens a file, gzipped or not. */
  static InputStream open(Path file, @Nullable MessageDigest digest) throws IOException {
    InputStream bytes = Files.newInputStream(file);
    InputStream raw = digest == null ? bytes : new DigestInputStream(bytes, digest);
    if (!FileFormat.isGzip(file.toString())) {
      return raw;
    }
    try {
      return new GZIPInputStream(raw, BUFFER);
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }

  /** The error for a file that can't be read. */
  static RuntimeException unreadable(String name, IOException e) {
    if (e instanceof ClosedByInterruptException) {
      return Reading.cancelled(e);
    }
    return new DataException(
        e instanceof ZipException || e instanceof EOFException
            ? name + " is not a whole gzip file; compress it again or remove .gz from its name"
            : String.format(Locale.ROOT, "%s cannot be read: %s", name, Messages.reason(e)),
        e);
  }

  private void read(Path file, @Nullable MessageDigest digest, boolean headerOnly) {
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = open(file, digest)) {
      int length = in.readNBytes(buffer, 0, BUFFER);
      int start = startsWithMark(buffer, length) ? 3 : 0;
      while (length > 0) {
        for (int i = start; i < length; i++) {
          i = skip(buffer, i, length);
          if (i < length) {
            accept(buffer[i]);
          }
          if (headerOnly && !inHeader) {
            return;
          }
        }
        start = 0;
        length = in.read(buffer, 0, BUFFER);
        if (Thread.currentThread().isInterrupted()) {
          throw Reading.cancelled(null);
        }
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
    end();
  }

  private static boolean startsWithMark(byte[] bytes, int length) {
    return length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF;
  }

  // Goes over what needs no thought, which in a file of numbers is nearly all: ordinary bytes, and
  // delimiters outside of quotes. Returns where that ends. What accept() does, in local variables.
  private int skip(byte[] buffer, int from, int length) {
    if (inHeader || afterReturn || toCome > 0 || state == State.QUOTE_IN_QUOTED) {
      return from;
    }
    boolean quoted = state == State.QUOTED;
    boolean atStart = state == State.FIELD_START;
    int ended = 0;
    int i = from;
    while (i < length) {
      byte kind = kinds[buffer[i] & 0xff];
      if (kind == 0) {
        atStart = false;
      } else if (kind == DELIMITER && !quoted) {
        atStart = true;
        ended++;
      } else {
        break;
      }
      i++;
    }
    fields += ended;
    state = quoted ? State.QUOTED : atStart ? State.FIELD_START : State.UNQUOTED;
    return i;
  }

  private void accept(byte b) {
    byte kind = kinds[b & 0xff];
    if (toCome > 0 || kind == BEYOND_ASCII) {
      checkUtf8(b & 0xff);
    }
    if (afterReturn) {
      afterReturn = false;
      sameLineEnd(kind == LINE_FEED ? "CRLF" : "CR");
      if (kind == LINE_FEED) {
        return;
      }
    }
    if (kind == UNDERSCORE) {
      underscored.set(fields);
    }
    if (state == State.QUOTED) {
      if (kind == QUOTE) {
        state = State.QUOTE_IN_QUOTED;
      } else {
        keep(b);
      }
    } else if (kind == DELIMITER) {
      endField();
    } else if (kind == LINE_FEED || kind == RETURN) {
      afterReturn = kind == RETURN;
      if (kind == LINE_FEED) {
        sameLineEnd("LF");
      }
      endRecord();
    } else {
      inField(b, kind);
    }
  }

  private void checkUtf8(int b) {
    if (toCome > 0) {
      if (b < least || b > most) {
        throw notUtf8();
      }
      toCome--;
      least = 0x80;
      most = 0xBF;
      return;
    }
    toCome = b >= 0xF0 ? 3 : b >= 0xE0 ? 2 : 1;
    least = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    most = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (b < 0xC2 || b > 0xF4) {
      throw notUtf8();
    }
  }

  private DataException notUtf8() {
    return problem("the text is not valid UTF-8; save the file as UTF-8");
  }

  private void end() {
    if (toCome > 0) {
      throw notUtf8();
    }
    if (state == State.QUOTED) {
      throw problem("a quote is opened and never closed; close it or double it");
    }
    if (state != State.FIELD_START || fields > 0) {
      endRecord();
    }
    if (header.isEmpty()) {
      throw new DataException(
          name + " is empty; it needs a header line with the column names, and rows");
    }
  }

  private void inField(byte b, byte kind) {
    switch (state) {
      case FIELD_START -> {
        if (kind == QUOTE) {
          state = State.QUOTED;
        } else {
          state = State.UNQUOTED;
          keep(b);
        }
      }
      case QUOTE_IN_QUOTED -> {
        if (kind == QUOTE) {
          state = State.QUOTED;
          keep(b);
        } else if (b != ' ') {
          throw problem("there is text after a closing quote; double the quotes inside a field");
        }
      }
      default -> keep(b);
    }
  }

  private void keep(byte b) {
    if (inHeader) {
      headerField.write(b);
    }
  }

  private void endField() {
    if (inHeader) {
      header.add(headerField.toString(StandardCharsets.UTF_8));
      headerField.reset();
    }
    fields++;
    state = State.FIELD_START;
  }

  private void endRecord() {
    boolean blank = fields == 0 && state == State.FIELD_START;
    if (blank && inHeader) {
      throw new DataException(name + ": the first line is empty; it must be the header");
    }
    if (blank && header.size() > 1) {
      return;
    }
    endField();
    if (inHeader) {
      inHeader = false;
      underscored.clear();
    } else if (fields != header.size()) {
      throw problem(
          String.format(
              Locale.ROOT,
              "it has %d %s but the header has %d; check the separators and quotes",
              fields,
              fields == 1 ? "field" : "fields",
              header.size()));
    } else {
      rows++;
    }
    fields = 0;
  }

  private void sameLineEnd(String found) {
    if (lineEnd == null) {
      lineEnd = found;
    } else if (!lineEnd.equals(found)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: lines end partly in %s and partly in %s (near row %d); save it with one kind",
              name,
              lineEnd,
              found,
              rows));
    }
  }

  private DataException problem(String what) {
    return new DataException(
        String.format(
            Locale.ROOT, "%s, %s: %s", name, inHeader ? "header" : "row " + (rows + 1), what));
  }
}
