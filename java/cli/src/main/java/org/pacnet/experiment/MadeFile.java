package org.pacnet.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;

/** A file that a demonstration makes, with the same bytes every time. */
public final class MadeFile {

  private MadeFile() {}

  /** Writes it unless it is there; anything else of that name is the user's and is refused. */
  public static void write(Path file, byte[] bytes) {
    try {
      if (Files.exists(file)) {
        if (Files.size(file) != bytes.length || !Arrays.equals(Files.readAllBytes(file), bytes)) {
          throw new DataException(
              file + " is there already and is not the demo's: name another --out");
        }
        return;
      }
    } catch (IOException e) {
      throw new DataException(file + " can't be read: " + AtomicWrite.reason(e), e);
    }
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }
}
