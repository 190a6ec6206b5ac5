package org.pacnet;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pacnet.core.MaskBits;
import org.pacnet.core.TensorInfo;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;

/**
 * What a model knows; immutable, so that whoever reads sees one state and no mixture. A phase works
 * on a network of its own and ends with a new state.
 *
 * @param source the weights after Train
 * @param pruning null before Prune
 * @param base the weights after Allocate; null before
 * @param reports of the source's phases
 * @param targets by name
 * @param damaged the targets whose files can't be read, with what is wrong
 */
record ModelState(
    float[] source,
    @Nullable Pruning pruning,
    float @Nullable [] base,
    Map<Phase, PhaseReport> reports,
    Map<String, TargetModel> targets,
    Map<String, ModelFormatException> damaged) {

  /** What Prune decided: how, and the mask. */
  record Pruning(double ratio, PruningScope scope, List<String> excluded, MaskBits mask) {

    /** Whether the mask covers this tensor. */
    boolean prunes(TensorInfo tensor) {
      return tensor.prunable() && !excludes(tensor, excluded);
    }

    static boolean excludes(TensorInfo tensor, List<String> patterns) {
      return patterns.stream().anyMatch(pattern -> matcher(pattern).matches(Path.of(tensor.name())));
    }

    private static PathMatcher matcher(String pattern) {
      try {
        return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
      } catch (IllegalArgumentException e) {
        throw new DataException("'" + pattern + "' is no valid glob pattern", e, "excluded");
      }
    }
  }

  /** A trained network, and nothing done with it yet. */
  static ModelState trained(float[] source) {
    return new ModelState(source, null, null, Map.of(), Map.of(), Map.of());
  }

  /** What a later phase was told of an earlier one is gone with it. */
  ModelState withPhase(PhaseReport report) {
    Map<Phase, PhaseReport> all = new EnumMap<>(Phase.class);
    all.putAll(reports);
    all.keySet().removeIf(other -> other.compareTo(report.phase()) > 0);
    all.put(report.phase(), report);
    return new ModelState(source, pruning, base, all, targets, damaged);
  }

  /** Without a base and its targets. */
  ModelState withPruning(Pruning how) {
    return new ModelState(source, how, null, reports, Map.of(), Map.of());
  }

  /** Without targets. */
  ModelState withBase(float[] weights) {
    return new ModelState(source, pruning, weights, reports, Map.of(), Map.of());
  }

  ModelState withTarget(TargetModel target) {
    Map<String, TargetModel> sound = new TreeMap<>(targets);
    sound.put(target.name(), target);
    Map<String, ModelFormatException> others = new TreeMap<>(damaged);
    others.remove(target.name());
    return new ModelState(source, pruning, base, reports, sound, others);
  }

  ModelState withDamaged(String name, ModelFormatException damage) {
    Map<String, ModelFormatException> all = new TreeMap<>(damaged);
    all.put(name, damage);
    return new ModelState(source, pruning, base, reports, targets, all);
  }

  Pruning requirePruned() {
    if (pruning == null) {
      throw new DataException("the model is not pruned yet: run prune first");
    }
    return pruning;
  }

  float[] requireBase() {
    requirePruned();
    if (base == null) {
      throw new DataException("the model has no base yet: run allocate first");
    }
    return base;
  }

  /** The source task's weights: the base, or as long as there is none the trained ones. */
  float[] sourceWeights() {
    return base != null ? base : source;
  }

  TargetModel target(String name) {
    TargetModel found = targets.get(name);
    if (found != null) {
      return found;
    }
    ModelFormatException damage = damaged.get(name);
    if (damage != null) {
      throw damage;
    }
    throw new DataException(
        "the model has no target '%s'; it has %s"
            .formatted(
                name,
                targets.isEmpty() ? "none yet: run calibrate" : String.join(", ", targets.keySet())));
  }
}
