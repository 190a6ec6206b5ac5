package org.pacnet.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A model's directory as it is now, on the driver's disk: what is learnt later on the same base changes nothing of it. A model's files are
 * replaced and never written into, so that a second name of each is enough where the disk is the same.
 */
final class ModelCopy {

  private static final Cleaner CLEANER = Cleaner.create();
  private static final Set<Path> MADE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> MADE.forEach(ModelCopy::remove)));
  }

  private final Path directory;

  /** An empty one, to be filled; it goes when nobody knows this object any more, or with the driver. */
  ModelCopy() {
    try {
      Path made = Files.createTempDirectory("pacnet-model");
      directory = made;
      MADE.add(made);
      CLEANER.register(this, () -> remove(made));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ModelCopy of(Path model) {
    ModelCopy copy = new ModelCopy();
    try {
      Files.walkFileTree(
          model,
          new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
                throws IOException {
              Files.createDirectories(copy.directory.resolve(model.relativize(from).toString()));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path from, BasicFileAttributes attributes)
                throws IOException {
              Path to = copy.directory.resolve(model.relativize(from).toString());
              try {
                Files.createLink(to, from);
              } catch (IOException | UnsupportedOperationException e) {
                Files.copy(from, to);
              }
              return FileVisitResult.CONTINUE;
            }
          });
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path directory() {
    return directory;
  }

  /** Removes a temporary folder with all that is in it. */
  static void remove(Path directory) {
    MADE.remove(directory);
    try (Stream<Path> all = Files.walk(directory)) {
      List<Path> paths = all.sorted(Comparator.reverseOrder()).toList();
      for (Path path : paths) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      // A temporary folder: gone already, or the system's to clean.
    }
  }
}
