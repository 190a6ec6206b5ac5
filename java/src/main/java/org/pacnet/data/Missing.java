package org.pacnet.data;

/**
 * What to do with a row in which a value is missing: a null, or in a text file an empty field or
 * {@code NA}.
 */
public enum Missing {
  /** Refuse the data, naming the first missing value. */
  ERROR,
  /** Put the source column's mean in its place. Numeric inputs only; elsewhere it is refused. */
  MEAN,
  /** Leave the whole row out. */
  DROP
}
