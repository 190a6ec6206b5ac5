package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
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
      if (!mergeable(target)) {
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

  private static boolean mergeable(TargetModel target) {
    return target.networks().size() == 1 && target.correction() == null && target.classes() == null && target.config().method().kind().keepsBase();
  }

  /** What each has learnt, as all parameters of its network. */
  static List<float[]> weights(Phases phases, ModelState from, List<String> names) {
    return names.stream().map(name -> phases.weights(from, from.target(name)).get(0)).toList();
  }

  /** All targets counting alike: what it is at the pruned positions. */
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
    return merge(learnt(from, relatives), fisher(phases, from, relatives, null), even);
  }

  /**
   * The merge by what a target's rows say of how much each of the others counts: the mean of shares, all alike, mostly one's, and by draws, each weighing
   * as likely as its merge makes the rows. A few rows leave them near to all alike, where the lowest loss of fifty would be luck.
   *
   * @param rows of the new target, to ask networks of where the model keeps none of the source's
   * @param loss of a network's weights on these
   * @param perLoss given the lowest loss of all, what a loss of one more takes off a merge's log likelihood
   */
  static float[] merged(
      Phases phases,
      ModelState from,
      List<String> names,
      EncodedData rows,
      long seed,
      ToDoubleFunction<float[]> loss,
      DoubleUnaryOperator perLoss) {
    List<float[]> relatives = weights(phases, from, names);
    List<float[]> fisher = fisher(phases, from, relatives, rows);
    List<float[]> learnt = learnt(from, relatives);
    List<double[]> shares = shares(relatives.size(), seed);
    double[] losses = shares.stream().mapToDouble(own -> loss.applyAsDouble(onBase(from, merge(learnt, fisher, own)))).toArray();
    double lowest = Arrays.stream(losses).min().orElseThrow();
    double strength = perLoss.applyAsDouble(lowest);
    double[] mean = new double[relatives.size()];
    for (int d = 0; d < losses.length; d++) {
      double weight = Math.exp(-strength * (losses[d] - lowest));
      for (int m = 0; m < mean.length; m++) {
        mean[m] += weight * shares.get(d)[m];
      }
    }
    return onBase(from, merge(learnt, fisher, mean));
  }

  // Each of sum 1.
  private static List<double[]> shares(int count, long seed) {
    List<double[]> shares = new ArrayList<>();
    double[] even = new double[count];
    Arrays.fill(even, 1.0 / count);
    shares.add(even);
    for (int m = 0; m < count; m++) {
      double[] mostly = new double[count];
      Arrays.fill(mostly, 0.1 / count);
      mostly[m] += 0.9;
      shares.add(mostly);
    }
    SplittableRandom random = new SplittableRandom(seed);
    for (int draw = 0; draw < DRAWS; draw++) {
      double[] drawn = new double[count];
      Arrays.setAll(drawn, m -> -Math.log(1 - random.nextDouble())); // Dirichlet's distribution, once the sum is 1
      double sum = Arrays.stream(drawn).sum();
      shares.add(Arrays.stream(drawn).map(v -> v / sum).toArray());
    }
    return shares;
  }

  /**
   * What the nearest targets vote for.
   *
   * @param start the mean of what those say who vote for a weight, and the base where nobody does
   * @param flags 1 where a weight was voted for, of all parameters
   */
  record Vote(float[] start, float[] flags) {}

  /**
   * Meta-vote pruning (Zhao et al., "Voting from Nearest Tasks: Meta-Vote Pruning of Pre-trained Models for Downstream Tasks", arXiv 2301.11560), of the
   * pruned positions: of each of the nearest targets the largest weights vote, a share of 1 − ratio of them, and those with most votes, as many again, are
   * taken; between equals those that are larger on average.
   *
   * @param self the target that is learnt, which has no vote
   * @param loss of a network's weights on its rows
   */
  static Vote vote(Phases phases, ModelState from, String self, int neighbours, double ratio, ToDoubleFunction<float[]> loss) {
    MaskBits mask = from.requirePruned().mask();
    double base = loss.applyAsDouble(from.requireBase());
    record Near(float[] learnt, double loss) {}
    List<Near> near = new ArrayList<>();
    int asked = 0;
    for (String name : from.targets().keySet()) {
      TargetModel target = from.target(name);
      if (!name.equals(self) && mergeable(target)) {
        float[] weights = phases.weights(from, target).get(0);
        double own = loss.applyAsDouble(weights);
        asked++;
        if (own < base) {
          near.add(new Near(mask.gather(weights), own));
        }
      }
    }
    if (near.isEmpty()) {
      throw new DataException(
          asked == 0
              ? "the model has no other target that could vote: calibrate some by the method pac first"
              : "none of " + asked + " other targets says these rows better than the base does: take the method pac",
          "method");
    }
    near.sort(Comparator.comparingDouble(Near::loss));
    List<float[]> voters = near.stream().limit(neighbours).map(Near::learnt).toList();
    int positions = voters.get(0).length;
    int budget = Math.max(1, (int) Math.round((1 - ratio) * positions));
    int[] votes = new int[positions];
    double[] sums = new double[positions];
    double[] sizes = new double[positions];
    for (float[] learnt : voters) {
      int[] largest = ordered(positions, i -> Math.abs(learnt[i]));
      for (int k = 0; k < budget; k++) {
        votes[largest[k]]++;
        sums[largest[k]] += learnt[largest[k]];
      }
      for (int i = 0; i < positions; i++) {
        sizes[i] += Math.abs(learnt[i]) / voters.size();
      }
    }
    double most = 1 + Arrays.stream(sizes).max().orElse(0);
    int[] elected = ordered(positions, i -> votes[i] * most + sizes[i]);
    float[] start = new float[positions];
    float[] flags = new float[positions];
    for (int k = 0; k < budget && votes[elected[k]] > 0; k++) {
      start[elected[k]] = (float) (sums[elected[k]] / votes[elected[k]]);
      flags[elected[k]] = 1;
    }
    float[] nothing = new float[from.requireBase().length];
    return new Vote(onBase(from, start), mask.scatter(nothing, flags));
  }

  // The largest first; of equals the first.
  private static int[] ordered(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -value.applyAsDouble(i)).thenComparing(Comparator.naturalOrder()))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  // What is learnt at the pruned positions; everywhere else is the base.
  private static float[] onBase(ModelState from, float[] values) {
    return from.requirePruned().mask().scatter(from.requireBase(), values);
  }

  private static float[] merge(List<float[]> learnt, List<float[]> fisher, double[] shares) {
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
    return values;
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
