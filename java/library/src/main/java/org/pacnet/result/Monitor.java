package org.pacnet.result;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.ReadMonitor;

/**
 * Watches a long operation and can stop it: give it to a phase, read its progress, and call {@link
 * #cancel()} from any thread.
 */
public final class Monitor {

  private final Consumer<Progress> onEpoch;
  private final Consumer<ReadProgress> onRows;
  private final Consumer<PhaseReport> onPhase;
  private final @Nullable Monitor parent;
  private volatile boolean cancelled;

  /** A monitor that only cancels. */
  public Monitor() {
    this(progress -> {});
  }

  /** A monitor that hears of epochs; {@link #Monitor(Consumer, Consumer)} says more. */
  public Monitor(Consumer<Progress> onEpoch) {
    this(onEpoch, progress -> {});
  }

  /**
   * What a listener throws ends the operation, which leaves the model as it was, and is thrown on.
   *
   * @param onEpoch told of every finished epoch, on the thread that runs the phase
   * @param onRows told some twenty times a second how far the reading is, on the thread that reads
   */
  public Monitor(Consumer<Progress> onEpoch, Consumer<ReadProgress> onRows) {
    this(onEpoch, onRows, phase -> {});
  }

  /**
   * The same for who counts what was done: phases, their rows and their seconds.
   *
   * @param onPhase told of every phase that has ended, of many targets each, one at a time; the model has changed by then, whatever
   *     the listener throws
   */
  public Monitor(
      Consumer<Progress> onEpoch, Consumer<ReadProgress> onRows, Consumer<PhaseReport> onPhase) {
    this(onEpoch, onRows, onPhase, null);
  }

  private Monitor(
      Consumer<Progress> onEpoch,
      Consumer<ReadProgress> onRows,
      Consumer<PhaseReport> onPhase,
      @Nullable Monitor parent) {
    this.onEpoch = onEpoch;
    this.onRows = onRows;
    this.onPhase = onPhase;
    this.parent = parent;
  }

  /**
   * Stops a reading at once and a phase at the end of its epoch: it throws a {@link
   * org.pacnet.error.CancelledException} and leaves the model as it was.
   */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel()} has been called. */
  public boolean isCancelled() {
    return cancelled || (parent != null && parent.isCancelled());
  }

  /** Tells the listener of a finished epoch. */
  public void report(Progress progress) {
    onEpoch.accept(progress);
  }

  /** Tells the listener of a phase that has ended. */
  public void report(PhaseReport phase) {
    onPhase.accept(phase);
  }

  /** One that is cancelled with this one, and tells of nothing. */
  public Monitor cancelOnly() {
    return new Monitor(progress -> {}, progress -> {}, phase -> {}, this);
  }

  /** The same for what reads. */
  public ReadMonitor reading() {
    return new ReadMonitor() {
      @Override
      public void onRows(String table, long rows) {
        onRows.accept(new ReadProgress(table, rows));
      }

      @Override
      public boolean isCancelled() {
        return Monitor.this.isCancelled();
      }
    };
  }
}
