package org.pacnet.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * Splits the characters of a delimited text into records as RFC 4180 has it, keeps the first as the
 * header, and holds every other to its number of fields. Lines may end in LF, CRLF or CR, but all
 * in the same. Empty lines between records are skipped, unless there is one column only, in which
 * they are records with an empty field.
 */
final class CsvRecords {
  private enum State {
    FIELD_START,
    UNQUOTED,
    QUOTED,
    QUOTE_IN_QUOTED
  }

  private final String file;
  private final char delimiter;
  private final List<String> header = new ArrayList<>();
  private final StringBuilder name = new StringBuilder();
  private State state = State.FIELD_START;
  private boolean inHeader = true;
  private boolean afterReturn;
  private @Nullable String lineEnd;
  private int fields;
  private long rows;

  /**
   * @param file what to call the file in messages
   */
  CsvRecords(String file, char delimiter) {
    this.file = file;
    this.delimiter = delimiter;
  }

  List<String> header() {
    return header;
  }

  /** Number of records after the header so far. */
  long rows() {
    return rows;
  }

  /** The row being read, from 1; 0 in the header. */
  long row() {
    return inHeader ? 0 : rows + 1;
  }

  /** Takes the next character; always true, for there is never enough. */
  boolean accept(char c) {
    if (afterReturn) {
      afterReturn = false;
      sameLineEnd(c == '\n' ? "CRLF" : "CR");
      if (c == '\n') {
        return true;
      }
    }
    if (state == State.QUOTED) {
      if (c == '"') {
        state = State.QUOTE_IN_QUOTED;
      } else {
        keep(c);
      }
    } else if (c == delimiter) {
      endField();
    } else if (c == '\n' || c == '\r') {
      afterReturn = c == '\r';
      if (c == '\n') {
        sameLineEnd("LF");
      }
      endRecord();
    } else {
      inField(c);
    }
    return true;
  }

  /** Takes the end of the file. */
  void end() {
    if (state == State.QUOTED) {
      throw problem("a quote is opened and never closed; close it or double it");
    }
    if (state != State.FIELD_START || fields > 0) {
      endRecord();
    }
  }

  private void inField(char c) {
    switch (state) {
      case FIELD_START -> {
        if (c == '"') {
          state = State.QUOTED;
        } else {
          state = State.UNQUOTED;
          keep(c);
        }
      }
      case QUOTE_IN_QUOTED -> {
        if (c == '"') {
          state = State.QUOTED;
          keep(c);
        } else if (c != ' ') {
          throw problem("there is text after a closing quote; double the quotes inside a field");
        }
      }
      default -> keep(c);
    }
  }

  private void keep(char c) {
    if (inHeader) {
      name.append(c);
    }
  }

  private void endField() {
    if (inHeader) {
      header.add(name.toString());
      name.setLength(0);
    }
    fields++;
    state = State.FIELD_START;
  }

  private void endRecord() {
    boolean blank = fields == 0 && state == State.FIELD_START;
    if (blank && inHeader) {
      throw new DataException(file + ": the first line is empty; it must be the header");
    }
    if (blank && header.size() > 1) {
      return;
    }
    endField();
    if (inHeader) {
      inHeader = false;
    } else if (fields != header.size()) {
      throw problem(
          "it has %d %s but the header has %d; check the separators and quotes"
              .formatted(fields, fields == 1 ? "field" : "fields", header.size()));
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
          "%s: lines end partly in %s and partly in %s (near row %d); save it with one kind"
              .formatted(file, lineEnd, found, rows));
    }
  }

  private DataException problem(String what) {
    return new DataException(
        "%s, %s: %s".formatted(file, inHeader ? "header" : "row " + row(), what));
  }
}
