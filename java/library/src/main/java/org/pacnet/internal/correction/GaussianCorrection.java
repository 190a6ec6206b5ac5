package org.pacnet.internal.correction;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.engine.NativeGaussianProcess;

/**
 * A Gaussian process for each output, on what the source leaves or on the target alone; squared
 * exponential with a length for each input, and noise.
 *
 * @param residual whether it is added to the source's outputs
 * @param x the rows that it was learned from, [rows, inputs]
 * @param y [width, rows]
 * @param kernels [width, inputs + 2]
 */
record GaussianCorrection(boolean residual, float[] x, float[] y, float[] kernels)
    implements Correction {

  static GaussianCorrection fit(Rows rows, FloatBuffer labels, boolean residual, int threads) {
    int n = rows.rows();
    int width = rows.width();
    float[] x = features(rows);
    float[] y = new float[width * n];
    float[] kernels = new float[width * (rows.inputs() + 2)];
    for (int c = 0; c < width; c++) {
      for (int r = 0; r < n; r++) {
        y[c * n + r] =
            labels.get(r * width + c) - (residual ? rows.outputs()[r * width + c] : 0);
      }
      try (NativeGaussianProcess process =
          new NativeGaussianProcess(x, output(y, c, n), null, threads)) {
        System.arraycopy(
            process.kernel(rows.inputs()),
            0,
            kernels,
            c * (rows.inputs() + 2),
            rows.inputs() + 2);
      }
    }
    return new GaussianCorrection(residual, x, y, kernels);
  }

  private static float[] features(Rows rows) {
    float[] x = new float[rows.rows() * rows.inputs()];
    rows.features().duplicate().rewind().get(x);
    return x;
  }

  private static float[] output(float[] y, int output, int rows) {
    float[] own = new float[rows];
    System.arraycopy(y, output * rows, own, 0, rows);
    return own;
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Corrected networks) {
    int width = rows.width();
    int n = y.length / width;
    float[] at = features(rows);
    float[] outputs = new float[rows.rows() * width];
    float[] spread = new float[rows.rows() * width];
    float[] mean = new float[rows.rows()];
    float[] deviation = new float[rows.rows()];
    for (int c = 0; c < width; c++) {
      float[] kernel = new float[rows.inputs() + 2];
      System.arraycopy(kernels, c * kernel.length, kernel, 0, kernel.length);
      try (NativeGaussianProcess process =
          new NativeGaussianProcess(x, output(y, c, n), kernel, 1)) {
        process.predict(at, mean, deviation);
      }
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
        x,
        Entries.take(entries, "gp.y", x.length / inputs * width),
        Entries.take(entries, "gp.kernels", width * (inputs + 2)));
  }
}
