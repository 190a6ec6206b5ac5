package org.pacnet.internal.image;

import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Augmentation;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.internal.base.Machine;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/**
 * Images as rows of numbers: (value / 255 − mean) / std of each channel. Decoded when they are asked
 * for or, where all of them fit the budget, once.
 */
public final class ImageRows implements EncodedData {
  private final ImageSource source;
  private final Schema.Image format;
  private final float[] labels;
  private final byte @Nullable [][] decoded;
  private final Set<Augmentation> augment;
  private final Provenance provenance;

  /**
   * @param source whose images are the rows
   * @param labels class indices; empty where they are not asked for
   * @param decoded the pixels of each row; null to decode anew each time
   */
  ImageRows(
      ImageSource source,
      Schema.Image format,
      float[] labels,
      byte @Nullable [][] decoded,
      Set<Augmentation> augment,
      Provenance provenance) {
    this.source = source;
    this.format = format;
    this.labels = labels;
    this.decoded = decoded;
    this.augment = augment;
    this.provenance = provenance;
  }

  /** A path or number for each row, for predictions. */
  public List<String> names() {
    return IntStream.range(0, rows()).mapToObj(this::name).toList();
  }

  /** That of one row. */
  public String name(int row) {
    return source.name(row);
  }

  @Override
  public int rows() {
    return source.size();
  }

  @Override
  public FloatBuffer labels() {
    FloatBuffer copy =
        ByteBuffer.allocateDirect(4 * labels.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    return copy.put(labels).flip();
  }

  @Override
  public BitSet dropped() {
    return new BitSet();
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public @Nullable FloatBuffer features() {
    return null;
  }

  @Override
  public RowFeed feed(long seed) {
    return new ImageFeed(this, seed, Machine.processors());
  }

  /** An image as the network sees it, as a PNG file of at most so many pixels a side. */
  public byte[] png(int row, int most) {
    byte[] pixels = pixels(row);
    int size = format.height() * format.width();
    int colours = format.channels() - 1;
    BufferedImage picture = new BufferedImage(format.width(), format.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < size; i++) {
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        rgb = rgb << 8 | (pixels[Math.min(c, colours) * size + i] & 0xff);
      }
      picture.setRGB(i % format.width(), i / format.width(), rgb);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(within(picture, most), "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static BufferedImage within(BufferedImage picture, int most) {
    double scale = (double) most / Math.max(picture.getWidth(), picture.getHeight());
    if (scale >= 1) {
      return picture;
    }
    int width = Math.max(1, (int) (scale * picture.getWidth()));
    int height = Math.max(1, (int) (scale * picture.getHeight()));
    BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = small.createGraphics();
    graphics.drawImage(picture.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING), 0, 0, null);
    graphics.dispose();
    return small;
  }

  private byte[] pixels(int row) {
    return decoded != null ? decoded[row] : fit(source.read(row, null), format).values();
  }

  int inputs() {
    return format.channels() * format.height() * format.width();
  }

  float label(int row) {
    return labels.length == 0 ? 0 : labels[row];
  }

  /** Writes one row; epoch 0 is without augmentation. */
  void write(int row, long seed, long epoch, float[] to) {
    byte[] pixels = pixels(row);
    int height = format.height();
    int width = format.width();
    Draw draw =
        epoch == 0 || augment.isEmpty()
            ? Draw.NONE
            : Draw.of(augment, seed, epoch, row, height, width);
    float meanGrey = draw.changesColour() ? meanGrey(pixels) : 0;
    for (int c = 0; c < format.channels(); c++) {
      float mean = format.mean().get(c).floatValue();
      float scale = (float) (1 / format.std().get(c));
      for (int y = 0; y < height; y++) {
        int fromY = y - draw.down();
        for (int x = 0; x < width; x++) {
          int shifted = x - draw.right();
          int fromX = draw.flip() ? width - 1 - shifted : shifted;
          boolean inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
          float value =
              inside ? value(pixels, c, fromY * width + fromX, draw, meanGrey) : mean;
          to[(c * height + y) * width + x] = (value - mean) * scale;
        }
      }
    }
  }

  private float value(byte[] pixels, int channel, int at, Draw draw, float meanGrey) {
    int size = format.height() * format.width();
    float value = (pixels[channel * size + at] & 0xff) / 255f;
    if (!draw.changesColour()) {
      return value;
    }
    float grey = grey(pixels, at, size);
    float saturated = grey + draw.saturation() * (value - grey);
    float contrasted = meanGrey + draw.contrast() * (saturated - meanGrey);
    return Math.min(1, Math.max(0, draw.brightness() * contrasted));
  }

  private float meanGrey(byte[] pixels) {
    int size = format.height() * format.width();
    float sum = 0;
    for (int i = 0; i < size; i++) {
      sum += grey(pixels, i, size);
    }
    return sum / size;
  }

  private float grey(byte[] pixels, int at, int size) {
    float sum = 0;
    for (int c = 0; c < format.channels(); c++) {
      sum += (pixels[c * size + at] & 0xff) / 255f;
    }
    return sum / format.channels();
  }

  /** An image in the form that a model takes. */
  static Pixels fit(Pixels image, Schema.Image format) {
    Pixels sized = format.scaled() ? image.square(format.height()) : image;
    return sized.withChannels(format.channels());
  }
}
