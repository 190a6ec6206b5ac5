package org.pacnet.config;

import org.pacnet.error.DataException;

/**
 * What computes; immutable. It is of this run and this machine, and no part of a saved model.
 *
 * @param threads at most this many for one training step; small steps use one
 * @param device where to train
 * @param precision of a GPU's products
 */
public record Compute(int threads, Device device, Precision precision) {

  /** One thread, and a GPU where there is one and steps are large. */
  public static final Compute DEFAULT = new Compute(1, Device.AUTO, Precision.FP32);

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Compute {
    Check.that(threads > 0, "threads", "the number of threads", "must be at least 1", threads);
    Check.that(
        device != Device.CPU || precision == Precision.FP32,
        "precision", "the precision",
        "is fp32 on the cpu",
        precision);
  }

  /** The default with so many threads. */
  public static Compute threads(int threads) {
    return new Compute(threads, DEFAULT.device, DEFAULT.precision);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private int threads;
    private Device device;
    private Precision precision;

    Builder(Compute c) {
      threads = c.threads;
      device = c.device;
      precision = c.precision;
    }

    /** At most this many for one training step; small steps use one; by default 1. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /** Where to train; by default {@link Device#AUTO}. */
    public Builder device(Device value) {
      device = value;
      return this;
    }

    /** Of a GPU's products; by default {@link Precision#FP32}. */
    public Builder precision(Precision value) {
      precision = value;
      return this;
    }

    Compute build() {
      return new Compute(threads, device, precision);
    }
  }
}
