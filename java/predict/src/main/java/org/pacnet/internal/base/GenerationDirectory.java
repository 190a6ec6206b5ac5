package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.pacnet.error.DataException;

/**
 * A directory whose state is what one file in it says: new files are put beside the old ones, and
 * replacing that one file changes from old to new in a single step. A process that dies before the
 * step leaves the old state, and after it the new one. Not for two writers at once: they need a
 * {@link DirectoryLock}.
 */
public final class GenerationDirectory {

  private GenerationDirectory() {}

  /** Throws a {@link DataException} unless the directory is there or can be made, and can be written. */
  public static void check(Path directory) {
    Path place = AtomicWrite.follow(directory);
    if (Files.exists(place) && !Files.isDirectory(place)) {
      throw new DataException(
          directory + " is a file: name a directory for the model");
    }
    AtomicWrite.checkFolder(directory, place);
  }

  /** Puts a file that no state refers to yet; its folder is made. One with this content stays. */
  public static void write(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    if (Files.isRegularFile(file)
        && Files.size(file) == content.length
        && Arrays.equals(Files.readAllBytes(file), content)) {
      return;
    }
    AtomicWrite.write(file, temporary -> Files.write(temporary, content));
  }

  /** Puts the file that says what the state is: the one step. All else of the folder is on disk before. */
  public static void commit(Path file, byte[] content) throws IOException {
    AtomicWrite.sync(file.getParent());
    AtomicWrite.write(file, temporary -> Files.write(temporary, content));
    AtomicWrite.sync(file.getParent());
    AtomicWrite.sync(file.getParent().resolve(".."));
  }

  /** What is in the directory, sorted, without lock and temporary files. */
  public static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !isTransient(file)).sorted().toList();
    }
  }

  /** Whether there are lock or temporary files, of a process that is alive or of one that is not. */
  public static boolean hasTransient(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(GenerationDirectory::isTransient);
    }
  }

  private static boolean isTransient(Path file) {
    String name = file.getFileName().toString();
    return name.equals(DirectoryLock.FILE) || AtomicWrite.isTemporary(name);
  }

  /** Removes temporary files, which are all of dead processes where the lock is ours. */
  public static void deleteTemporary(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (AtomicWrite.isTemporary(file.getFileName().toString())) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** Removes the directory if nothing is in it. */
  public static void deleteIfEmpty(Path directory) throws IOException {
    try {
      Files.delete(directory);
    } catch (DirectoryNotEmptyException | NoSuchFileException e) {
      // somebody's files, or gone already
    }
  }
}
