package org.pacnet.data;

/** How an input column becomes features. */
public enum ColumnKind {
  /** One feature: the number, standardised if the schema says so. */
  NUMERIC,
  /** One feature for each category: 1 for the row's own, 0 for the others. */
  CATEGORICAL,
  /** Three features: the year, and sine and cosine of the day of the year. */
  DATE,
  /** Five features: those of the date, and sine and cosine of the time of day. */
  MOMENT;

  /** Whether its values are read as text. */
  public boolean isText() {
    return this != NUMERIC;
  }

  /** Whether its values are dates or moments. */
  public boolean isDate() {
    return this == DATE || this == MOMENT;
  }
}
