package org.pacnet.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where DuckDB's driver comes from a plain jar, it unpacks its 70 MB library into the temporary
 * folder, and a process that is killed leaves it there. Once loaded the file is of no use to anyone:
 * it goes at once, and so do those of dead processes.
 */
final class DuckLibrary {

  // Unpacking takes a fraction of a second; until it is loaded the file must stay.
  private static final Duration UNPACKING = Duration.ofMinutes(1);

  private DuckLibrary() {}

  /** To be called when the library has been loaded. */
  static void deleteUnpacked() {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> unpacked =
          files
              .filter(f -> f.getFileName().toString().matches("libduckdb_java[0-9]+\\.so"))
              .toList();
      if (unpacked.isEmpty()) {
        return;
      }
      String maps = Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
      Instant longAgo = Instant.now().minus(UNPACKING);
      for (Path file : unpacked) {
        boolean ours = maps.contains(file.getFileName().toString());
        if (ours || Files.getLastModifiedTime(file).toInstant().isBefore(longAgo)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      // Another user's, or gone already; it costs nothing but space.
    }
  }
}
