package org.pacnet.internal.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * Keeps two processes, or two threads of one, from changing one directory at once. The system lets a
 * lock go when its process ends, however it ends.
 *
 * <p>The lock is on the file {@value #FILE} in the directory, which is removed when nobody holds it: where it lies and nobody
 * does, a process has died while it wrote.
 * The system's locks belong to a process, and closing any channel of the file drops all of them, so
 * all holders within this one share a channel.
 */
public final class DirectoryLock implements AutoCloseable {

  /** The name of the lock file. */
  public static final String FILE = ".pacnet.lock";

  private static final Map<Path, Held> HELD = new HashMap<>();

  /** What this process holds of one directory. */
  private static final class Held {
    private final FileChannel channel;
    // Made by another process, which may have died and left more than this file.
    private final boolean found;
    private final Map<String, FileLock> names = new HashMap<>();
    private @Nullable FileLock whole;

    Held(FileChannel channel, boolean found) {
      this.channel = channel;
      this.found = found;
    }
  }

  private final Path directory;
  private final @Nullable String name;
  private final Deque<Path> made;
  private boolean open = true;

  private DirectoryLock(Path directory, @Nullable String name, Deque<Path> made) {
    this.directory = directory;
    this.name = name;
    this.made = made;
  }

  /**
   * Locks the whole directory, which is made if it is not there, and then removed again by {@link
   * #close} if nothing was put into it. Null if somebody else holds it or a part of it.
   */
  public static @Nullable DirectoryLock whole(Path directory) {
    return lock(directory, null);
  }

  /** Locks one named part: others may hold other parts meanwhile, nobody the whole. */
  public static @Nullable DirectoryLock part(Path directory, String name) {
    return lock(directory, name);
  }

  private static @Nullable DirectoryLock lock(Path directory, @Nullable String name) {
    synchronized (HELD) {
      Deque<Path> made = new ArrayDeque<>();
      boolean locked = false;
      try {
        makeFolders(directory, made);
        Path real = directory.toRealPath();
        locked = tryLock(real, name);
        return locked ? new DirectoryLock(real, name, made) : null;
      } catch (IOException e) {
        throw new DataException(
            directory
                + " can't be made, or locked against other writers: "
                + AtomicWrite.reason(e)
                + "; name another place",
            e);
      } finally {
        if (!locked) {
          removeFolders(made);
        }
      }
    }
  }

  private static boolean tryLock(Path real, @Nullable String name) throws IOException {
    Held held = HELD.get(real);
    if (held != null) {
      return name != null && held.names.size() > 0 && tryName(held, name);
    }
    Path file = real.resolve(FILE);
    while (true) {
      Held fresh = open(file);
      FileChannel channel = fresh.channel;
      boolean locked = false;
      try {
        // Byte 0 stands for the whole; the others for the names that hash to them.
        fresh.whole =
            name == null ? channel.tryLock() : channel.tryLock(0, 1, /* shared= */ true);
        locked = fresh.whole != null && (name == null || tryName(fresh, name));
        if (!locked) {
          return false;
        }
        // Whoever held it before may have removed the file between our opening and our locking it.
        locked = Files.exists(file);
        if (locked) {
          HELD.put(real, fresh);
          return true;
        }
      } finally {
        if (!locked) {
          channel.close();
        }
      }
    }
  }

  private static Held open(Path file) throws IOException {
    try {
      return new Held(
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE), false);
    } catch (FileAlreadyExistsException e) {
      return new Held(
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE), true);
    }
  }

  private static boolean tryName(Held held, String name) throws IOException {
    if (held.names.containsKey(name)) {
      return false;
    }
    long at = 1 + Integer.toUnsignedLong(name.hashCode());
    for (FileLock other : held.names.values()) {
      if (other.position() == at) {
        return false; // another name with the same hash: as good as the same
      }
    }
    FileLock lock = held.channel.tryLock(at, 1, /* shared= */ false);
    if (lock == null) {
      return false;
    }
    held.names.put(name, lock);
    return true;
  }

  private static void makeFolders(Path directory, Deque<Path> made) throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    for (Path p = AtomicWrite.follow(directory); p != null && !Files.exists(p); p = p.getParent()) {
      missing.push(p);
    }
    for (Path folder : missing) {
      Files.createDirectory(folder);
      made.push(folder);
    }
  }

  private static void removeFolders(Deque<Path> made) {
    for (Path folder : made) {
      try {
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        return; // not empty: somebody uses it
      }
    }
  }

  /** Lets go. Closing twice is harmless. */
  @Override
  public void close() {
    synchronized (HELD) {
      if (!open) {
        return;
      }
      open = false;
      Held held = HELD.get(directory);
      if (held == null) {
        return;
      }
      try {
        if (name != null) {
          FileLock own = held.names.remove(name);
          if (own != null) {
            own.release();
          }
          if (!held.names.isEmpty()) {
            return;
          }
        }
        HELD.remove(directory);
        // Other processes may still hold parts: only who has the whole may remove the file.
        if (name != null && held.whole != null) {
          held.whole.release();
          held.whole = held.channel.tryLock();
        }
        // Of a dead process it stays for whoever has the whole, and so the right to clear up behind it.
        if (held.whole != null && (name == null || !held.found)) {
          Files.deleteIfExists(directory.resolve(FILE));
        }
        held.channel.close();
      } catch (IOException e) {
        // The lock itself ends with the process at the latest; a file that is left is taken over.
        HELD.remove(directory);
      } finally {
        if (!HELD.containsKey(directory)) {
          removeFolders(made);
        }
      }
    }
  }

  /** The error for a lock that was not to be had. */
  public static DataException busy(Path directory) {
    return new DataException(
        directory + " is being changed by another pacnet: wait until that has ended");
  }
}
