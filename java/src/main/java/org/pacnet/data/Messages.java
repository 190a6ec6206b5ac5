package org.pacnet.data;

import java.io.IOException;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pacnet.io.AtomicWrite;

/** Words of error messages: every result is free of line breaks and of bounded length. */
final class Messages {
  private static final int LONGEST_VALUE = 40;
  private static final int LONGEST_NAME = 80;
  private static final int LONGEST_LIST = 20;

  private Messages() {}

  /** A place in a table: "file a.csv, row 17, column temp". */
  static String at(Part part, long row, String column) {
    return String.format(Locale.ROOT, "%s, row %d, column %s", part.name(), row, name(column));
  }

  /** A value from a table, in quotes. */
  static String value(String text) {
    return "'" + cut(text, LONGEST_VALUE) + "'";
  }

  /** A column or file name as it stands in a sentence. */
  static String name(String name) {
    return cut(name, LONGEST_NAME);
  }

  /** Names one after the other, in their order; a long list ends with how many more there are. */
  static String list(Collection<String> names) {
    return list(names, LONGEST_LIST);
  }

  static String list(Collection<String> names, int most) {
    String shown = names.stream().limit(most).map(Messages::name).collect(Collectors.joining(", "));
    return names.size() > most ? shown + " and " + (names.size() - most) + " more" : shown;
  }

  /** "column a" or "columns a, b". */
  static String columns(Collection<String> names) {
    return (names.size() == 1 ? "column " : "columns ") + list(names);
  }

  /** What an exception of the file system says, in one line. */
  static String reason(IOException e) {
    return AtomicWrite.reason(e);
  }

  private static String cut(String text, int longest) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(longest)
        .forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
    return text.codePointCount(0, text.length()) > longest ? line + "..." : line.toString();
  }
}
