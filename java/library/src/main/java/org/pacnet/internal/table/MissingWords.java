package org.pacnet.internal.table;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Texts that stand for a missing value, in upper and lower case as they are. Nothing at all always
 * does.
 */
record MissingWords(List<String> words) {

  MissingWords(List<String> words) {
    this.words = List.copyOf(words);
  }

  boolean contains(String text) {
    return text.isEmpty() || words.contains(text);
  }

  /** All of them, the empty one first, as elements of an SQL list. */
  String inSql() {
    return Stream.concat(Stream.of(""), words.stream())
        .map(Duck::literal)
        .collect(Collectors.joining(", "));
  }
}
