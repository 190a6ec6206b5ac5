package org.pacnet.internal.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is asked of the operating system beyond what the JVM tells, in one place: of Linux, by {@code /proc}. Another one
 * answers nothing here, and whoever asks does without.
 */
public final class Platform {

  /** Where pacnet's own native code has been built and run, by JavaCPP's name. */
  public static final String BUILT_FOR = "linux-x86_64";

  private static final Path PROC = Path.of("/proc");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  private Platform() {}

  /** Processors that the machine has, whoever may use them; 0 where that is not known. */
  static int processors() {
    return (int) lines("cpuinfo").stream().filter(line -> line.startsWith("processor")).count();
  }

  /** The files that this process has mapped into its memory, its native libraries among them; none where that is not known. */
  public static List<String> mappedFiles() {
    return lines("self/maps").stream()
        .filter(line -> line.indexOf('/') >= 0)
        .map(line -> line.substring(line.indexOf('/')))
        .distinct()
        .toList();
  }

  /** Whether something else is mounted there; false where that is not known. */
  static boolean isMountPoint(Path place) {
    String written = place.toString().replace("\\", "\\134").replace(" ", "\\040");
    return lines("self/mountinfo").stream()
        .map(line -> line.split(" ", 6))
        .anyMatch(fields -> fields.length > 4 && fields[4].equals(written));
  }

  /** The same for all processes whose numbers mean the same: of one machine since its last start, and of one container in it. */
  static String processSpace() {
    return String.join("", lines("sys/kernel/random/boot_id")) + link("self/ns/pid");
  }

  /** The most memory that this process has held at once, in bytes; 0 where that is not known. */
  public static long peakBytes() {
    return lines("self/status").stream()
        .map(PEAK::matcher)
        .filter(Matcher::matches)
        .mapToLong(peak -> Long.parseLong(peak.group(1)) * 1024)
        .findFirst()
        .orElse(0);
  }

  private static List<String> lines(String file) {
    // Names of files are whatever bytes they are.
    try (Stream<String> lines = Files.lines(PROC.resolve(file), StandardCharsets.ISO_8859_1)) {
      return lines.toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  private static String link(String file) {
    try {
      return Files.readSymbolicLink(PROC.resolve(file)).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
