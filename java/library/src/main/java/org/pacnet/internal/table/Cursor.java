package org.pacnet.internal.table;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;

/**
 * Walks over the rows of a {@link Part}, block by block. A cell goes by the index of its {@link
 * Part.Request}.
 *
 * <p>Where a block is {@linkplain Block#isPlain plain}, it can be taken column by column; else, and
 * wherever something is wrong, row by row:
 *
 * <pre>{@code
 * while (cursor.nextBlock()) {
 *   if (!cursor.block().isPlain() || !takeWhole(cursor.block())) {
 *     while (cursor.next()) { … }
 *   }
 * }
 * }</pre>
 */
abstract class Cursor implements AutoCloseable {
  private final int cells;
  private Block block;
  private int at = -1;
  private long before;

  Cursor(int cells) {
    this.cells = cells;
    block = new Block(cells, 0);
  }

  /** Over blocks in memory. */
  static Cursor over(List<Block> blocks, Reading reading) {
    Iterator<Block> iterator = blocks.iterator();
    return new Cursor(blocks.isEmpty() ? 0 : blocks.get(0).numbers.length) {
      @Override
      @Nullable Block fill() {
        reading.check();
        return iterator.hasNext() ? iterator.next() : null;
      }

      @Override
      public void close() {}
    };
  }

  /** Goes to the next block, before its first row; false after the last. */
  final boolean nextBlock() {
    Block filled = fill();
    before += block.size;
    at = -1;
    block = filled == null ? new Block(cells, 0) : filled;
    return filled != null;
  }

  /** The current block. */
  final Block block() {
    return block;
  }

  /** Goes to the next row of the block; false after the last. */
  final boolean next() {
    return ++at < block.size;
  }

  /** The current row of the table, from 1. */
  final long row() {
    long[] rows = block.tableRows;
    return rows == null ? before + at + 1 : rows[at];
  }

  /** The current row of the block, from 0. */
  final int at() {
    return at;
  }

  final boolean isMissing(int cell) {
    boolean @Nullable [] column = block.missing[cell];
    return column != null && column[at];
  }

  /** Whether any cell of the row from the first on is missing. */
  private boolean missesAny(int first) {
    for (int i = first; i < cells; i++) {
      if (isMissing(i)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a missing value has the row left out.
   *
   * @param inputs so many cells are inputs; labels follow
   */
  final boolean isDropped(Missing missing, int inputs) {
    return switch (missing) {
      case ERROR -> false;
      case MEAN -> missesAny(inputs);
      case DROP -> missesAny(0);
    };
  }

  /** The text of a cell, or null if it is a number or missing. */
  final @Nullable String text(int cell) {
    @Nullable String[] column = block.texts[cell];
    return column == null ? null : column[at];
  }

  final double number(int cell) {
    return block.numbers[cell][at];
  }

  /** The next rows, at least one, or null after the last. */
  abstract @Nullable Block fill();

  @Override
  public abstract void close();
}
