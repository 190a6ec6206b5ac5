package org.pacnet.internal.engine;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pacnet.binding.GaussianProcess;

/**
 * A Gaussian process in native memory; {@code pacnet::GaussianProcess} says more. One thread at a time.
 * Forgotten, it is freed by JavaCPP's deallocator.
 */
public final class NativeGaussianProcess implements AutoCloseable {

  private @Nullable GaussianProcess process;

  /**
   * @param x [rows, inputs]
   * @param o what a source says of them, [rows, outputs]; empty without
   * @param y [rows]
   * @param weights what each row's noise is divided by, [rows]; empty where that is 1
   * @param groups the same number for rows that belong together, [rows]; empty where each stands for itself
   * @param kernel logarithms, as {@code pacnet.h} says; null to search for them
   * @param threads at most so many, where there are rows enough; they change no prediction
   */
  public NativeGaussianProcess(
      float[] x, float[] o, float[] y, float[] weights, int[] groups, float @Nullable [] kernel, int threads) {
    NativeLibrary.load();
    process =
        call(
            () ->
                new GaussianProcess(
                    x,
                    x.length,
                    o.length == 0 ? null : o,
                    o.length,
                    y,
                    weights.length == 0 ? null : weights,
                    groups.length == 0 ? null : groups,
                    y.length,
                    kernel,
                    kernel == null ? 0 : kernel.length,
                    threads));
  }

  private static <T> T call(Supplier<T> body) {
    try {
      return body.get();
    } catch (RuntimeException e) {
      throw NativeLibrary.translate(e);
    }
  }

  private GaussianProcess open() {
    GaussianProcess open = process;
    if (open == null) {
      throw new IllegalStateException("the process is closed");
    }
    return open;
  }

  /** Its kernel, of so many numbers. */
  public synchronized float[] kernel(int count) {
    GaussianProcess open = open();
    float[] kernel = new float[count];
    return call(
        () -> {
          open.get_kernel(kernel, count);
          return kernel;
        });
  }

  /** log p(y | kernel); with a source, times the kernel's density over its peak. */
  public synchronized double logPosterior() {
    GaussianProcess open = open();
    return call(open::log_likelihood);
  }

  /** Fills mean and deviation, one a row of x and of what the source says of it. */
  public synchronized void predict(float[] x, float[] outputs, float[] mean, float[] deviation) {
    GaussianProcess open = open();
    call(
        () -> {
          open.predict(
              x,
              x.length,
              outputs.length == 0 ? null : outputs,
              outputs.length,
              mean.length,
              mean,
              deviation,
              mean.length);
          return mean;
        });
  }

  /** Closing twice is harmless; any use afterwards throws. */
  @Override
  public synchronized void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
