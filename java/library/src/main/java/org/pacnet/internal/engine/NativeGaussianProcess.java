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
   * @param y [rows]
   * @param kernel inputs + 2 logarithms; null to search for it
   * @param threads at most so many, where there are rows enough; they change no prediction
   */
  public NativeGaussianProcess(float[] x, float[] y, float @Nullable [] kernel, int threads) {
    NativeLibrary.load();
    process =
        call(
            () ->
                new GaussianProcess(
                    x, x.length, y, y.length, kernel, kernel == null ? 0 : kernel.length, threads));
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

  /** Its kernel, of so many inputs. */
  public synchronized float[] kernel(int inputs) {
    GaussianProcess open = open();
    float[] kernel = new float[inputs + 2];
    return call(
        () -> {
          open.get_kernel(kernel, kernel.length);
          return kernel;
        });
  }

  /** Fills mean and deviation, one a row of x. */
  public synchronized void predict(float[] x, float[] mean, float[] deviation) {
    GaussianProcess open = open();
    call(
        () -> {
          open.predict(x, x.length, mean.length, mean, deviation, mean.length);
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
