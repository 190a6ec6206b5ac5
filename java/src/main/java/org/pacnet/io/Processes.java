package org.pacnet.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which processes are alive, as far as this machine can tell. */
public final class Processes {

  /**
   * Stands for this machine since its last start, and for this container in it: process numbers mean
   * something only where this is the same.
   */
  static final String HERE =
      Integer.toHexString(
          (read("/proc/sys/kernel/random/boot_id") + link("/proc/self/ns/pid")).hashCode());

  private Processes() {}

  /** Whether a process of that number runs here. */
  public static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }

  private static String link(String file) {
    try {
      return Files.readSymbolicLink(Path.of(file)).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
