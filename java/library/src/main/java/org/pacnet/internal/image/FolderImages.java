package org.pacnet.internal.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;

/** JPEG and PNG files: a folder for each class, a folder without classes, or CelebA. */
final class FolderImages implements ImageSource {
  private static final String ATTRIBUTES = "list_attr_celeba.txt";
  private static final String PARTITION = "list_eval_partition.txt";
  private static final String CELEBA_IMAGES = "img_align_celeba";

  private record Image(Path file, String name, @Nullable String label) {}

  private final List<Image> images;

  private FolderImages(List<Image> images) {
    this.images = images;
  }

  static boolean isCelebA(Path folder) {
    return Files.isRegularFile(folder.resolve(ATTRIBUTES));
  }

  /** A folder for each class; or, where there is no folder in it, images without a class. */
  static FolderImages classes(Path folder) throws IOException {
    List<Path> inside = list(folder);
    List<Path> classes = inside.stream().filter(Files::isDirectory).toList();
    List<Image> images = new ArrayList<>();
    if (classes.isEmpty()) {
      addAll(images, folder, "", null);
    }
    for (Path path : inside) {
      String name = path.getFileName().toString();
      if (Files.isDirectory(path)) {
        int before = images.size();
        addAll(images, path, name + "/", name);
        if (images.size() == before) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "folder %s has no image (.jpg, .jpeg, .png); add some or remove the folder",
                  path));
        }
      } else if (!classes.isEmpty()) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s lies beside the folders of the classes; move it into one of them, or away",
                path));
      }
    }
    return new FolderImages(images);
  }

  private static void addAll(
      List<Image> images, Path folder, String prefix, @Nullable String label) throws IOException {
    for (Path file : list(folder)) {
      String name = file.getFileName().toString();
      if (Files.isDirectory(file)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s is a folder in the folder of a class; classes are one folder deep",
                file));
      }
      if (!name.toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png)")) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s is no image that can be read (.jpg, .jpeg, .png); convert or remove it",
                file));
      }
      if (!Files.isRegularFile(file)) { // whoever reads it waits for a writer, or for ever
        throw new DataException(
            String.format(
                Locale.ROOT, "%s is no regular file (a pipe or device); remove it", file));
      }
      images.add(new Image(file, prefix + name, label));
    }
  }

  // Hidden files are other programs'.
  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> !f.getFileName().toString().startsWith(".")).sorted().toList();
    }
  }

  /**
   * CelebA (Liu et al. 2015): aligned JPEGs with 40 attributes, each 1 or -1.
   *
   * @param test take the images of the test partition instead of those of the training one
   */
  static FolderImages celebA(Path folder, String attribute, boolean test) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(ATTRIBUTES));
    String file = folder.resolve(ATTRIBUTES).toString();
    List<String> names = lines.size() < 2 ? List.of() : words(lines.get(1));
    int column = names.indexOf(attribute);
    if (column < 0) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has no attribute '%s'; there are %s",
              file,
              attribute,
              String.join(", ", names)),
          "labels");
    }
    Map<String, String> parts = partition(folder);
    List<Image> images = new ArrayList<>();
    for (String line : lines.subList(2, lines.size())) {
      List<String> words = words(line);
      if (words.size() != names.size() + 1) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, line %d: it has %d values for %d attributes",
                file,
                images.size() + 3,
                words.size() - 1,
                names.size()));
      }
      String name = words.get(0);
      String part = parts.get(name);
      if (part != null && !part.equals(test ? "2" : "0")) {
        continue;
      }
      Path image = folder.resolve(CELEBA_IMAGES).resolve(name);
      if (!Files.isRegularFile(image)) {
        throw new DataException(
            String.format(Locale.ROOT, "%s is listed in %s and is not there", image, ATTRIBUTES));
      }
      images.add(new Image(image, name, words.get(column + 1).equals("1") ? "yes" : "no"));
    }
    return new FolderImages(images);
  }

  private static Map<String, String> partition(Path folder) throws IOException {
    Map<String, String> parts = new HashMap<>();
    if (Files.isRegularFile(folder.resolve(PARTITION))) {
      for (String line : Files.readAllLines(folder.resolve(PARTITION))) {
        List<String> words = words(line);
        parts.put(words.get(0), words.get(words.size() - 1));
      }
    }
    return parts;
  }

  private static List<String> words(String line) {
    return List.of(line.strip().split("\\s+", -1));
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public String name(int image) {
    return images.get(image).name();
  }

  @Override
  public @Nullable String label(int image) {
    return images.get(image).label();
  }

  @Override
  public Pixels read(int image, @Nullable MessageDigest digest) {
    Path file = images.get(image).file();
    try {
      byte[] bytes = Files.readAllBytes(file);
      if (digest != null) {
        digest.update(bytes);
      }
      return ImageDecoder.decode(file.toString(), bytes);
    } catch (IOException e) {
      throw new DataException(
          String.format(Locale.ROOT, "%s cannot be read: %s", file, AtomicWrite.reason(e)), e);
    }
  }
}
