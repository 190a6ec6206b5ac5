package org.pacnet.spark;

import java.io.IOException;
import java.io.Serial;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;

/** The files of a model but for its targets, as they go to the executors. */
final class BaseFiles implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  private final TreeMap<String, byte[]> files = new TreeMap<>();
  // Of an executor, which has one such object of a broadcast.
  private transient @Nullable Model opened;

  private BaseFiles() {}

  static BaseFiles read(String directory) {
    BaseFiles base = new BaseFiles();
    try (Stream<Path> all = Files.list(Path.of(directory))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        base.files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
      return base;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model, which has no targets: a copy of one that is read when it is first asked for. */
  synchronized Model open() {
    Model model = opened;
    if (model == null) {
      model = read();
      opened = model;
    }
    return model.copy();
  }

  private Model read() {
    Path directory = null;
    try {
      directory = Files.createTempDirectory("pacnet-base");
      for (var file : files.entrySet()) {
        Files.write(directory.resolve(file.getKey()), file.getValue());
      }
      return Model.load(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (directory != null) {
        ModelCopy.remove(directory);
      }
    }
  }
}
