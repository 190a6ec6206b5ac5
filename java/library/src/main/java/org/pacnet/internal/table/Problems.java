package org.pacnet.internal.table;

import java.util.Locale;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;

/** The errors about single values that learning a schema and encoding by it have in common. */
final class Problems {
  private Problems() {}

  /** Refuses a number that is not finite or has no place in a 32-bit float. */
  static void checkNumber(Part part, long row, String column, double value) {
    if (Double.isNaN(value) || Math.abs(value) > Float.MAX_VALUE) {
      throw new DataException(
          Double.isNaN(value) || Double.isInfinite(value)
              ? String.format(
                  Locale.ROOT,
                  "%s: %s is not a finite number; fix it, or leave it empty if it is missing",
                  part.at(row, column),
                  Double.isNaN(value) ? "nan" : "inf")
              : tooLarge(part, row, column, value));
    }
  }

  /** Whether {@link #checkNumber} lets all of them pass. */
  static boolean areNumbers(double[] values, int count) {
    boolean sound = true;
    for (int i = 0; i < count; i++) {
      sound &= Math.abs(values[i]) <= Float.MAX_VALUE; // false for NaN too
    }
    return sound;
  }

  static String tooLarge(Part part, long row, String column, double value) {
    return String.format(
        Locale.ROOT,
        "%s: %s is too large for a 32-bit float; use a larger unit",
        part.at(row, column),
        value);
  }

  /** Of a column that is no input and no label, and that rows go by. */
  static DataException nothingToGoBy(Part part, long row, String column, String purpose, String setting) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s, row %d: column %s, which %s, has no value; fill it in or remove the row",
            part.name(),
            row,
            Messages.name(column),
            purpose),
        setting);
  }

  static DataException missingInput(Part part, long row, String column) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: the value is missing; fill it in, or have missing values replaced (mean) or their"
                + " rows left out (drop)",
            part.at(row, column)),
        "missing");
  }

  static DataException missingCategory(Part part, long row, String column) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: the value is missing, and neither categories nor dates have a mean; fill it in, or have such rows"
                + " left out (drop)",
            part.at(row, column)),
        "missing");
  }

  static DataException missingLabel(Part part, long row, String column) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: the label is missing; fill it in, or have such rows left out (drop)",
            part.at(row, column)),
        "missing");
  }

  static DataException labelNotNumber(Part part, long row, String column, String value) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: %s is not a number; fix it, or train a classification if the label is a class",
            part.at(row, column),
            Messages.value(value)),
        "task");
  }

  static DataException noDate(Part part, long row, String column, String value) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: %s is no date that is read the same everywhere; write 2026-03-04, or with a time 2026-03-04 12:30 (a query can:"
                + " SELECT strptime(d, '%%d.%%m.%%Y') AS d, ...)",
            part.at(row, column),
            Messages.value(value)));
  }

  static DataException allDropped(Data data, long rows) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "%s: each of the %d rows misses a value, so none is left; fill values in "
                + "or remove the columns that are mostly empty",
            data.name(),
            rows),
        "missing");
  }
}
