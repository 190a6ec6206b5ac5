package org.pacnet.config;

import java.util.List;
import org.pacnet.error.DataException;

/**
 * Which weights Prune removes, and how long Allocate trains those that stay; immutable.
 *
 * @param ratio share of the prunable weights that Prune removes, (0, 1)
 * @param scope among which weights the largest are kept
 * @param excluded glob patterns such as {@code layers.0.*} of weights never pruned
 * @param allocateEpochs of Allocate; 0: as many as of Train
 */
public record Pruning(double ratio, PruningScope scope, List<String> excluded, int allocateEpochs) {

  static final Pruning DEFAULT = new Pruning(0.8, PruningScope.GLOBAL, List.of(), 0);

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Pruning {
    excluded = List.copyOf(excluded);
    Check.that(
        ratio > 0 && ratio < 1, "ratio", "the pruning ratio", "must be between 0 and 1, both excluded", ratio);
    Check.that(
        allocateEpochs >= 0,
        "allocateEpochs",
        "the number of Allocate's epochs",
        "must be 0 or more",
        allocateEpochs);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private double ratio;
    private PruningScope scope;
    private List<String> excluded;
    private int allocateEpochs;

    Builder(Pruning p) {
      ratio = p.ratio;
      scope = p.scope;
      excluded = p.excluded;
      allocateEpochs = p.allocateEpochs;
    }

    /** Share of the prunable weights that Prune removes, (0, 1); by default 0.8. */
    public Builder ratio(double value) {
      ratio = value;
      return this;
    }

    /** Among which weights the largest are kept; by default {@link PruningScope#GLOBAL}. */
    public Builder scope(PruningScope value) {
      scope = value;
      return this;
    }

    /** Glob patterns such as {@code layers.0.*} of weights never pruned; by default none. */
    public Builder excluded(String... patterns) {
      excluded = List.of(patterns);
      return this;
    }

    /** Of Allocate; 0: as many as of Train; by default 0. */
    public Builder allocateEpochs(int value) {
      allocateEpochs = value;
      return this;
    }

    Pruning build() {
      return new Pruning(ratio, scope, excluded, allocateEpochs);
    }
  }
}
