package org.pacnet.internal.base;

import java.util.concurrent.ExecutionException;

/** What lies behind an exception that only passes another one on. */
public final class Causes {

  private Causes() {}

  /** The first of all causes. */
  public static Throwable root(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** What the work of another thread threw: to be thrown on here. An {@code Error} is, at once. */
  public static RuntimeException of(ExecutionException e) {
    if (e.getCause() instanceof Error error) {
      throw error;
    }
    return e.getCause() instanceof RuntimeException cause
        ? cause
        : new IllegalStateException(e.getCause());
  }
}
