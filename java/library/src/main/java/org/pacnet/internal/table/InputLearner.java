package org.pacnet.internal.table;

import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.format.CalendarFeatures;

/** Finds out what an input column holds, value by value. */
final class InputLearner {
  /** So many different texts are hardly categories: they have to be declared as such. */
  static final int MOST_LEVELS = 100;

  /** So many inputs of one column are more than a table of any length can teach. */
  static final int MOST_DECLARED = 5000;

  // 1,5 and 1.234,5 and 12% and $3 and 1 000
  private static final Pattern NUMBER_OF_SORTS =
      Pattern.compile("[^\\p{L}\\p{N}]*[\\p{N}][\\p{N}.,'\\s]*[^\\p{L}\\p{N}]*");

  private final String name;
  private final TreeSet<String> categories = new TreeSet<>();
  private final Moments moments = new Moments();
  private final boolean declared;
  private final boolean date;
  private boolean numbers;
  private boolean times;
  private @Nullable DataException notNumber;
  private @Nullable DataException missing;

  /**
   * @param declared whether the user says that it is categorical
   * @param date whether the user says that it holds dates
   */
  InputLearner(String name, boolean declared, boolean date) {
    this.name = name;
    this.declared = declared;
    this.date = date;
  }

  String name() {
    return name;
  }

  /** Whether its values are wanted as text even where they are numbers. */
  boolean readsText() {
    return declared || date;
  }

  /**
   * Takes a value that is not missing.
   *
   * @param text null if it is {@code number}
   * @param used whether its row is; the kind of a column shows in all rows, what it holds in these
   * @throws DataException if some values of the column are numbers and some are not
   */
  void value(Part part, long row, @Nullable String text, double number, boolean used) {
    if (text == null && used) {
      Problems.checkNumber(part, row, name, number);
    }
    if (date && text != null) {
      date(part, row, text, used);
      return;
    }
    if (text == null) {
      numbers = true;
    } else if (notNumber == null) {
      notNumber =
          new DataException(
              String.format(
                  Locale.ROOT,
                  "%s: %s is not a number but others in the column are; fix it, or declare the"
                      + " column categorical",
                  part.at(row, name),
                  Messages.value(text)),
              "categorical");
    }
    if (numbers && notNumber != null) {
      throw notNumber;
    }
    if (!used) {
      return;
    }
    if (text == null) {
      moments.add(number);
    } else {
      categories.add(text);
    }
  }

  private void date(Part part, long row, String text, boolean used) {
    double moment = RowEncoder.moment(part, row, name, text);
    if (used) {
      moments.add(CalendarFeatures.year(moment));
      times |= !CalendarFeatures.isMidnight(moment);
    }
  }

  /** Whether a number is no contradiction to what came before. */
  boolean takesNumbers() {
    return notNumber == null;
  }

  /** Takes values of used rows that are all sound numbers. */
  void values(double[] values, int count) {
    numbers = true;
    moments.add(values, count);
  }

  /** Takes a missing value that is to be replaced by the mean. */
  void missing(Part part, long row) {
    if (missing == null) {
      missing = Problems.missingCategory(part, row, name);
    }
  }

  /**
   * What was learned.
   *
   * @throws DataException if there was no value, or one is missing that has no mean
   */
  Schema.Input input(String table, boolean standardize) {
    if (!categories.isEmpty()) {
      if (missing != null) {
        throw missing;
      }
      checkLevels(table);
      return new Schema.Input(name, ColumnKind.CATEGORICAL, List.copyOf(categories), 0.0, 1.0, 0.0, null);
    }
    if (moments.count() == 0) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, column %s: every value is missing; remove the column",
              table,
              Messages.name(name)));
    }
    if (date && missing != null) {
      throw missing;
    }
    return new Schema.Input(
        name,
        !date ? ColumnKind.NUMERIC : times ? ColumnKind.MOMENT : ColumnKind.DATE,
        List.of(),
        standardize ? moments.mean() : 0.0,
        standardize ? moments.scale() : 1.0,
        date ? 0.0 : moments.mean(),
        moments.range());
  }

  private void checkLevels(String table) {
    if (categories.size() > MOST_DECLARED) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, column %s: %d different values, each an input of its own, are more than the %d that"
                  + " there may be of a category; ignore the column, or put values together",
              table,
              Messages.name(name),
              categories.size(),
              MOST_DECLARED),
          "ignored");
    }
    if (declared) {
      return;
    }
    String example = categories.first();
    if (Dates.are(categories)) {
      throw Dates.refused(table, name, Messages.value(example));
    }
    if (categories.stream().allMatch(text -> NUMBER_OF_SORTS.matcher(text).matches())) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, column %s: values such as %s look like numbers but can't be read as such; write"
                  + " them with a decimal point and without separators, %% or currency, or declare"
                  + " the column categorical",
              table,
              Messages.name(name),
              Messages.value(example)),
          "categorical");
    }
    if (categories.size() > MOST_LEVELS) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s, column %s: %d different texts such as %s are more than the %d that are taken for"
                  + " categories; remove or ignore the column, or declare it categorical",
              table,
              Messages.name(name),
              categories.size(),
              Messages.value(example),
              MOST_LEVELS),
          "ignored",
          "categorical");
    }
  }
}
