package org.pacnet.internal.base;

import java.lang.management.ManagementFactory;

/**
 * What this process may use of the machine. The JVM heeds a container's processor quota, its memory limit and the
 * affinity mask; libraries that ask the system do not, and are told.
 */
public final class Machine {

  private static final long LEAST_TABLE_BYTES = 128L << 20;

  private Machine() {}

  /** Processors by quota and affinity: the default for threads, and for every pool that is not told another number. */
  public static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** Processors that the machine has, whoever may use them. */
  public static int allProcessors() {
    return Math.max(processors(), Platform.processors());
  }

  /** Bytes of memory that the machine has, or the container may use. */
  public static long memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  /** Bytes that DuckDB may take for tables: four fifths of what the heap leaves. Its own default is of what the system says. */
  public static long tableMemory() {
    long left = Math.max(0, memory() - Runtime.getRuntime().maxMemory());
    return Math.max(LEAST_TABLE_BYTES, left / 5 * 4);
  }
}
