package org.pacnet.data;

import org.jspecify.annotations.Nullable;
import org.pacnet.error.CancelledException;

/** What all long reading has in common: an interruption of its thread ends it. */
final class Reading {

  // Often enough that nobody waits, seldom enough that nobody pays.
  private static final long ROWS_BETWEEN_LOOKS = 1024;

  private Reading() {}

  /** Throws a {@link CancelledException} if the thread is interrupted, which it then still is. */
  static void checkInterrupted(long row) {
    if (row % ROWS_BETWEEN_LOOKS == 0 && Thread.currentThread().isInterrupted()) {
      throw cancelled(null);
    }
  }

  /** The exception for an interruption. */
  static CancelledException cancelled(@Nullable Throwable cause) {
    return new CancelledException("reading the data was cancelled", cause);
  }
}
