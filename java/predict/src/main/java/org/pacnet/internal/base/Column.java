package org.pacnet.internal.base;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * A column in memory.
 *
 * @param length number of values
 * @param numbers the array itself where it is one of doubles, the only one worth a faster way
 * @param values each as a Number, Boolean or String; null is missing
 * @param sqlType what DuckDB is to keep it as
 */
public record Column(
    int length,
    double @Nullable [] numbers,
    IntFunction<@Nullable Object> values,
    String sqlType) {

  private static final double LARGEST_EXACT = 1L << 53;

  /** Throws a {@link DataException} if it is no array of a kind that a column can be. */
  public static Column of(String name, @Nullable Object array) {
    if (array instanceof double[] a) {
      return new Column(a.length, a, i -> a[i], "DOUBLE");
    }
    if (array instanceof float[] a) {
      return new Column(a.length, null, i -> a[i], "FLOAT");
    }
    if (array instanceof long[] a) {
      return new Column(a.length, null, i -> a[i], "BIGINT");
    }
    if (array instanceof int[] a) {
      return new Column(a.length, null, i -> a[i], "INTEGER");
    }
    if (array instanceof boolean[] a) {
      return new Column(a.length, null, i -> a[i], "BOOLEAN");
    }
    if (array instanceof String[] a) {
      return new Column(a.length, null, i -> a[i], "VARCHAR");
    }
    if (array instanceof Object[] a) {
      return ofMixed(name, a);
    }
    throw new DataException(
        String.format(
            Locale.ROOT,
            "column %s is %s; give an array of double, float, long, int, boolean or String",
            Messages.name(name),
            array == null ? "null" : "a " + array.getClass().getSimpleName()));
  }

  private static Column ofMixed(String name, Object[] values) {
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      boolean known =
          value == null
              || value instanceof Number
              || value instanceof Boolean
              || value instanceof String;
      if (!known) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "row %d, column %s: a value of %s; give numbers, booleans, strings or null",
                i + 1,
                Messages.name(name),
                value.getClass().getSimpleName()));
      }
    }
    return new Column(values.length, null, i -> values[i], typeOf(values));
  }

  // What keeps every digit.
  private static String typeOf(Object[] values) {
    if (!Arrays.stream(values).allMatch(v -> v == null || v instanceof Number)) {
      return "VARCHAR";
    }
    if (Arrays.stream(values).anyMatch(v -> v instanceof Double || v instanceof Float)) {
      return "DOUBLE";
    }
    int whole = 0;
    int scale = 0;
    for (Object value : values) {
      if (value != null) {
        BigDecimal exact = new BigDecimal(inText(value));
        scale = Math.max(scale, exact.scale());
        whole = Math.max(whole, exact.precision() - exact.scale());
      }
    }
    if (scale == 0 && whole < 19) {
      return "BIGINT";
    }
    return Math.max(whole, 0) + scale <= 38
        ? String.format(Locale.ROOT, "DECIMAL(%d, %d)", Math.max(1, Math.max(whole, 0) + scale), scale)
        : "VARCHAR";
  }

  /** Whether it has more digits than a number of the machine, so that DuckDB gets them as text. */
  public boolean isExact() {
    return sqlType.startsWith("DECIMAL");
  }

  /** A value as a text file would have it: a whole number without a fraction. */
  public static String inText(Object value) {
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return number == Math.rint(number) && Math.abs(number) < LARGEST_EXACT
          ? Long.toString((long) number)
          : value.toString(); // of a float its own digits, not those of the double that it equals
    }
    if (value instanceof BigDecimal decimal) {
      BigDecimal plain = decimal.stripTrailingZeros();
      return Math.abs(plain.scale()) < 100 ? plain.toPlainString() : plain.toString();
    }
    return value.toString();
  }

  public static double number(Object value) {
    return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
  }
}
