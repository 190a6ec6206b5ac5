package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.GaussianCorrection;
import org.pacnet.internal.engine.NativeGaussianProcess;

/** Learns what stands behind a source's outputs, or in its place. */
public final class Corrections {

  /** By the native core. */
  public static final Correction.Processes PROCESSES = Corrections::predict;

  private Corrections() {}

  /**
   * Learns from the target's rows.
   *
   * @param labels [rows, width], or [rows] class indices
   * @param source rows of the source with their labels, for trees; null otherwise
   */
  public static Correction fit(
      Method method, Rows rows, FloatBuffer labels, @Nullable Pool source, int threads, long seed) {
    return switch (method) {
      case AFFINE -> LinearFit.affine(rows, labels);
      case RIDGE_RESIDUAL -> LinearFit.ridge(rows, labels);
      case GP_RESIDUAL -> gaussian(rows, labels, true, threads);
      case GP -> gaussian(rows, labels, false, threads);
      case TREES -> TreeFit.fit(rows, labels, source, threads, seed);
      default -> throw new IllegalArgumentException(method + " is no correction");
    };
  }

  /** A mix with the target's networks; {@link StackFit#fit} says more. */
  public static Correction stack(
      Rows rows,
      FloatBuffer labels,
      float[] unseen,
      List<int[]> folds,
      IntFunction<Fold> part,
      int threads) {
    return StackFit.fit(rows, labels, unseen, folds, part, threads);
  }

  /** A fold, and all other rows with their labels. */
  public record Fold(Rows rows, Rows others, FloatBuffer otherLabels) {}

  /** Rows of the source with their labels. */
  public record Pool(FloatBuffer features, FloatBuffer labels, int rows, int classes) {}

  private static GaussianCorrection gaussian(Rows rows, FloatBuffer labels, boolean residual, int threads) {
    int n = rows.rows();
    int width = rows.width();
    float[] x = rows.copied();
    float[] y = new float[width * n];
    float[] kernels = new float[width * (rows.inputs() + 2)];
    for (int c = 0; c < width; c++) {
      for (int r = 0; r < n; r++) {
        y[c * n + r] =
            labels.get(r * width + c) - (residual ? rows.outputs()[r * width + c] : 0);
      }
      try (NativeGaussianProcess process =
          new NativeGaussianProcess(x, Arrays.copyOfRange(y, c * n, (c + 1) * n), null, threads)) {
        System.arraycopy(
            process.kernel(rows.inputs()),
            0,
            kernels,
            c * (rows.inputs() + 2),
            rows.inputs() + 2);
      }
    }
    return new GaussianCorrection(residual, rows.inputs(), x, y, kernels);
  }

  private static void predict(
      GaussianCorrection process, int output, float[] at, float[] mean, float[] deviation) {
    try (NativeGaussianProcess asked =
        new NativeGaussianProcess(process.x(), process.output(output), process.kernel(output), 1)) {
      asked.predict(at, mean, deviation);
    }
  }
}
