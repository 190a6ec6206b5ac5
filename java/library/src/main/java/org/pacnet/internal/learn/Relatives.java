package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.table.EncodedData;

/**
 * Other targets of a base, merged by Fisher weights (Matena and Raffel, "Merging Models with Fisher-Weighted Averaging", NeurIPS 2022,
 * arXiv 2111.09832): at each pruned position θ = Σ λ_m F_m θ_m / Σ λ_m F_m, F_m the diagonal of the Fisher information of target m, divided by its norm
 * over these positions and no smaller than 1e-6.
 */
public final class Relatives {

  private static final float FLOOR = 1e-6F;
  private static final int DRAWS = 40;
  private static final int MOST_ROWS = 200;

  private Relatives() {}

  /** Throws a {@link DataException} that names the target that can't be merged. */
  static void check(ModelState from, List<String> names) {
    if (new LinkedHashSet<>(names).size() < 2) {
      throw new DataException("merging takes two targets of the model or more: name them", "targets");
    }
    for (String name : names) {
      TargetModel target = from.target(name);
      if (target.networks().size() != 1 || target.correction() != null || target.classes() != null || !target.config().method().kind().keepsBase()) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "the target '%s' (%s) is not one network on the base with the source's outputs: it can't be merged; calibrated by the method pac it can",
                name,
                target.config().method().kind()),
            "targets");
      }
    }
  }

  /** What each has learnt, as all parameters of its network. */
  static List<float[]> weights(Phases phases, ModelState from, List<String> names) {
    return names.stream().map(name -> phases.weights(from, from.target(name)).get(0)).toList();
  }

  /** All targets counting alike. */
  public static float[] evenly(Phases phases, ModelState from, List<String> names) {
    check(from, names);
    SourceSample sample = from.sample();
    if (sample == null) {
      throw new DataException(
          "without rows of the source, of which the model keeps none, it can't be told how sure targets are of their weights: name rows of the new target",
          "target");
    }
    List<float[]> relatives = weights(phases, from, names);
    double[] even = new double[relatives.size()];
    Arrays.fill(even, 1);
    return merge(from, learnt(from, relatives), fisher(phases, from, relatives, null), even);
  }

  /**
   * Several merges: all targets counting alike first, then mostly one of them, then by draws.
   *
   * @param rows of the new target, to ask networks of where the model keeps none of the source's
   */
  static List<float[]> merges(Phases phases, ModelState from, List<float[]> relatives, EncodedData rows, long seed) {
    List<float[]> fisher = fisher(phases, from, relatives, rows);
    List<float[]> learnt = learnt(from, relatives);
    int count = relatives.size();
    List<double[]> shares = new ArrayList<>();
    double[] even = new double[count];
    Arrays.fill(even, 1);
    shares.add(even);
    for (int m = 0; m < count; m++) {
      double[] mostly = new double[count];
      Arrays.fill(mostly, 0.1 / count);
      mostly[m] = 1;
      shares.add(mostly);
    }
    SplittableRandom random = new SplittableRandom(seed);
    for (int draw = 0; draw < DRAWS; draw++) {
      double[] drawn = new double[count];
      Arrays.setAll(drawn, m -> -Math.log(1 - random.nextDouble())); // of Dirichlet's distribution, but for the sum
      shares.add(drawn);
    }
    return shares.stream().map(own -> merge(from, learnt, fisher, own)).toList();
  }

  // Where the base is pruned; everywhere else the merge is the base.
  private static float[] merge(ModelState from, List<float[]> learnt, List<float[]> fisher, double[] shares) {
    float[] values = new float[learnt.get(0).length];
    for (int i = 0; i < values.length; i++) {
      double sum = 0;
      double weight = 0;
      for (int m = 0; m < shares.length; m++) {
        double own = shares[m] * fisher.get(m)[i];
        sum += own * learnt.get(m)[i];
        weight += own;
      }
      values[i] = (float) (sum / weight);
    }
    return from.requirePruned().mask().scatter(from.requireBase(), values);
  }

  private static List<float[]> learnt(ModelState from, List<float[]> relatives) {
    return relatives.stream().map(from.requirePruned().mask()::gather).toList();
  }

  private static List<float[]> fisher(Phases phases, ModelState from, List<float[]> relatives, @Nullable EncodedData rows) {
    MaskBits mask = from.requirePruned().mask();
    SourceSample sample = from.sample();
    return relatives.stream()
        .map(
            weights ->
                normalised(
                    mask.gather(
                        sample == null
                            ? phases.fisher(weights, Objects.requireNonNull(rows), MOST_ROWS)
                            : phases.fisher(weights, FloatBuffer.wrap(sample.features()), sample.rows(), MOST_ROWS))))
        .toList();
  }

  private static float[] normalised(float[] fisher) {
    double squares = 0;
    for (float value : fisher) {
      squares += (double) value * value;
    }
    double norm = Math.max(Math.sqrt(squares), Double.MIN_NORMAL);
    for (int i = 0; i < fisher.length; i++) {
      fisher[i] = Math.max(FLOOR, (float) (fisher[i] / norm));
    }
    return fisher;
  }
}
