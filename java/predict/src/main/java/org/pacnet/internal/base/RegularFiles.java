package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files with an end: whoever reads a pipe waits for its writer, and a device has no end. */
public final class RegularFiles {
  private RegularFiles() {}

  /** All bytes; an {@link IOException} for what is no regular file, links being followed. */
  public static byte[] read(Path file) throws IOException {
    check(file);
    return Files.readAllBytes(file);
  }

  /** Throws an {@link IOException} that says so unless it is one. */
  public static void check(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException("it is no regular file (a folder, pipe or device)");
    }
  }
}
