package org.pacnet.data;

import org.jspecify.annotations.Nullable;

/**
 * Walks over the rows of a {@link Part}. A cell goes by the index of its {@link Part.Request}; it
 * is missing, or holds text, or else a number.
 */
abstract class Cursor implements AutoCloseable {
  /** Values of cells that are neither missing nor text. */
  final double[] numbers;

  /** Values of cells that are text, null in all others. */
  final @Nullable String[] texts;

  final boolean[] missing;
  private long row;

  Cursor(int cells) {
    numbers = new double[cells];
    texts = new @Nullable String[cells];
    missing = new boolean[cells];
  }

  /** Goes to the next row; false after the last. */
  final boolean next() {
    Reading.checkInterrupted(row);
    if (!advance()) {
      return false;
    }
    row++;
    return true;
  }

  /** The current row, from 1. */
  final long row() {
    return row;
  }

  final boolean isMissing(int cell) {
    return missing[cell];
  }

  /** The text of a cell, or null if it is a number or missing. */
  final @Nullable String text(int cell) {
    return texts[cell];
  }

  final double number(int cell) {
    return numbers[cell];
  }

  /** Fills the cells with the next row, or returns false. */
  abstract boolean advance();

  @Override
  public abstract void close();
}
