package org.pacnet.internal.correction;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * A Gaussian process for each output, on what the source leaves or on the target alone; squared
 * exponential with a length for each input, and noise.
 *
 * @param residual whether it is added to the source's outputs
 * @param inputs of a row
 * @param x the rows that it was learned from, [rows, inputs]
 * @param y [width, rows]
 * @param kernels [width, inputs + 2]
 */
public record GaussianCorrection(boolean residual, int inputs, float[] x, float[] y, float[] kernels)
    implements Correction {

  /** The rows' targets of one output. */
  public float[] output(int output) {
    int n = rows();
    return Arrays.copyOfRange(y, output * n, (output + 1) * n);
  }

  /** The kernel of one output: the logarithms of a length for each input, of the signal's variance and of the noise's. */
  public float[] kernel(int output) {
    int each = inputs + 2;
    return Arrays.copyOfRange(kernels, output * each, (output + 1) * each);
  }

  /** Number of rows that it was learned from. */
  public int rows() {
    return x.length / inputs;
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Corrected networks, Processes processes) {
    int width = rows.width();
    float[] at = rows.copied();
    float[] outputs = new float[rows.rows() * width];
    float[] spread = new float[rows.rows() * width];
    float[] mean = new float[rows.rows()];
    float[] deviation = new float[rows.rows()];
    for (int c = 0; c < width; c++) {
      processes.predict(this, c, at, mean, deviation);
      for (int r = 0; r < rows.rows(); r++) {
        outputs[r * width + c] = mean[r] + (residual ? rows.outputs()[r * width + c] : 0);
        spread[r * width + c] = deviation[r];
      }
    }
    return new Corrected(outputs, spread);
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("gp.residual", Entry.row(new float[] {residual ? 1 : 0}));
    entries.put("gp.x", Entry.row(x));
    entries.put("gp.y", Entry.row(y));
    entries.put("gp.kernels", Entry.row(kernels));
    return entries;
  }

  static GaussianCorrection read(Map<String, Entry> entries, int inputs, int width) {
    float[] x = Entries.take(entries, "gp.x");
    if (x.length == 0 || x.length % inputs != 0) {
      throw new IllegalArgumentException("'gp.x' is not rows of " + inputs + " inputs");
    }
    return new GaussianCorrection(
        Entries.take(entries, "gp.residual", 1)[0] != 0,
        inputs,
        x,
        Entries.take(entries, "gp.y", x.length / inputs * width),
        Entries.take(entries, "gp.kernels", width * (inputs + 2)));
  }
}
