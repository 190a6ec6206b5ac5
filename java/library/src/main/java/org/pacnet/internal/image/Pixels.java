package org.pacnet.internal.image;

/**
 * A decoded image: unsigned bytes, channel by channel and row by row.
 *
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param height in pixels
 * @param width in pixels
 * @param values {@code channels * height * width} of them
 */
record Pixels(int channels, int height, int width, byte[] values) {

  /** The same with so many channels: grey thrice, or the luma of a colour (ITU-R BT.601). */
  Pixels withChannels(int wanted) {
    if (wanted == channels) {
      return this;
    }
    int size = height * width;
    byte[] result = new byte[wanted * size];
    for (int i = 0; i < size; i++) {
      if (channels == 1) {
        result[i] = values[i];
        result[size + i] = values[i];
        result[2 * size + i] = values[i];
      } else {
        double luma =
            0.299 * (values[i] & 0xff)
                + 0.587 * (values[size + i] & 0xff)
                + 0.114 * (values[2 * size + i] & 0xff);
        result[i] = (byte) Math.round(luma);
      }
    }
    return new Pixels(wanted, height, width, result);
  }

  /** Scaled until its shorter side has that length, and the middle of it. */
  Pixels square(int size) {
    if (height == size && width == size) {
      return this;
    }
    double scale = (double) Math.min(height, width) / size;
    float[][] down = weights(height, size, scale);
    float[][] across = weights(width, size, scale);
    byte[] result = new byte[channels * size * size];
    float[] narrowed = new float[height * size];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < size; x++) {
          float[] line = across[x];
          int first = (int) line[0];
          float sum = 0;
          for (int i = 1; i < line.length; i++) {
            sum += line[i] * (values[(c * height + y) * width + first + i - 1] & 0xff);
          }
          narrowed[y * size + x] = sum;
        }
      }
      for (int y = 0; y < size; y++) {
        float[] line = down[y];
        int first = (int) line[0];
        for (int x = 0; x < size; x++) {
          float sum = 0;
          for (int i = 1; i < line.length; i++) {
            sum += line[i] * narrowed[(first + i - 1) * size + x];
          }
          result[(c * size + y) * size + x] = (byte) Math.round(sum);
        }
      }
    }
    return new Pixels(channels, size, size, result);
  }

  // For each of the new pixels the first old one that it is made of, and then their weights: a triangle
  // that is as wide as the new pixel (bilinear, without aliasing where it gets smaller).
  private static float[][] weights(int length, int size, double scale) {
    double support = Math.max(1, scale);
    double start = (length - size * scale) / 2;
    float[][] result = new float[size][];
    for (int i = 0; i < size; i++) {
      double center = start + (i + 0.5) * scale;
      int first = Math.max(0, (int) Math.floor(center - support));
      int last = Math.min(length - 1, (int) Math.ceil(center + support) - 1);
      float[] line = new float[last - first + 2];
      line[0] = first;
      double sum = 0;
      for (int old = first; old <= last; old++) {
        double weight = Math.max(0, 1 - Math.abs(old + 0.5 - center) / support);
        line[1 + old - first] = (float) weight;
        sum += weight;
      }
      for (int k = 1; k < line.length; k++) {
        line[k] /= (float) sum;
      }
      result[i] = line;
    }
    return result;
  }
}
