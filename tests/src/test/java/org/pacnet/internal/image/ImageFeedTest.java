package org.pacnet.internal.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Images;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.experiment.Shapes;

/** Batches made ahead: which they are, and that threads, order and epoch decide nothing they should not. */
class ImageFeedTest {
  private static final int INPUTS = 3 * Shapes.SIZE * Shapes.SIZE;

  @TempDir Path folder;

  private ImageRows rows(Set<Augmentation> augment) {
    Shapes.writeSource(folder.resolve("s"), 30, 5);
    Data.Images images = (Data.Images) Data.images(folder.resolve("s"));
    return ImageEncoder.learn(images, "class", new Images(0, augment, null), ReadMonitor.NONE).rows();
  }

  private static float[] pull(ImageFeed feed, long epoch, int[] order, int batch) {
    float[] all = new float[order.length * INPUTS];
    feed.begin(epoch, order, batch);
    for (int first = 0; first < order.length; first += batch) {
      int count = Math.min(batch, order.length - first);
      feed.next(count, FloatBuffer.wrap(all, first * INPUTS, count * INPUTS), FloatBuffer.allocate(count));
    }
    return all;
  }

  @Test
  void anyNumberOfThreadsMakesTheSamePixels() {
    ImageRows rows = rows(EnumSet.allOf(Augmentation.class));
    int[] order = new int[30];
    Arrays.setAll(order, i -> (i * 7) % 30);
    try (ImageFeed one = new ImageFeed(rows, 3, 1);
        ImageFeed four = new ImageFeed(rows, 3, 4);
        ImageFeed other = new ImageFeed(rows, 4, 4)) {
      for (long epoch = 1; epoch <= 3; epoch++) {
        float[] expected = pull(one, epoch, order, 8);
        assertArrayEquals(expected, pull(four, epoch, order, 8));
        assertArrayEquals(expected, pull(four, epoch, order, 30)); // batches are no matter
        assertFalse(Arrays.equals(expected, pull(other, epoch, order, 8)));
      }
      assertFalse(Arrays.equals(pull(one, 1, order, 8), pull(one, 2, order, 8)));
    }
  }

  @Test
  void withoutAugmentationARowIsItsPixelsStandardised() {
    ImageRows rows = rows(EnumSet.allOf(Augmentation.class));
    int[] order = new int[30];
    Arrays.setAll(order, i -> i);
    try (ImageFeed feed = new ImageFeed(rows, 3, 2)) {
      float[] all = pull(feed, 0, order, 7);
      for (int c = 0; c < 3; c++) { // mean 0 and deviation 1 of each channel over all images
        double sum = 0;
        double squares = 0;
        for (int r = 0; r < 30; r++) {
          for (int i = c * INPUTS / 3; i < (c + 1) * INPUTS / 3; i++) {
            double value = all[r * INPUTS + i];
            sum += value;
            squares += value * value;
          }
        }
        double count = 10.0 * INPUTS;
        assertEquals(0, sum / count, 1e-4);
        assertEquals(1, squares / count, 1e-3);
      }
    }
  }

  @Test
  void flipsAndShiftsMoveWhatIsThere() {
    int[] order = {0};
    float[] plain;
    float[] flipped = new float[0];
    try (ImageFeed feed = new ImageFeed(rows(EnumSet.of(Augmentation.FLIP)), 3, 1)) {
      plain = pull(feed, 0, order, 1);
      for (long epoch = 1; epoch < 20; epoch++) {
        float[] drawn = pull(feed, epoch, order, 1);
        if (!Arrays.equals(drawn, plain)) {
          flipped = drawn;
        }
      }
    }
    int size = Shapes.SIZE;
    for (int line = 0; line < 3 * size; line++) {
      for (int x = 0; x < size; x++) {
        assertEquals(plain[line * size + x], flipped[line * size + size - 1 - x]);
      }
    }
    try (ImageFeed feed = new ImageFeed(rows(EnumSet.of(Augmentation.CROP)), 3, 1)) {
      float[] shifted = pull(feed, 2, order, 1);
      boolean found = false;
      for (int down = -size / 8; down <= size / 8; down++) {
        for (int right = -size / 8; right <= size / 8; right++) {
          boolean same = true;
          for (int y = 4; y < size - 4 && same; y++) {
            for (int x = 4; x < size - 4 && same; x++) {
              same = shifted[y * size + x] == plain[(y - down) * size + x - right];
            }
          }
          found |= same;
        }
      }
      assertTrue(found);
    }
  }
}
