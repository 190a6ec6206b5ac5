package org.pacnet.internal.format;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a date, or a moment, is for a network: the year, and as sine and cosine, so that its end meets its beginning, the day of the
 * year; of moments also the time of day. A moment is the seconds since the beginning of 1970, which a double holds to a microsecond.
 */
public final class CalendarFeatures {

  /** Features of a date: the year, and sine and cosine of 2 pi (day of the year - 1) / (days of the year). */
  static final int OF_DATE = 3;

  /** Features of a moment: those of its date, and sine and cosine of 2 pi (time of day / 24 h). */
  public static final int OF_MOMENT = 5;

  static final long DAY = 86_400;

  // ISO 8601, and as SQL writes it.
  private static final Pattern ISO =
      Pattern.compile(
          "(\\d{4})-(\\d{2})-(\\d{2})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?"
              + " ?(Z|[+-]\\d{2}(?::?\\d{2})?)?)?");

  private CalendarFeatures() {}

  /**
   * The moment that a text such as 2026-03-04, 2026-03-04 12:30 or 2026-03-04T12:30:00+02:00 means (then in UTC), or NaN if it is
   * none.
   */
  public static double moment(String text) {
    Matcher parts = ISO.matcher(text.strip());
    if (!parts.matches()) {
      return Double.NaN;
    }
    try {
      LocalDateTime local =
          LocalDateTime.of(
              number(parts, 1), number(parts, 2), number(parts, 3), number(parts, 4), number(parts, 5), number(parts, 6));
      String offset = parts.group(8);
      ZoneOffset zone = offset == null ? ZoneOffset.UTC : ZoneOffset.of(offset);
      String fraction = parts.group(7);
      return local.toEpochSecond(zone) + (fraction == null ? 0 : Double.parseDouble("0." + fraction));
    } catch (DateTimeException e) {
      return Double.NaN; // the 31st of February
    }
  }

  private static int number(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  /** The year in which a moment is. */
  public static int year(double moment) {
    return date(moment).getYear();
  }

  public static boolean isMidnight(double moment) {
    return moment % DAY == 0;
  }

  private static LocalDate date(double moment) {
    return LocalDate.ofEpochDay((long) Math.floor(moment / DAY));
  }

  /**
   * The features of a moment.
   *
   * @param mean of the years
   * @param std of the years
   * @param to [at least {@link #OF_MOMENT}]; a date uses the first {@link #OF_DATE}
   */
  public static void put(double moment, double mean, double std, double[] to) {
    LocalDate date = date(moment);
    to[0] = (date.getYear() - mean) / std;
    double ofYear = 2 * Math.PI * (date.getDayOfYear() - 1) / date.lengthOfYear();
    to[1] = Math.sin(ofYear);
    to[2] = Math.cos(ofYear);
    double ofDay = 2 * Math.PI * (moment / DAY - Math.floor(moment / DAY));
    to[3] = Math.sin(ofDay);
    to[4] = Math.cos(ofDay);
  }
}
