package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.OutputException;

/**
 * Writes a file under a temporary name beside its place, syncs it to disk, and renames it: whoever
 * looks sees the old one or the new one, never half of it. Only ever replaces a regular file, keeps
 * its permissions, and follows symbolic links instead of replacing them.
 */
public final class AtomicWrite {

  private static final String PREFIX = ".pacnet-";
  private static final AtomicLong NEXT = new AtomicLong();

  private AtomicWrite() {}

  /** Fills the given temporary path. */
  @FunctionalInterface
  public interface Content {
    void write(Path temporary) throws IOException;
  }

  /**
   * Replaces the file at {@code path}. The temporary name ends like the real one. Folders above it
   * are made. Throws a {@link DataException} where {@link #check} would, and an {@link
   * OutputException} if the writing itself fails.
   */
  public static void file(Path path, Content content) {
    Path place = check(path);
    try {
      Files.createDirectories(parentOf(place));
      deleteAbandoned(parentOf(place));
      write(place, content);
      sync(parentOf(place));
    } catch (ClosedByInterruptException e) {
      throw new CancelledException("writing " + path + " was interrupted; nothing was changed", e);
    } catch (IOException e) {
      throw new OutputException(path + " can't be written: " + reason(e), e);
    }
  }

  /** Replaces a file whose place is known to be sound; does not sync the folder. */
  static void write(Path place, Content content) throws IOException {
    Path temporary = parentOf(place).resolve(temporaryName(place));
    try {
      content.write(temporary);
      if (Files.exists(place)) {
        copyPermissions(place, temporary);
      }
      sync(temporary);
      Files.move(
          temporary, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Throws a {@link DataException} unless a file may be written there; for long work, better found
   * out before. Returns the path with symbolic links followed.
   */
  public static Path check(Path path) {
    Path place = follow(path);
    if (Files.isDirectory(place)) {
      throw new DataException(path + " is a directory: name a file");
    }
    if (Files.exists(place) && !Files.isRegularFile(place)) {
      throw new DataException(path + " is no regular file (a pipe or device): name a file");
    }
    if (Files.exists(place) && !Files.isWritable(place)) {
      throw new DataException(path + " is write-protected: name another file");
    }
    if (Platform.isMountPoint(place)) {
      throw new DataException(path + " is a mount point and can't be replaced: name another file");
    }
    checkFolder(path, parentOf(place));
    return place;
  }

  /** Throws a {@link DataException} unless the folder is there, or can be made, to write into. */
  static void checkFolder(Path path, Path folder) {
    Path nearest = folder;
    while (!Files.exists(nearest, LinkOption.NOFOLLOW_LINKS)) {
      nearest = parentOf(nearest);
    }
    if (!Files.isDirectory(nearest)) {
      throw new DataException(
          path + " can't be made: " + nearest + " is no directory; name another place");
    }
    if (!Files.isWritable(nearest)) {
      throw new DataException(
          path + " can't be written: no permission to write in " + nearest);
    }
  }

  /** The absolute path with all symbolic links followed, also where what they name is not there. */
  static Path follow(Path path) {
    Path place = path.toAbsolutePath().normalize();
    if (place.getFileName() == null) {
      throw new DataException(path + " can't be written: it is the root directory");
    }
    try {
      for (int links = 0; Files.isSymbolicLink(place); links++) {
        if (links == 40) {
          throw new DataException(path + " can't be written: its symbolic links go in a circle");
        }
        place = parentOf(place).resolve(Files.readSymbolicLink(place)).normalize();
      }
      return Files.exists(place) ? place.toRealPath() : place;
    } catch (IOException e) {
      throw new DataException(path + " can't be looked at: " + reason(e), e);
    }
  }

  private static Path parentOf(Path place) {
    Path parent = place.getParent();
    return parent == null ? place : parent;
  }

  private static void copyPermissions(Path from, Path to) throws IOException {
    PosixFileAttributeView old = Files.getFileAttributeView(from, PosixFileAttributeView.class);
    PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
    if (old != null && view != null) {
      view.setPermissions(old.readAttributes().permissions());
    }
  }

  // The process that writes it is in the name, so that what a dead one left can be told from what a
  // living one is about to finish.
  private static String temporaryName(Path place) {
    String name = String.valueOf(place.getFileName());
    return PREFIX
        + Processes.HERE
        + "-"
        + ProcessHandle.current().pid()
        + "-"
        + NEXT.incrementAndGet()
        + "-"
        + name.substring(Math.max(0, name.length() - 40));
  }

  /** Whether a file of this name is one that is being written. */
  static boolean isTemporary(String name) {
    return name.startsWith(PREFIX);
  }

  /** Removes the temporary files that dead processes of this machine left in a folder. */
  static void deleteAbandoned(Path folder) throws IOException {
    String here = PREFIX + Processes.HERE + "-";
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.startsWith(here) && !isAlive(name.substring(here.length()))) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static boolean isAlive(String pidAndRest) {
    int dash = pidAndRest.indexOf('-');
    try {
      return Processes.isAlive(Long.parseLong(pidAndRest.substring(0, Math.max(0, dash))));
    } catch (NumberFormatException e) {
      return true; // not a name of ours
    }
  }

  /** The first line of what went wrong, with the exception's kind where its message is a mere path. */
  public static String reason(IOException e) {
    String kind = e.getClass().getSimpleName().replaceAll("([a-z])([A-Z])", "$1 $2");
    @Nullable String text = e.getMessage();
    String message = text == null ? "" : text.lines().findFirst().orElse("");
    if (e instanceof ClosedByInterruptException) {
      return "it was interrupted";
    }
    if (e.getClass() == IOException.class && !message.isEmpty()) {
      return message;
    }
    // "/a/b: No space left on device": the place is said already.
    int colon = message.indexOf(": ");
    return e instanceof java.nio.file.FileSystemException && colon >= 0
        ? message.substring(colon + 2)
        : kind.replace(" Exception", "").toLowerCase(Locale.ROOT) + (message.isEmpty() ? "" : " (" + message + ")");
  }

  // A directory is synced so that the names in it are on disk too.
  static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
