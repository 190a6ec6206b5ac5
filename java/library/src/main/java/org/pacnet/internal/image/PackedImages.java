package org.pacnet.internal.image;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** Many images in one file, uncompressed and of one size: IDX (MNIST and its likes) and CIFAR's binary format. */
final class PackedImages implements ImageSource {
  private static final int IDX_BYTES = 0x08;
  private static final int CIFAR_SIZE = 32;

  private final String name;
  private final int channels;
  private final int height;
  private final int width;
  private final byte[][] images;
  private final String[] labels;

  private PackedImages(
      String name,
      int channels,
      int height,
      int width,
      byte[][] images,
      String[] labels) {
    this.name = name;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.images = images;
    this.labels = labels;
  }

  /** The images of IDX files in a folder, or null if there are none. */
  static @Nullable PackedImages idxIn(Path folder, boolean test) throws IOException {
    for (String part : test ? List.of("t10k", "test") : List.of("train")) {
      for (String suffix : List.of("", ".gz")) {
        for (String dot : List.of("-", ".")) {
          Path file = folder.resolve(part + "-images" + dot + "idx3-ubyte" + suffix);
          if (Files.isRegularFile(file)) {
            return idx(file);
          }
        }
      }
    }
    return null;
  }

  static boolean isIdx(Path file) {
    return file.getFileName().toString().matches(".*images[.-]idx3-ubyte(\\.gz)?");
  }

  /** The images of an IDX file, and the classes in the file of labels beside it. */
  static PackedImages idx(Path file) throws IOException {
    String plain = file.getFileName().toString();
    Path labelFile =
        file.resolveSibling(plain.replace("images", "labels").replace("idx3", "idx1"));
    if (!Files.isRegularFile(labelFile)) {
      throw new DataException(
          String.format(Locale.ROOT, "%s has no labels: there is no %s", file, labelFile));
    }
    byte[][] images;
    int height;
    int width;
    try (DataInputStream in = open(file)) {
      int count = idxHeader(in, file, 3);
      height = in.readInt();
      width = in.readInt();
      if (height <= 0 || width <= 0 || (long) height * width > 1 << 24) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s claims images of %d x %d pixels; the file is damaged",
                file,
                height,
                width));
      }
      images = records(in, file, count, height * width);
    }
    String[] labels;
    try (DataInputStream in = open(labelFile)) {
      int count = idxHeader(in, labelFile, 1);
      if (count != images.length) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %d labels for the %d images of %s",
                labelFile,
                count,
                images.length,
                file.getFileName()));
      }
      labels = new String[count];
      byte[][] values = records(in, labelFile, count, 1);
      for (int i = 0; i < count; i++) {
        labels[i] = String.valueOf(values[i][0] & 0xff);
      }
    }
    return new PackedImages(plain, 1, height, width, images, labels);
  }

  private static int idxHeader(DataInputStream in, Path file, int dimensions) throws IOException {
    try {
      int magic = in.readInt();
      if (magic != (IDX_BYTES << 8 | dimensions)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s is no IDX file of bytes with %d dimension(s): it begins with %08x",
                file,
                dimensions,
                magic));
      }
      return in.readInt();
    } catch (EOFException e) {
      throw tooShort(file, e);
    }
  }

  private static DataException tooShort(Path file, Throwable cause) {
    return new DataException(
        String.format(Locale.ROOT, "%s is shorter than its header says; get it anew", file), cause);
  }

  // Grows as it reads: a header that lies gets no memory for what is not there.
  private static byte[][] records(DataInputStream in, Path file, int count, int size)
      throws IOException {
    if (count < 0) {
      throw new DataException(
          String.format(Locale.ROOT, "%s claims %d records; the file is damaged", file, count));
    }
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] record = in.readNBytes(size);
      if (record.length < size) {
        throw tooShort(file, new EOFException());
      }
      records.add(record);
    }
    if (in.read() >= 0) {
      throw new DataException(
          String.format(Locale.ROOT, "%s is longer than its header says; get it anew", file));
    }
    return records.toArray(byte[][]::new);
  }

  private static DataInputStream open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file));
    if (!file.toString().endsWith(".gz")) {
      return new DataInputStream(in);
    }
    try {
      return new DataInputStream(new BufferedInputStream(new GZIPInputStream(in)));
    } catch (ZipException | EOFException e) {
      in.close();
      throw new DataException(
          String.format(Locale.ROOT, "%s is no gzip file; get it anew", file), e);
    }
  }

  /** CIFAR-10 or CIFAR-100 in a folder, or null if it is neither. */
  static @Nullable PackedImages cifarIn(Path folder, boolean test) throws IOException {
    if (Files.isRegularFile(folder.resolve("data_batch_1.bin"))) {
      List<Path> files = new ArrayList<>();
      for (int i = 1; i <= 5 && !test; i++) {
        Path file = folder.resolve("data_batch_" + i + ".bin");
        if (Files.isRegularFile(file)) {
          files.add(file);
        }
      }
      return cifar(
          test ? List.of(folder.resolve("test_batch.bin")) : files,
          1,
          folder.resolve("batches.meta.txt"));
    }
    Path hundred = folder.resolve(test ? "test.bin" : "train.bin");
    Path names = folder.resolve("fine_label_names.txt");
    return Files.isRegularFile(hundred) && Files.isRegularFile(names)
        ? cifar(List.of(hundred), 2, names)
        : null;
  }

  // A record is one label or, in CIFAR-100, the coarse and the fine one, and then the image.
  private static PackedImages cifar(List<Path> files, int labelBytes, Path nameFile)
      throws IOException {
    List<String> names =
        Files.isRegularFile(nameFile)
            ? Files.readAllLines(nameFile).stream().map(String::strip).filter(n -> !n.isEmpty()).toList()
            : List.of();
    int size = 3 * CIFAR_SIZE * CIFAR_SIZE;
    List<byte[]> images = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new DataException(String.format(Locale.ROOT, "%s is not there", file));
      }
      byte[] all = Files.readAllBytes(file);
      if (all.length == 0 || all.length % (labelBytes + size) != 0) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %d bytes, which are no whole number of CIFAR records; get it anew",
                file,
                all.length));
      }
      for (int at = 0; at < all.length; at += labelBytes + size) {
        int label = all[at + labelBytes - 1] & 0xff;
        if (!names.isEmpty() && label >= names.size()) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "%s, image %d: class %d is none of the %d in %s",
                  file,
                  images.size() + 1,
                  label,
                  names.size(),
                  nameFile.getFileName()));
        }
        labels.add(names.isEmpty() ? String.valueOf(label) : names.get(label));
        images.add(Arrays.copyOfRange(all, at + labelBytes, at + labelBytes + size));
      }
    }
    return new PackedImages(
        files.get(0).getParent().getFileName().toString(),
        3,
        CIFAR_SIZE,
        CIFAR_SIZE,
        images.toArray(byte[][]::new),
        labels.toArray(String[]::new));
  }

  @Override
  public int size() {
    return images.length;
  }

  @Override
  public String name(int image) {
    return name + "#" + (image + 1);
  }

  @Override
  public String label(int image) {
    return labels[image];
  }

  @Override
  public Pixels read(int image, @Nullable MessageDigest digest) {
    if (digest != null) {
      digest.update(images[image]);
    }
    return new Pixels(channels, height, width, images[image]);
  }
}
