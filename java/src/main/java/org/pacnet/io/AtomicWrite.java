package org.pacnet.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import org.pacnet.error.DataException;

/**
 * Writes a file or a directory under a temporary name beside its place, syncs it to disk, and
 * renames it: whoever looks sees the old one or the new one, never half of it.
 */
public final class AtomicWrite {

  private AtomicWrite() {}

  /** Fills the given temporary path. */
  @FunctionalInterface
  public interface Content {
    void write(Path temporary) throws IOException;
  }

  /** Replaces the file at {@code path}. The temporary name ends like the real one. */
  public static void file(Path path, Content content) {
    replace(path, content);
  }

  /**
   * Replaces the directory at {@code path} as a whole; {@code content} finds an empty directory. An
   * existing one is moved aside first and comes back if the last rename fails.
   */
  public static void directory(Path path, Content content) {
    replace(
        path,
        temporary -> {
          Files.createDirectory(temporary);
          content.write(temporary);
        });
  }

  private static void replace(Path path, Content content) {
    Path place = path.toAbsolutePath().normalize();
    Path parent = place.getParent();
    if (parent == null || place.getFileName() == null) {
      throw new DataException(path + " can't be written: it is the root directory");
    }
    String name = ".pacnet-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + "-";
    Path temporary = parent.resolve(name + place.getFileName());
    Path aside = parent.resolve(name + "old");
    try {
      Files.createDirectories(parent);
      try {
        content.write(temporary);
        sync(temporary);
        if (Files.isDirectory(place)) {
          Files.move(place, aside, StandardCopyOption.ATOMIC_MOVE);
          try {
            Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
          } catch (IOException e) {
            Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
            throw e;
          }
          delete(aside);
        } else {
          Files.move(
              temporary,
              place,
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING);
        }
        syncOne(parent);
      } finally {
        delete(temporary);
      }
    } catch (IOException e) {
      throw new DataException(path + " can't be written: " + reason(e), e);
    }
  }

  /** The first line of what went wrong, with the exception's kind where its message is a mere path. */
  public static String reason(IOException e) {
    String kind = e.getClass().getSimpleName().replaceAll("([a-z])([A-Z])", "$1 $2");
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return e.getClass() == IOException.class
        ? message
        : kind.replace(" Exception", "").toLowerCase(Locale.ROOT) + " (" + message + ")";
  }

  private static void sync(Path path) throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            syncOne(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException e)
              throws IOException {
            syncOne(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  // A directory is synced so that the names in it are on disk too.
  private static void syncOne(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
