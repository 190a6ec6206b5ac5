package org.pacnet.internal.image;

import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEG;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegment;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegmentUtil;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.pacnet.error.DataException;

/**
 * JPEG and PNG by {@code javax.imageio} with TwelveMonkeys' JPEG reader in front, which reads what
 * Java's own does not (CMYK, odd profiles) at the same speed.
 */
final class ImageDecoder {
  /** What a decoder would allocate for more than this is no photograph but an attack or a mistake. */
  private static final long MOST_PIXELS = 100_000_000;

  static {
    ImageIO.setUseCache(false); // a file of its own for each image would cost more than the decoding
  }

  private ImageDecoder() {}

  /**
   * Grey, palette, alpha (dropped), 16 bits a channel, CMYK and EXIF's orientation are understood.
   *
   * @param name what to call the file in messages
   */
  static Pixels decode(String name, byte[] file) {
    try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new DataException(name + " is no JPEG or PNG; convert or remove it");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new DataException(
              String.format(
                  Locale.ROOT,
                  "%s has %d x %d pixels, more than the %d million that are read; make it smaller",
                  name,
                  reader.getWidth(0),
                  reader.getHeight(0),
                  MOST_PIXELS / 1_000_000));
        }
        return upright(pixels(reader.read(0)), orientation(file));
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof DataException known) {
        throw known;
      }
      throw new DataException(
          String.format(
              Locale.ROOT, "%s is damaged (%s); replace or remove it", name, firstLine(e)),
          e);
    }
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage();
    return message == null ? "it ends early, or makes no sense" : message.lines().findFirst().orElse("no reason given");
  }

  private static Pixels pixels(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    if (image.getColorModel() instanceof IndexColorModel) {
      return colours(image.getRGB(0, 0, width, height, null, 0, width), height, width);
    }
    // Samples as they are: asked for colours, Java takes grey for linear light and makes it brighter.
    Raster raster = image.getRaster();
    int channels = raster.getNumBands() < 3 ? 1 : 3;
    byte[] values = new byte[channels * height * width];
    int[] line = new int[width];
    for (int c = 0; c < channels; c++) {
      int bits = raster.getSampleModel().getSampleSize(c);
      int most = (1 << bits) - 1;
      for (int y = 0; y < height; y++) {
        raster.getSamples(0, y, width, 1, c, line);
        for (int x = 0; x < width; x++) {
          int value = bits == 8 ? line[x] : (int) Math.round(line[x] * 255.0 / most);
          values[(c * height + y) * width + x] = (byte) value;
        }
      }
    }
    return new Pixels(channels, height, width, values);
  }

  private static Pixels colours(int[] packed, int height, int width) {
    int size = height * width;
    byte[] values = new byte[3 * size];
    for (int i = 0; i < size; i++) {
      values[i] = (byte) (packed[i] >> 16);
      values[size + i] = (byte) (packed[i] >> 8);
      values[2 * size + i] = (byte) packed[i];
    }
    return new Pixels(3, height, width, values);
  }

  // 1 to 8, as EXIF numbers them; 1 where nothing is said.
  private static int orientation(byte[] file) throws IOException {
    if (file.length < 2 || file[0] != (byte) 0xff || file[1] != (byte) 0xd8) {
      return 1;
    }
    try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      List<JPEGSegment> segments = JPEGSegmentUtil.readSegments(stream, JPEG.APP1, "Exif");
      if (segments.isEmpty()) {
        return 1;
      }
      InputStream exif = segments.get(0).data();
      exif.skipNBytes(1); // padding behind the name
      try (ImageInputStream tags = new MemoryCacheImageInputStream(exif)) {
        Directory directory = new TIFFReader().read(tags);
        Entry entry = directory.getEntryById(TIFF.TAG_ORIENTATION);
        return entry != null && entry.getValue() instanceof Number number ? number.intValue() : 1;
      }
    } catch (IOException | RuntimeException e) {
      return 1; // tags are often broken in images that are not
    }
  }

  private static Pixels upright(Pixels image, int orientation) {
    if (orientation <= 1 || orientation > 8) {
      return image;
    }
    boolean turned = orientation >= 5;
    int height = turned ? image.width() : image.height();
    int width = turned ? image.height() : image.width();
    boolean fromBottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    boolean fromRight = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    byte[] values = new byte[image.values().length];
    for (int c = 0; c < image.channels(); c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int up = fromBottom ? height - 1 - y : y;
          int left = fromRight ? width - 1 - x : x;
          int oldY = turned ? left : up;
          int oldX = turned ? up : left;
          values[(c * height + y) * width + x] =
              image.values()[(c * image.height() + oldY) * image.width() + oldX];
        }
      }
    }
    return new Pixels(image.channels(), height, width, values);
  }
}
