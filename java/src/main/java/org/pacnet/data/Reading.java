package org.pacnet.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.CancelledException;

/** What all long reading has in common: an interruption of its thread ends it. */
final class Reading {

  private Reading() {}

  /** All blocks of a cursor, which is closed. */
  static List<Block> all(Cursor cursor) {
    try (cursor) {
      List<Block> blocks = new ArrayList<>();
      while (cursor.nextBlock()) {
        blocks.add(cursor.block());
      }
      return blocks;
    }
  }

  /** Throws a {@link CancelledException} if the thread is interrupted, which it then still is. */
  static void checkInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled(null);
    }
  }

  /** The exception for an interruption. */
  static CancelledException cancelled(@Nullable Throwable cause) {
    return new CancelledException("reading the data was cancelled", cause);
  }
}
