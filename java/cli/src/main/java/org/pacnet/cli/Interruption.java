package org.pacnet.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, and a polite kill: the command is interrupted and gets a moment to undo what it began; then
 * the JVM ends with the signal's exit code, 130 or 143.
 */
final class Interruption {

  // An epoch is the longest stretch without a look at the interruption.
  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);

  /** Watches over the thread that calls this. */
  Interruption() {
    Thread command = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(command), "pacnet-interruption"));
  }

  private void stop(Thread command) {
    if (ended.getCount() == 0) {
      return; // an ordinary end
    }
    command.interrupt();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("pacnet: stopped in the middle; the next command clears up");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The command has ended, one way or the other. */
  void end() {
    ended.countDown();
  }
}
