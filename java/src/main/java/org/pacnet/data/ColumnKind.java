package org.pacnet.data;

/** How an input column becomes features. */
public enum ColumnKind {
  /** One feature: the number, standardised if the schema says so. */
  NUMERIC,
  /** One feature for each category: 1 for the row's own, 0 for the others. */
  CATEGORICAL
}
