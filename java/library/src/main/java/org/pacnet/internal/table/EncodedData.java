package org.pacnet.internal.table;

import java.nio.FloatBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.internal.engine.RowFeed;

/**
 * A table or images as numbers. All rows are in one buffer, {@link #features()}, or where they are too
 * large for that pulled from a {@link #feed}.
 */
public interface EncodedData {

  /** Number of encoded rows, at least 1. */
  int rows();

  /** Number of rows the table has: the encoded and the dropped. */
  default int tableRows() {
    return rows() + dropped().cardinality();
  }

  /**
   * The features, row by row: direct, of shape [rows, {@link Schema#inputWidth()}]; null if rows are
   * pulled. Each call gives a new view of the same memory.
   */
  @Nullable FloatBuffer features();

  /**
   * Rows that are pulled; null if they are in {@link #features()}. To be closed.
   *
   * @param seed of what is random in training
   */
  @Nullable RowFeed feed(long seed);

  /** Likewise rows as a fit is to see them, where that is not as they are: what changes from epoch to epoch. To be closed. */
  default @Nullable RowFeed training(long seed) {
    return feed(seed);
  }

  /**
   * The labels: for a regression shape [rows, {@link Schema#outputWidth()}], standardised as the
   * schema says; for a classification shape [rows], the index of the class in {@link
   * Schema#classes()}; empty if the table was encoded for prediction. Each call gives a new view of
   * the same memory.
   */
  FloatBuffer labels();

  /**
   * The rows of the table, from 0 and over all its files, that are not encoded because of {@link
   * Missing#DROP}.
   */
  BitSet dropped();

  /** Which rows belong together: each row's group, from 0 on; null where each stands for itself. */
  default int @Nullable [] groups() {
    return null;
  }

  /** Whether the groups are times, numbered by time: then what comes later says nothing of what was before. */
  default boolean inOrder() {
    return false;
  }

  /** How much each row counts in what is learnt, positive; null where all count the same. Only how they compare matters. */
  default float @Nullable [] weights() {
    return null;
  }

  /** Which table this is. */
  Provenance provenance();
}
