package org.pacnet;

import java.util.function.Consumer;

/**
 * Watches a long operation and can stop it: give it to a phase, read its progress, and call {@link
 * #cancel()} from any thread.
 */
public final class Monitor {

  private final Consumer<Progress> listener;
  private volatile boolean cancelled;

  /** A monitor that only cancels. */
  public Monitor() {
    this(progress -> {});
  }

  /**
   * @param listener told of every finished epoch, on the thread that runs the phase; what it throws
   *     ends the phase, which leaves the model as it was, and is thrown on
   */
  public Monitor(Consumer<Progress> listener) {
    this.listener = listener;
  }

  /**
   * Stops at the end of the current epoch: the phase throws a {@link
   * org.pacnet.error.CancelledException} and leaves the model as it was.
   */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel()} has been called. */
  public boolean isCancelled() {
    return cancelled;
  }

  void report(Progress progress) {
    listener.accept(progress);
  }
}
