package org.pacnet.internal.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.ReadMonitor;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;

/**
 * What all long reading has in common: an interruption of its thread ends it, and so does its
 * monitor, which hears how far it is.
 */
public final class Reading {
  private static final long SILENCE_NANOS = 50_000_000;

  private final ReadMonitor monitor;
  private final Thread thread = Thread.currentThread();
  private long heard = System.nanoTime();
  private boolean bounded = true;

  /** A reading by the thread that calls this. */
  Reading(ReadMonitor monitor) {
    this.monitor = monitor;
  }

  /** All blocks of a cursor, which is closed. */
  List<Block> all(String table, Cursor cursor) {
    try (cursor) {
      List<Block> blocks = new ArrayList<>();
      long rows = 0;
      while (cursor.nextBlock()) {
        blocks.add(cursor.block());
        rows += cursor.block().size;
        checkRoom(table, rows, cursor.block().numbers.length);
        rows(table, rows);
      }
      return blocks;
    }
  }

  /** What is read is not for one buffer. */
  void inPieces() {
    bounded = false;
  }

  /**
   * Throws a {@link DataException} where rows will not fit: better told before the memory is full of them. One of the columns may be a
   * label, which has a buffer of its own.
   */
  void checkRoom(String table, long rows, long columns) {
    if (bounded && rows * Math.max(1, columns - 1) * Float.BYTES > Integer.MAX_VALUE) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s: %d rows of %d columns are more than the 2 GiB that fit; use fewer rows or columns",
              table,
              rows,
              columns));
    }
  }

  /** So many rows are read; throws a {@link CancelledException} if that is enough. */
  void rows(String table, long rows) {
    check();
    if (System.nanoTime() - heard > SILENCE_NANOS) {
      heard = System.nanoTime();
      monitor.onRows(table, rows);
    }
  }

  /** Throws a {@link CancelledException} if the reading is to end. */
  void check() {
    if (isStopped()) {
      throw cancelled(null);
    }
  }

  /** Whether the reading is to end; from any thread. */
  boolean isStopped() {
    return thread.isInterrupted() || monitor.isCancelled();
  }

  /** The exception for it. */
  static CancelledException cancelled(@Nullable Throwable cause) {
    return new CancelledException("reading the data was cancelled", cause);
  }
}
