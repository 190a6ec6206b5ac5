package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Where DuckDB's or XGBoost's classes come from a plain jar, they unpack their library into the temporary folder, 70 and
 * 18 MB, and a process that is killed leaves it there. Once loaded the file is of no use to anyone: it goes at once. Those that
 * another process has there may be in use, or another program's: they stay.
 */
public final class UnpackedLibrary {

  private UnpackedLibrary() {}

  /**
   * To be called when the library has been loaded.
   *
   * @param name of its file but for what is random: "libduckdb_java"
   */
  public static void delete(String name) {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    Pattern file =
        Pattern.compile(Pattern.quote(folder.toString()) + "/" + Pattern.quote(name) + "[0-9]+\\.so");
    try {
      for (String mapped : Platform.mappedFiles()) {
        if (file.matcher(mapped).matches()) {
          Files.deleteIfExists(Path.of(mapped));
        }
      }
    } catch (IOException e) {
      // Gone already; it costs nothing but space.
    }
  }
}
