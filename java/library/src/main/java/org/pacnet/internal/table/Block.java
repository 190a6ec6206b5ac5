package org.pacnet.internal.table;

import org.jspecify.annotations.Nullable;

/**
 * Consecutive rows of a table, cell by cell of the {@link Part.Request}s. A value is missing, or
 * text, or else a number.
 */
final class Block {
  /** Most rows of a block. */
  static final int ROWS = 2048;

  /** Rows of this one. */
  final int size;

  /** By cell and row: values that are neither missing nor text. */
  final double[][] numbers;

  /** By cell and row: values that are text, null in all others; null where a cell has no text. */
  final @Nullable String[] @Nullable [] texts;

  /** By cell and row; null where nothing of a cell is missing. */
  final boolean @Nullable [][] missing;

  /** The rows' numbers in their table, from 1; null where they are consecutive. */
  long @Nullable [] tableRows;

  Block(int cells, int size) {
    this.size = size;
    numbers = new double[cells][size];
    texts = new @Nullable String[cells][];
    missing = new boolean @Nullable [cells][];
  }

  void setMissing(int cell, int row) {
    boolean[] column = missing[cell];
    if (column == null) {
      column = new boolean[size];
      missing[cell] = column;
    }
    column[row] = true;
  }

  void setText(int cell, int row, String text) {
    @Nullable String[] column = texts[cell];
    if (column == null) {
      column = new @Nullable String[size];
      texts[cell] = column;
    }
    column[row] = text;
  }

  /** Whether every value is a number. */
  boolean isPlain() {
    for (int i = 0; i < numbers.length; i++) {
      if (texts[i] != null || missing[i] != null) {
        return false;
      }
    }
    return true;
  }
}
