package org.pacnet.internal.base;

/** Which processes are alive. */
public final class Processes {

  /**
   * Stands for this machine since its last start, and for this container in it: process numbers mean
   * something only where this is the same.
   */
  static final String HERE = Integer.toHexString(Platform.processSpace().hashCode());

  private Processes() {}

  /** Whether a process of that number runs here. */
  public static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }
}
