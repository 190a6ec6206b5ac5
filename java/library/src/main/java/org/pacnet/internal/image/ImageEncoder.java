package org.pacnet.internal.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Images;
import org.pacnet.config.Missing;
import org.pacnet.config.Normalization;
import org.pacnet.data.Data;
import org.pacnet.data.Provenance;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Machine;
import org.pacnet.internal.base.Sha256;

/**
 * Turns images into rows. Every image is decoded once before anything is trained, so that a damaged
 * one is found then; those that fit the budget stay decoded.
 */
public final class ImageEncoder {
  /**
   * A system property: so many bytes of decoded images are kept; by default a quarter of what the JVM
   * may take.
   */
  public static final String BUDGET = "pacnet.image.budget";

  private static final int AHEAD = 64;

  private ImageEncoder() {}

  /** A schema and the rows that it was learned from. */
  public record Learned(Schema schema, ImageRows rows) {}

  /**
   * Learns classes, size and each channel's mean and deviation.
   *
   * @param label what to call the class; of CelebA the attribute
   * @param settings size, augmentation, and what stands in the place of the statistics
   */
  public static Learned learn(Data.Images data, String label, Images settings, ReadMonitor monitor) {
    ImageSource source = open(data, label, false);
    List<String> classes = classes(source, data);
    int channels = source instanceof FolderImages ? 3 : source.read(0, null).channels();
    Schema.Image shape = shape(source, channels, settings.imageSize());
    Survey survey = new Survey(data, source, shape, monitor);
    survey.run();
    Schema.Image format = given(survey.withStatistics(), settings.normalize(), data);
    Schema schema =
        new Schema(
            List.of(),
            List.of(new Schema.Label(label, 0, 1, null)),
            classes,
            Missing.ERROR,
            List.of(),
            format,
            null);
    return new Learned(
        schema,
        new ImageRows(
            source,
            format,
            labels(source, classes, data),
            survey.decoded,
            settings.augment(),
            survey.provenance()));
  }

  private static Schema.Image given(Schema.Image seen, @Nullable Normalization wanted, Data.Images data) {
    if (wanted == null) {
      return seen;
    }
    if (wanted.mean().size() != seen.channels()) {
      throw new DataException(
          String.format(
              Locale.ROOT, "the normalisation has %d channels, and the images in %s have %d", wanted.mean().size(), data.name(), seen.channels()),
          "normalize");
    }
    return new Schema.Image(seen.channels(), seen.height(), seen.width(), seen.scaled(), wanted.mean(), wanted.std());
  }

  /** The classes of images, sorted. */
  public static List<String> classes(Data.Images data, Schema schema) {
    ImageSource source = open(data, schema.labels().get(0).name(), false);
    return classes(source, data);
  }

  /** Images to train on, with classes that the schema knows. */
  public static ImageRows training(
      Data.Images data, Schema schema, Set<Augmentation> augment, ReadMonitor monitor) {
    return encode(data, schema, false, true, augment, monitor);
  }

  /** Images to compare predictions with; of a set with partitions, those for testing. */
  public static ImageRows evaluation(Data.Images data, Schema schema, Set<Augmentation> augment, ReadMonitor monitor) {
    return encode(data, schema, true, true, augment, monitor);
  }

  /** Images to predict, with or without classes. */
  public static ImageRows prediction(Data.Images data, Schema schema, Set<Augmentation> augment, ReadMonitor monitor) {
    return encode(data, schema, true, false, augment, monitor);
  }

  private static ImageRows encode(
      Data.Images data,
      Schema schema,
      boolean test,
      boolean labelled,
      Set<Augmentation> augment,
      ReadMonitor monitor) {
    Schema.Image format = schema.image();
    if (format == null) {
      throw new DataException(
          String.format(
              Locale.ROOT, "%s holds images, but the model was trained on a table", data.name()));
    }
    ImageSource source = open(data, schema.labels().get(0).name(), test);
    float[] labels = labelled ? labels(source, schema.classes(), data) : new float[0];
    Survey survey = new Survey(data, source, format, monitor);
    survey.run();
    return new ImageRows(
        source, format, labels, survey.decoded, augment, survey.provenance());
  }

  private static ImageSource open(Data.Images data, String label, boolean test) {
    Path path = data.path();
    try {
      ImageSource source = find(path, label, test);
      if (source.size() == 0) {
        throw new DataException(
            String.format(Locale.ROOT, "%s has no image (.jpg, .jpeg, .png)", path));
      }
      return source;
    } catch (IOException e) {
      throw new DataException(
          String.format(Locale.ROOT, "%s cannot be read: %s", path, AtomicWrite.reason(e)), e);
    }
  }

  private static ImageSource find(Path path, String label, boolean test) throws IOException {
    if (!Files.exists(path)) {
      throw new DataException(
          String.format(Locale.ROOT, "%s does not exist; check the path", path));
    }
    if (Files.isRegularFile(path)) {
      return PackedImages.idx(path);
    }
    if (FolderImages.isCelebA(path)) {
      return FolderImages.celebA(path, label, test);
    }
    PackedImages packed = PackedImages.idxIn(path, test);
    if (packed == null && test) {
      packed = PackedImages.idxIn(path, false);
    }
    if (packed == null) {
      packed = PackedImages.cifarIn(path, test);
    }
    return packed != null ? packed : FolderImages.classes(path);
  }

