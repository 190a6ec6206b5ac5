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
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Family;

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

  /**
   * The settings with the names of those that a target learns from, where its method does.
   *
   * @param self the target that is learnt, which is none of them
   * @throws DataException that names the target that can't be learnt from, or if there are too few
   */
  static TransferConfig resolved(TransferConfig settings, ModelState from, String self) {
    return settings.method() instanceof MethodSpec.OfRelatives method
        ? settings.toBuilder().method(method.of(chosen(from, self, method.relatives(), method.kind()))).build()
        : settings;
  }

  /** The same of names. */
  public static List<String> chosen(ModelState from, String self, List<String> names, Method method) {
    List<String> chosen = new ArrayList<>(new LinkedHashSet<>(names));
    if (names.isEmpty()) {
      from.targets().keySet().stream().filter(name -> !name.equals(self) && mergeable(from.target(name))).forEach(chosen::add);
    }
    for (String name : chosen) {
      TargetModel target = from.target(name);
      if (name.equals(self)) {
        throw new DataException("the target '" + name + "' can't be learnt from itself: name others");
      }
      if (!mergeable(target)) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "the target '%s' (%s) is not one network on the base with the source's outputs: %s can't learn from it; calibrated by the method pac it can",
                name,
                target.config().method().kind(),
                method));
      }
    }
    boolean one = method == Method.TEACHERS || method == Method.METAVOTE;
    if (chosen.size() < (one ? 1 : 2)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s takes %s of the model, calibrated by the method pac or one like it: %s",
              method,
              one ? "another target" : "two other targets or more",
              names.isEmpty() ? "there are too few" : "name more"),
          names.isEmpty() ? new String[] {"method"} : new String[0]);
    }
    return List.copyOf(chosen);
  }

  /** Throws a {@link DataException} unless the lowest loss of so many others on a target's rows is below the base's. */
  static void checkNear(double lowest, double base, int others) {
    if (!(lowest < base)) {
      throw new DataException("none of " + others + " other targets says these rows better than the base does: take the method pac", "relatives");
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
   * A merge.
   *
   * @param shares how much each of the others counts, of sum 1
   */
  record Merged(float[] weights, double[] shares) {}

  /**
   * The merge by what a target's rows say of how much each of the others counts: the mean of shares, all alike, mostly one's, and by draws, each weighing
   * as likely as its merge makes the rows. A few rows leave them near to all alike, where the lowest loss of fifty would be luck.
   *
   * @param rows of the new target, to ask networks of where the model keeps none of the source's
   * @param loss of a network's weights on these
   * @param perLoss given the lowest loss of all, what a loss of one more takes off a merge's log likelihood
   */
  static Merged merged(
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
    checkNear(lowest, loss.applyAsDouble(from.requireBase()), names.size());
    double strength = perLoss.applyAsDouble(lowest);
    double[] mean = new double[relatives.size()];
    for (int d = 0; d < losses.length; d++) {
      double weight = Math.exp(-strength * (losses[d] - lowest));
      for (int m = 0; m < mean.length; m++) {
        mean[m] += weight * shares.get(d)[m];
      }
    }
    double sum = Arrays.stream(mean).sum();
    return new Merged(onBase(from, merge(learnt, fisher, mean)), Arrays.stream(mean).map(share -> share / sum).toArray());
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
   * @param voters their names, the nearest first
   */
  record Vote(float[] start, float[] flags, List<String> voters) {}

  /**
   * Meta-vote pruning (Zhao et al., "Voting from Nearest Tasks: Meta-Vote Pruning of Pre-trained Models for Downstream Tasks", arXiv 2301.11560), of the
   * pruned positions: of each of the nearest targets the largest weights vote, a share of 1 − ratio of them, and those with most votes, as many again, are
   * taken; between equals those that are larger on average.
   *
   * @param names of those that may vote
   * @param loss of a network's weights on its rows
   */
  static Vote vote(Phases phases, ModelState from, List<String> names, int neighbours, double ratio, ToDoubleFunction<float[]> loss) {
    MaskBits mask = from.requirePruned().mask();
    double base = loss.applyAsDouble(from.requireBase());
    record Near(String name, float[] learnt, double loss) {}
    List<Near> near = new ArrayList<>();
    for (String name : names) {
      float[] weights = phases.weights(from, from.target(name)).get(0);
      near.add(new Near(name, mask.gather(weights), loss.applyAsDouble(weights)));
    }
    near.sort(Comparator.comparingDouble(Near::loss));
    checkNear(near.get(0).loss, base, near.size());
    near.removeIf(one -> !(one.loss < base));
    List<Near> nearest = near.subList(0, Math.min(neighbours, near.size()));
    int positions = nearest.get(0).learnt.length;
    Elected elected = elect(nearest.stream().map(Near::learnt).toList(), Math.max(1, (int) Math.round((1 - ratio) * positions)));
    float[] nothing = new float[from.requireBase().length];
    return new Vote(onBase(from, elected.start()), mask.scatter(nothing, elected.flags()), nearest.stream().map(Near::name).toList());
  }

  /**
   * What was voted for.
   *
   * @param start the mean of what those say who vote for a position, 0 where nobody does
   * @param flags 1 where a position was voted for
   */
  public record Elected(float[] start, float[] flags) {}

  /** Those positions, as many as each of the voters has votes, that get the most; between equals those that are larger on average. */
  public static Elected elect(List<float[]> voters, int budget) {
    int positions = voters.get(0).length;
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
    return new Elected(start, flags);
  }

  /**
   * How far targets are from each other, by what they say of the source's rows; null where the model keeps none of these.
   *
   * @param names of targets without inputs of their own
   */
  public static @Nullable Family family(Phases phases, ModelState from, List<String> names) {
    SourceSample sample = from.sample();
    if (sample == null) {
      return null;
    }
    MadeRows rows = MadeRows.of(sample, MOST_ROWS);
    List<String> all = new ArrayList<>(List.of(Family.SOURCE));
    List<float[]> said = new ArrayList<>(List.of(phases.outputs(phases.schema(), from.requireBase(), rows)));
    for (String name : names) {
      all.add(name);
      said.add(phases.outputs(from, from.target(name), rows).outputs());
    }
    List<Schema.Label> labels = phases.schema().labels();
    double unit = labels.size() == 1 ? labels.get(0).std() : 1;
    List<List<Double>> apart = said.stream().map(one -> said.stream().map(other -> unit * apart(one, other)).toList()).toList();
    return new Family(all, apart, labels.size() == 1 ? labels.get(0).name() : "standard deviations");
  }

  private static double apart(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double off = (double) one[i] - other[i];
      sum += off * off;
    }
    return Math.sqrt(sum / one.length);
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

  /**
   * θ = Σ λ_m F_m θ_m / Σ λ_m F_m.
   *
   * @param learnt θ_m, positions each
   * @param fisher F_m as {@link #normalised} has them
   * @param shares λ_m
   */
  public static float[] merge(List<float[]> learnt, List<float[]> fisher, double[] shares) {
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

  /** Divides information by its norm, and takes none for less than 1e-6; in place. */
  public static float[] normalised(float[] fisher) {
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
