package org.pacnet.internal.image;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.pacnet.error.CancelledException;
import org.pacnet.internal.base.Causes;

/** Waits for what other threads do. */
final class Results {

  private Results() {}

  /** The result; what the work threw is thrown here, and an interruption is a cancellation. */
  static <T> T of(Future<T> work) {
    try {
      return work.get();
    } catch (ExecutionException e) {
      throw Causes.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("reading the images was cancelled", e);
    }
  }
}
