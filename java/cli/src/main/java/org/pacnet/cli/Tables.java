package org.pacnet.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.pacnet.data.Data;

/** What an option that names a table means. */
final class Tables {

  private Tables() {}

  /**
   * A query where the text begins with SELECT, FROM or ATTACH; images where it is a folder or an IDX
   * file; else a file or a pattern.
   */
  static Data of(String text) {
    if (isImages(text)) {
      return Data.images(Path.of(text));
    }
    return text.matches("(?is)\\s*(SELECT|FROM|ATTACH)\\s.*") ? Data.sql(text) : Data.files(text);
  }

  private static boolean isImages(String text) {
    try {
      Path path = Path.of(text);
      return !text.isBlank()
          && (Files.isDirectory(path)
              || (Files.isRegularFile(path)
                  && path.toString().matches(".*idx3-ubyte(\\.gz)?")));
    } catch (InvalidPathException e) {
      return false; // a query, or what reading it says better
    }
  }
}
