package org.pacnet.experiment;

import java.util.List;
import java.util.Map;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;

/**
 * A source task, a target task like it, and as many rows of either as wanted. The same seed gives the
 * same rows; what is asked for does not depend on what was asked before.
 */
public interface Problem extends AutoCloseable {

  /** What suits it, as far as nobody says otherwise. */
  TransferConfig.Builder settings();

  /** Numbers of target samples that are of interest. */
  default List<Integer> targets() {
    return List.of(10, 30, 100, 300);
  }

  /** The plentiful rows of the source that belongs to a seed. */
  Data source(int seed);

  /** Other rows of that source, without noise. */
  Data sourceTest(int seed);

  /**
   * The few rows of the target.
   *
   * @param rows how many; of classes, how many of each; of trajectories, how many of them
   */
  Data target(int seed, int rows);

  /** Other rows of the target, without noise. */
  Data test(int seed);

  /** Rows of other targets that are known already, by name; none where the problem has none. */
  default Map<String, Data> relatives(int seed) {
    return Map.of();
  }

  /** Removes what was written for it. */
  @Override
  default void close() {}
}
