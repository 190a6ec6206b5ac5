package org.pacnet.internal.table;

import java.util.Collection;
import java.util.Locale;
import java.util.regex.Pattern;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/** Dates and times of day, which are no inputs as they are: neither categories nor numbers. */
final class Dates {
  private static final String TIME = "\\d{1,2}:\\d{2}(:\\d{2}([.,]\\d+)?)?( ?[AaPp][Mm])?";
  private static final String MONTH =
      "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\p{L}*";

  // 2026-03-04, 04/03/26, 4.3.2026, 4 March 2026, Mar 4, 2026, each with or without a time, and a time alone.
  private static final Pattern DATE =
      Pattern.compile(
          "((\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{4}|\\d{1,2}/\\d{1,2}/\\d{2}"
              + "|\\d{1,2}[- ]MONTH[-, ]+\\d{2,4}|MONTH \\d{1,2},? \\d{4})([T ]+TIME.*)?|TIME)"
                  .replace("MONTH", MONTH)
                  .replace("TIME", TIME),
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

  private Dates() {}

  static boolean are(Collection<String> texts) {
    return texts.stream().allMatch(text -> DATE.matcher(text.strip()).matches());
  }

  /**
   * What to do about such a column.
   *
   * @param example one of its values, or their type
   */
  static DataException refused(String table, String column, String example) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s, column %s: dates and times such as %s are no inputs as they are; ignore the column,"
                + " or declare it a date, which gives year, day of the year and time of day, or"
                + " categorical",
            table,
            Messages.name(column),
            example),
        "ignored",
        "date",
        "categorical");
  }
}