  private static List<String> classes(ImageSource source, Data data) {
    Set<String> found = new LinkedHashSet<>();
    for (int image = 0; image < source.size(); image++) {
      found.add(requireLabel(source, image, data));
    }
    if (found.size() < 2) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has only the class %s; at least two classes are needed to tell apart",
              data.name(),
              String.join("", found)));
    }
    List<String> sorted = Schema.sortClasses(found);
    Schema.checkClasses(data.name(), sorted);
    return sorted;
  }

  private static String requireLabel(ImageSource source, int image, Data data) {
    String label = source.label(image);
    if (label == null) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has images but no folders of classes; put each class into a folder of its name",
              data.name()));
    }
    return label;
  }

  private static float[] labels(
      ImageSource source, List<String> classes, Data data) {
    Map<String, Integer> indices = new HashMap<>();
    classes.forEach(name -> indices.put(name, indices.size()));
    float[] labels = new float[source.size()];
    for (int i = 0; i < labels.length; i++) {
      String label = requireLabel(source, i, data);
      Integer index = indices.get(label);
      if (index == null) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, %s: the model has no class %s, only %s",
                data.name(),
                source.name(i),
                label,
                String.join(", ", classes.subList(0, Math.min(10, classes.size())))));
      }
      labels[i] = index;
    }
    return labels;
  }

  private static Schema.Image shape(ImageSource source, int channels, int size) {
    List<Double> zeros = Collections.nCopies(channels, 0.0);
    List<Double> ones = Collections.nCopies(channels, 1.0);
    if (size > 0) {
      return new Schema.Image(channels, size, size, true, zeros, ones);
    }
    Pixels first = source.read(0, null);
    return new Schema.Image(channels, first.height(), first.width(), false, zeros, ones);
  }

  /** One walk over all images: checks, hashes, sums, and keeps what fits. */
  private static final class Survey {
    private final Data data;
    private final ImageSource source;
    private final Schema.Image format;
    private final ReadMonitor monitor;
    private final MessageDigest digest = Sha256.digest();
    private final long[] sums;
    private final long[] squares;
    private byte @Nullable [][] decoded;

    private record Seen(byte[] values, byte[] hash) {}

    Survey(Data data, ImageSource source, Schema.Image format, ReadMonitor monitor) {
      this.data = data;
      this.source = source;
      this.format = format;
      this.monitor = monitor;
      sums = new long[format.channels()];
      squares = new long[format.channels()];
      long bytes = (long) source.size() * format.channels() * format.height() * format.width();
      boolean fits = bytes <= Long.getLong(BUDGET, Runtime.getRuntime().maxMemory() / 4);
      decoded = fits ? new byte[source.size()][] : null;
    }

    void run() {
      ExecutorService pool = Executors.newFixedThreadPool(Machine.processors());
      try {
        Queue<Future<Seen>> coming = new ArrayDeque<>();
        int next = 0;
        for (int done = 0; done < source.size(); done++) {
          while (next < source.size() && coming.size() < AHEAD) {
            int image = next++;
            coming.add(pool.submit(() -> look(image)));
          }
          take(done, Results.of(coming.remove()));
          if (done % AHEAD == 0) {
            monitor.onRows(data.name(), done);
          }
          if (monitor.isCancelled()) {
            throw new CancelledException("reading the images was cancelled", null);
          }
        }
      } finally {
        pool.shutdownNow();
      }
    }

    private Seen look(int image) {
      MessageDigest own = Sha256.digest();
      Pixels read = source.read(image, own);
      boolean same = read.height() == format.height() && read.width() == format.width();
      if (!format.scaled() && !same) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %d x %d pixels, others have %d x %d; say to what size they are to be"
                    + " scaled",
                source.name(image),
                read.width(),
                read.height(),
                format.width(),
                format.height()),
            "imageSize");
      }
      return new Seen(ImageRows.fit(read, format).values(), own.digest());
    }

    private void take(int row, Seen seen) {
      digest.update(seen.hash());
      int size = format.height() * format.width();
      for (int c = 0; c < format.channels(); c++) {
        for (int i = c * size; i < (c + 1) * size; i++) {
          int value = seen.values()[i] & 0xff;
          sums[c] += value;
          squares[c] += (long) value * value;
        }
      }
      if (decoded != null) {
        decoded[row] = seen.values();
      }
    }

    Schema.Image withStatistics() {
      double count = (double) source.size() * format.height() * format.width();
      List<Double> mean = new ArrayList<>();
      List<Double> std = new ArrayList<>();
      for (int c = 0; c < format.channels(); c++) {
        double center = sums[c] / count;
        double deviation = Math.sqrt(Math.max(0, squares[c] / count - center * center));
        mean.add(center / 255);
        // Of equal pixels rounding may leave a deviation, which nothing must be divided by.
        std.add(deviation > 1e-7 * 255 ? deviation / 255 : 1);
      }
      return new Schema.Image(
          format.channels(), format.height(), format.width(), format.scaled(), mean, std);
    }

    Provenance provenance() {
      return new Provenance(data.name(), source.size(), 0, Sha256.hex(digest), List.of());
    }
  }
}
