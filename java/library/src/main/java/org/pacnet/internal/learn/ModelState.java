package org.pacnet.internal.learn;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.PruningScope;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.result.HeldOut;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;

/**
 * What a model knows; immutable, so that whoever reads sees one state and no mixture. A phase works
 * on a network of its own and ends with a new state.
 *
 * @param source the weights after Train
 * @param linear a linear model of the source's rows, a second opinion beside the network's; null where there is none: of images,
 *     equations, very many columns, and in what older versions trained
 * @param sample some of the source's rows; null where there is no linear model either
 * @param pruning null before Prune
 * @param base the weights after Allocate; null before
 * @param reports of the source's phases
 * @param targets by name
 */
public record ModelState(
    float[] source,
    @Nullable LinearCorrection linear,
    @Nullable SourceSample sample,
    @Nullable Pruning pruning,
    float @Nullable [] base,
    Map<Phase, PhaseReport> reports,
    Map<String, TargetSlot> targets) {

  private static final int MOST_NAMED = 20;

  /** What Prune decided: how, and the mask. */
  public record Pruning(double ratio, PruningScope scope, List<String> excluded, MaskBits mask) {

    /** Whether the mask covers this tensor. */
    public boolean prunes(TensorInfo tensor) {
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
  public static ModelState trained(float[] source, @Nullable LinearCorrection linear, @Nullable SourceSample sample) {
    return new ModelState(source, linear, sample, null, null, Map.of(), Map.of());
  }

  /** What a later phase was told of an earlier one is gone with it. */
  public ModelState withPhase(PhaseReport report) {
    Map<Phase, PhaseReport> all = new EnumMap<>(Phase.class);
    all.putAll(reports);
    all.keySet().removeIf(other -> other.compareTo(report.phase()) > 0);
    all.put(report.phase(), report);
    return new ModelState(source, linear, sample, pruning, base, all, targets);
  }

  /** Without a base and its targets. */
  public ModelState withPruning(Pruning how) {
    return new ModelState(source, linear, sample, how, null, reports, Map.of());
  }

  /** Without targets. */
  public ModelState withBase(float[] weights) {
    return new ModelState(source, linear, sample, pruning, weights, reports, Map.of());
  }

  public ModelState withTarget(TargetModel target) {
    return withTargets(Map.of(target.name(), TargetSlot.of(target)));
  }

  /** With these besides, or in place of those of the same names. */
  public ModelState withTargets(Map<String, TargetSlot> more) {
    Map<String, TargetSlot> all = new TreeMap<>(targets);
    all.putAll(more);
    return new ModelState(source, linear, sample, pruning, base, reports, all);
  }

  public Pruning requirePruned() {
    if (pruning == null) {
      throw new DataException("the model is not pruned yet: run prune first");
    }
    return pruning;
  }

  public float[] requireBase() {
    requirePruned();
    if (base == null) {
      throw new DataException("the model has no base yet: run allocate first");
    }
    return base;
  }

  /**
   * How many times as far off as a linear model a network that was trained like this one was on rows not seen; 0 where that was not tried.
   *
   * @param classes whether errors are shares of rows: none may be half a row
   */
  public double besideLinear(boolean classes) {
    PhaseReport train = reports.get(Phase.TRAIN);
    HeldOut found = train == null ? null : train.heldOut();
    if (found == null || found.linear() == null) {
      return 0;
    }
    double least = classes ? 0.5 / found.rows() : 0;
    double linear = found.linear() + least;
    return linear == 0 ? 0 : (found.network() + least) / linear;
  }

  /** The source task's weights: the base, or as long as there is none the trained ones. */
  public float[] sourceWeights() {
    return base != null ? base : source;
  }

  public TargetModel target(String name) {
    TargetSlot found = targets.get(name);
    if (found != null) {
      return found.get();
    }
    throw new DataException(
        String.format(
            Locale.ROOT,
            "the model has no target '%s'; it has %s",
            name,
            targets.isEmpty() ? "none yet: run calibrate" : some(targets.keySet())));
  }

  private static String some(Set<String> names) {
    List<String> first = names.stream().limit(MOST_NAMED).toList();
    int more = names.size() - first.size();
    return String.join(", ", first)
        + (more > 0 ? String.format(Locale.ROOT, " and %d more", more) : "");
  }
}
