package org.pacnet.data;

import org.jspecify.annotations.Nullable;

/**
 * Walks over the rows of a {@link Part}, block by block. A cell goes by the index of its {@link
 * Part.Request}; it is missing, or holds text, or else a number.
 *
 * <p>Where a block is {@linkplain #isPlain plain}, it can be taken column by column; else, and
 * wherever something is wrong, row by row:
 *
 * <pre>{@code
 * while (cursor.nextBlock()) {
 *   if (!cursor.isPlain() || !takeWhole(cursor)) {
 *     while (cursor.next()) { … }
 *   }
 * }
 * }</pre>
 */
abstract class Cursor implements AutoCloseable {
  /** Most rows of a block. */
  static final int BLOCK = 2048;

  /** By cell and row of the block: values that are neither missing nor text. */
  final double[][] numbers;

  /** By cell and row of the block: values that are text. A row is null where no cell has any. */
  final @Nullable String[] @Nullable [] texts;

  /** By cell and row of the block. */
  final boolean[][] missing;

  /** By cell: whether all of the block are numbers. */
  final boolean[] plain;

  private int size;
  private int at = -1;
  private long before;

  Cursor(int cells) {
    numbers = new double[cells][BLOCK];
    texts = new @Nullable String[cells][];
    missing = new boolean[cells][BLOCK];
    plain = new boolean[cells];
  }

  /** Goes to the next block, before its first row; false after the last. */
  final boolean nextBlock() {
    Reading.checkInterrupted(0);
    before += size;
    at = -1;
    size = fill();
    return size > 0;
  }

  /** Rows of the block. */
  final int size() {
    return size;
  }

  /** Whether every cell of the block is a number. */
  final boolean isPlain() {
    for (boolean one : plain) {
      if (!one) {
        return false;
      }
    }
    return true;
  }

  /** Goes to the next row of the block; false after the last. */
  final boolean next() {
    return ++at < size;
  }

  /** The current row, from 1; before a block's first, that of the row before. */
  final long row() {
    return before + at + 1;
  }

  final int cells() {
    return plain.length;
  }

  final boolean isMissing(int cell) {
    return missing[cell][at];
  }

  /** The text of a cell, or null if it is a number or missing. */
  final @Nullable String text(int cell) {
    @Nullable String[] column = texts[cell];
    return column == null ? null : column[at];
  }

  final double number(int cell) {
    return numbers[cell][at];
  }

  /** The array of a cell's texts, made if need be. */
  final @Nullable String[] textsOf(int cell) {
    @Nullable String[] column = texts[cell];
    if (column == null) {
      column = new @Nullable String[BLOCK];
      texts[cell] = column;
    }
    return column;
  }

  /** Fills all arrays from the next rows and returns how many there were, 0 after the last. */
  abstract int fill();

  @Override
  public abstract void close();
}
