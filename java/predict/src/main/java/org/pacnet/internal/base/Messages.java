package org.pacnet.internal.base;

import java.io.IOException;
import java.util.Collection;
import java.util.stream.Collectors;

/** Words of error messages: every result is free of line breaks and of bounded length. */
public final class Messages {
  private static final int LONGEST_VALUE = 40;
  private static final int LONGEST_NAME = 80;
  private static final int LONGEST_LIST = 20;

  private Messages() {}

  /** A value from a table, in quotes. */
  public static String value(String text) {
    return "'" + cut(text, LONGEST_VALUE) + "'";
  }

  /** A column or file name as it stands in a sentence. */
  public static String name(String name) {
    return cut(name, LONGEST_NAME);
  }

  /** Names one after the other, in their order; a long list ends with how many more there are. */
  public static String list(Collection<String> names) {
    return list(names, LONGEST_LIST);
  }

  public static String list(Collection<String> names, int most) {
    String shown = names.stream().limit(most).map(Messages::name).collect(Collectors.joining(", "));
    return names.size() > most ? shown + " and " + (names.size() - most) + " more" : shown;
  }

  /** "column a" or "columns a, b". */
  public static String columns(Collection<String> names) {
    return (names.size() == 1 ? "column " : "columns ") + list(names);
  }

  /** What an exception of the file system says, in one line. */
  public static String reason(IOException e) {
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
