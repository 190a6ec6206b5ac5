package org.pacnet.config;

import java.util.List;

/**
 * What to do with a row in which a value is missing: a null, or an empty text field or
 * one of the {@link #WORDS}.
 */
public enum Missing {
  /** Refuse the data, naming the first missing value. */
  ERROR,
  /**
   * Put the source column's mean in its place. Numeric inputs only: of a category it is refused, and a
   * row without a label, of which nothing can be learnt, is left out.
   */
  MEAN,
  /** Leave the whole row out. */
  DROP;

  /** The texts that stand for a missing value unless others are given: upper and lower case count. */
  public static final List<String> WORDS = List.of("NA", "N/A", "NULL", "null", "NaN", "nan");
}
