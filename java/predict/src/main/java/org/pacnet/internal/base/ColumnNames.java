package org.pacnet.internal.base;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.error.DataException;

/** What holds for the column names of every table. */
public final class ColumnNames {
  private ColumnNames() {}

  /** Refuses names that are empty, or equal but for their case, by which SQL tells none apart. */
  public static void check(String table, List<String> names) {
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (name.isBlank()) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: column %d has no name in the header; name it, or leave it out if it numbers "
                    + "the rows",
                table,
                i + 1));
      }
      Integer earlier = seen.put(key(name), i);
      if (earlier != null) {
        String other = names.get(earlier);
        throw new DataException(
            other.equals(name)
                ? String.format(
                    Locale.ROOT,
                    "%s: column %s is there twice (columns %d and %d); rename or remove one",
                    table,
                    Messages.name(name),
                    earlier + 1,
                    i + 1)
                : String.format(
                    Locale.ROOT,
                    "%s: columns %s and %s differ only in upper and lower case; rename one",
                    table,
                    Messages.name(other),
                    Messages.name(name)));
      }
    }
  }

  /** Equal for names that are equal but for their case. */
  public static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
