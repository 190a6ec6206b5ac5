package org.pacnet.experiment;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/**
 * Small pictures of one shape each. Shape, colours, texture, place, size and turn vary; the source
 * labels the shape, the target something that follows from it: whether it has corners.
 */
public final class Shapes {
  /** Of a picture, in pixels. */
  public static final int SIZE = 28;

  private static final String[] SHAPES = {"cross", "disk", "ring", "square", "triangle"};

  private Shapes() {}

  /** Writes pictures, each into the folder of its shape. */
  public static void writeSource(Path folder, int count, long seed) {
    write(folder, count, seed, false);
  }

  /** Writes pictures, each into the folder "corners" or "round". */
  public static void writeTarget(Path folder, int count, long seed) {
    write(folder, count, seed, true);
  }

  /** Writes so many pictures of each of the two classes. */
  public static void writeTargetClasses(Path folder, int each, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] written = new int[2];
    for (int i = 0; written[0] < each || written[1] < each; i++) {
      String shape = SHAPES[i % SHAPES.length];
      int round = isRound(shape) ? 1 : 0;
      if (written[round]++ < each) {
        write(folder, shape, round == 1 ? "round" : "corners", i, random);
      }
    }
  }

  private static boolean isRound(String shape) {
    return shape.equals("disk") || shape.equals("ring");
  }

  private static void write(
      Path folder, String shape, String label, int number, SplittableRandom random) {
    Path file = folder.resolve(label).resolve(String.format(Locale.ROOT, "%05d.png", number));
    MadeFile.write(file, png(draw(shape, random)));
  }

  private static void write(Path folder, int count, long seed, boolean target) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < count; i++) {
      String shape = SHAPES[i % SHAPES.length];
      String label = !target ? shape : isRound(shape) ? "round" : "corners";
      write(folder, shape, label, i, random);
    }
  }

  private static BufferedImage draw(String shape, SplittableRandom random) {
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    double[] ground = colour(random);
    double[] figure = colour(random);
    while (distance(ground, figure) < 0.35) {
      figure = colour(random);
    }
    double centerX = SIZE * random.nextDouble(0.38, 0.62);
    double centerY = SIZE * random.nextDouble(0.38, 0.62);
    double radius = SIZE * random.nextDouble(0.2, 0.34);
    double turn = random.nextDouble(2 * Math.PI);
    double wave = random.nextDouble(0.3, 1.2);
    double waveTurn = random.nextDouble(2 * Math.PI);
    double waveStrength = random.nextDouble(0.15);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        double inside = coverage(shape, x - centerX, y - centerY, radius, turn);
        double texture =
            waveStrength * Math.sin(wave * (x * Math.cos(waveTurn) + y * Math.sin(waveTurn)))
                + 0.06 * random.nextGaussian();
        int packed = 0;
        for (int c = 0; c < 3; c++) {
          double value = ground[c] + inside * (figure[c] - ground[c]) + texture;
          packed = packed << 8 | (int) Math.round(255 * Math.min(1, Math.max(0, value)));
        }
        image.setRGB(x, y, packed);
      }
    }
    return image;
  }

  private static double[] colour(SplittableRandom random) {
    return new double[] {random.nextDouble(), random.nextDouble(), random.nextDouble()};
  }

  private static double distance(double[] a, double[] b) {
    return (Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2])) / 3;
  }

  // 1 inside, 0 outside, in between over one pixel at the edge.
  private static double coverage(String shape, double x, double y, double radius, double turn) {
    double u = (x * Math.cos(turn) + y * Math.sin(turn)) / radius;
    double v = (y * Math.cos(turn) - x * Math.sin(turn)) / radius;
    double beyond =
        switch (shape) {
          case "disk" -> Math.hypot(u, v) - 1;
          case "ring" -> Math.abs(Math.hypot(u, v) - 0.8) - 0.25;
          case "square" -> Math.max(Math.abs(u), Math.abs(v)) - 0.85;
          case "cross" ->
              Math.min(
                  Math.max(Math.abs(u) - 1, Math.abs(v) - 0.32),
                  Math.max(Math.abs(v) - 1, Math.abs(u) - 0.32));
          default -> Math.max(-v - 0.6, Math.max(v + 1.732 * u, v - 1.732 * u) / 2 - 0.6);
        };
    return Math.min(1, Math.max(0, 0.5 - beyond * radius));
  }

  private static byte[] png(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.setUseCache(false);
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
