package org.pacnet.internal.table;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Calibrating;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.format.CalendarFeatures;

/**
 * A column that says how rows are held out.
 *
 * @param name its name
 * @param time whether its values are times; otherwise rows with the same value belong together
 */
public record FoldColumn(String name, boolean time) {

  /** The one that the settings name; null where they name none. */
  public static @Nullable FoldColumn of(Calibrating settings) {
    return settings.foldBy() != null
        ? new FoldColumn(settings.foldBy(), false)
        : settings.foldTime() != null ? new FoldColumn(settings.foldTime(), true) : null;
  }

  /** What it does, for messages. */
  String purpose() {
    return time ? "says when a row was measured" : "says which rows belong together";
  }

  /** The setting that names it. */
  public String setting() {
    return time ? "foldTime" : "foldBy";
  }

  /** A row's group or time. */
  String group(Part part, Cursor cursor, int cell) {
    String value = cursor.text(cell);
    if (value == null) {
      throw Problems.nothingToGoBy(part, cursor.row(), name, purpose(), setting());
    }
    return value;
  }

  /** Rows that are held out by their groups or times. */
  EncodedTable grouped(String table, List<String> groups, EncodedTable rows) {
    if (time) {
      return rows.withGroups(places(table, groups), true);
    }
    Map<String, Integer> known = new HashMap<>();
    return rows.withGroups(
        groups.stream().mapToInt(group -> known.computeIfAbsent(group, g -> known.size())).toArray(), false);
  }

  // Which of these texts are the same time, numbered from 0 by time.
  private int[] places(String table, List<String> texts) {
    double[] times = new double[texts.size()];
    // What most of them are; a word among numbers is then what is wrong.
    boolean numbers = 2 * texts.stream().filter(text -> !Double.isNaN(number(text))).count() > texts.size();
    for (int i = 0; i < times.length; i++) {
      times[i] = numbers ? number(texts.get(i)) : CalendarFeatures.moment(texts.get(i));
      if (Double.isNaN(times[i])) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s: column %s, which %s, has '%s', which is neither a number nor a date such as 2026-03-04 or 2026-03-04 12:30",
                table,
                Messages.name(name),
                purpose(),
                Messages.name(texts.get(i))),
            setting());
      }
    }
    double[] distinct = Arrays.stream(times).sorted().distinct().toArray();
    return Arrays.stream(times).mapToInt(time -> Arrays.binarySearch(distinct, time)).toArray();
  }

  private static double number(String text) {
    try {
      double value = Double.parseDouble(text.strip());
      return Double.isFinite(value) ? value : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
