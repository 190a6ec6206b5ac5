package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the system says of processes: which are alive, and how much memory this one has held. */
public final class Processes {

  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

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

  /** The most memory that this process has held at once, in bytes; 0 where the system does not say. */
  public static long peakBytes() {
    Matcher peak = PEAK.matcher(read("/proc/self/status"));
    return peak.find() ? Long.parseLong(peak.group(1)) * 1024 : 0;
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
