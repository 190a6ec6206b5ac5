package org.pacnet.data;

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
record Column(
    int length,
    double @Nullable [] numbers,
    IntFunction<@Nullable Object> values,
    String sqlType) {

  private static final double LARGEST_EXACT = 1L << 53;

  /** Throws a {@link DataException} if it is no array of a kind that a column can be. */
  static Column of(String name, @Nullable Object array) {
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
    boolean numbers = Arrays.stream(values).allMatch(v -> v == null || v instanceof Number);
    return new Column(values.length, null, i -> values[i], numbers ? "DOUBLE" : "VARCHAR");
  }

  /** A value as a text file would have it: a whole number without a fraction. */
  static String inText(Object value) {
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return number == Math.rint(number) && Math.abs(number) < LARGEST_EXACT
          ? Long.toString((long) number)
          : value.toString(); // of a float its own digits, not those of the double that it equals
    }
    return value.toString();
  }

  static double number(Object value) {
    return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
  }
}
