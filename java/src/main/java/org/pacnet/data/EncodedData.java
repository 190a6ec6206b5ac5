package org.pacnet.data;

import java.nio.FloatBuffer;
import java.util.BitSet;

/**
 * A table as numbers, in direct buffers of native byte order that native code can read in place.
 */
public final class EncodedData {
  private final int rows;
  private final FloatBuffer features;
  private final FloatBuffer labels;
  private final BitSet dropped;
  private final Provenance provenance;

  EncodedData(
      int rows, FloatBuffer features, FloatBuffer labels, BitSet dropped, Provenance provenance) {
    this.rows = rows;
    this.features = features;
    this.labels = labels;
    this.dropped = dropped;
    this.provenance = provenance;
  }

  /** Number of encoded rows, at least 1. */
  public int rows() {
    return rows;
  }

  /** Number of rows the table has: the encoded and the dropped. */
  public int tableRows() {
    return rows + dropped.cardinality();
  }

  /**
   * The features, row by row: shape [rows, {@link Schema#inputWidth()}]. Each call gives a new view
   * of the same memory.
   */
  public FloatBuffer features() {
    return features.duplicate();
  }

  /**
   * The labels: for a regression shape [rows, {@link Schema#outputWidth()}], standardised as the
   * schema says; for a classification shape [rows], the index of the class in {@link
   * Schema#classes()}; empty if the table was encoded for prediction. Each call gives a new view of
   * the same memory.
   */
  public FloatBuffer labels() {
    return labels.duplicate();
  }

  /**
   * The rows of the table, from 0 and over all its files, that are not encoded because of {@link
   * Missing#DROP}.
   */
  public BitSet dropped() {
    return (BitSet) dropped.clone();
  }

  /** Which table this is. */
  public Provenance provenance() {
    return provenance;
  }
}
