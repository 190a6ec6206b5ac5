package org.pacnet.experiment;

import org.pacnet.TransferConfig;
import org.pacnet.data.Data;

/**
 * A source task, a target task like it, and as many rows of either as wanted. The same seed gives the
 * same rows; what is asked for does not depend on what was asked before.
 */
public interface Problem extends AutoCloseable {

  /** The column to predict. */
  String label();

  /** What suits it, as far as nobody says otherwise. */
  default TransferConfig.Builder settings() {
    return TransferConfig.builder(label());
  }

  /** The plentiful rows of the source that belongs to a seed. */
  Data source(int seed);

  /** Other rows of that source, without noise. */
  Data sourceTest(int seed);

  /**
   * The few rows of the target.
   *
   * @param rows how many; of classes, how many of each
   */
  Data target(int seed, int rows);

  /** Other rows of the target, without noise. */
  Data test(int seed);

  /** Removes what was written for it. */
  @Override
  default void close() {}
}
