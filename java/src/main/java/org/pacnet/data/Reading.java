package org.pacnet.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.CancelledException;

/**
 * What all long reading has in common: an interruption of its thread ends it, and so does its
 * monitor, which hears how far it is.
 */
final class Reading {
  private static final long SILENCE_NANOS = 50_000_000;

  private final ReadMonitor monitor;
  private final Thread thread = Thread.currentThread();
  private long heard = System.nanoTime();

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
        rows(table, rows);
      }
      return blocks;
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
