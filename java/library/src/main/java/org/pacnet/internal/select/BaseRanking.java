package org.pacnet.internal.select;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TrajectoryNetwork;
import org.pacnet.config.Pinn;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.result.Monitor;
import org.pacnet.result.Ranking;

/** Ranks bases by what their features say of a target's labels. */
public final class BaseRanking {

  private static final int FEWEST_ROWS = 5;
  private static final int MOST_ROWS = 3000;
  private static final int DRAWS = 4000;

  private BaseRanking() {}

  /** A base that is asked. */
  public record Candidate(Phases phases, ModelState state) {}

  // A base with what it has of the target's rows: labels in their unit, [labels][rows], or the classes' names.
  private record Asked(String name, FeatureScores scores, int features, double[][] labels, List<String> classes, @Nullable Double untouched) {}

  /** Throws a {@link DataException} that names the base whose columns the target has not. */
  public static Ranking rank(Map<String, Candidate> bases, Data target, Monitor monitor) {
    if (bases.size() < 2) {
      throw new DataException("one base is no choice: name two or more", "models");
    }
    List<Asked> asked = new ArrayList<>();
    bases.forEach((name, base) -> asked.add(ask(name, base, target, monitor)));
    Asked first = asked.get(0);
    int rows = rowsOf(first);
    for (Asked other : asked) {
      if (rowsOf(other) != rows || other.classes().isEmpty() != first.classes().isEmpty() || other.labels().length != first.labels().length) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s and %s are not of one task, or do not take the same %d rows: they can't be compared",
                first.name(),
                other.name(),
                rows),
            "models");
      }
    }
    List<String> classes = List.copyOf(new TreeSet<>(first.classes()));
    int[] truth = first.classes().stream().mapToInt(classes::indexOf).toArray();
    double[][] wanted = classes.isEmpty() ? standardised(first.labels()) : ones(truth, classes.size());
    List<double[]> losses = new ArrayList<>();
    List<Ranking.Base> found = new ArrayList<>();
    for (Asked base : asked) {
      double[][] said = Arrays.stream(wanted).map(base.scores()::leftOut).toArray(double[][]::new);
      double[] own = new double[rows];
      int wrong = 0;
      for (int r = 0; r < rows; r++) {
        int best = 0;
        for (int c = 0; c < wanted.length; c++) {
          own[r] += (said[c][r] - wanted[c][r]) * (said[c][r] - wanted[c][r]);
          best = said[c][r] > said[best][r] ? c : best;
        }
        wrong += !classes.isEmpty() && best != truth[r] ? 1 : 0;
      }
      losses.add(own);
      double evidence = Arrays.stream(wanted).mapToDouble(base.scores()::logEvidence).average().orElseThrow();
      double error = classes.isEmpty() ? error(said, wanted, first.labels()) : (double) wrong / rows;
      Double hScore = classes.isEmpty() ? null : base.scores().hScore(truth);
      found.add(new Ranking.Base(base.name(), base.features(), error, base.untouched(), evidence, hScore, 0));
    }
    double[] chances = chances(losses);
    List<Ranking.Base> sorted =
        IntStream.range(0, found.size())
            .mapToObj(i -> withChance(found.get(i), chances[i]))
            .sorted(Comparator.comparingDouble(Ranking.Base::chance).reversed().thenComparingDouble(Ranking.Base::error))
            .toList();
    Schema schema = bases.values().iterator().next().phases().schema();
    String unit = classes.isEmpty() ? schema.labels().stream().map(Schema.Label::name).collect(Collectors.joining(", ")) : "";
    return new Ranking(sorted, rows, unit);
  }

  private static Ranking.Base withChance(Ranking.Base b, double chance) {
    return new Ranking.Base(b.name(), b.features(), b.error(), b.untouched(), b.logMe(), b.hScore(), chance);
  }

  private static int rowsOf(Asked asked) {
    return asked.classes().isEmpty() ? asked.labels()[0].length : asked.classes().size();
  }

  private static Asked ask(String name, Candidate base, Data target, Monitor monitor) {
    Phases phases = base.phases();
    TransferConfig config = phases.config();
    if (config.network() instanceof TrajectoryNetwork || config.network() instanceof Pinn) {
      throw new DataException(name + ": bases of differential equations have no features to be ranked by", "models");
    }
    TargetRows rows;
    float[] weights;
    try {
      TransferConfig any = config.toBuilder().calibrate(c -> c.newClasses(true)).build();
      rows = TargetRows.read(target, phases.schema(), any, monitor);
      weights = base.state().requireBase();
    } catch (DataException e) {
      throw new DataException(name + ": " + e.getMessage(), e, e.settings().toArray(String[]::new));
    }
    int n = rows.rows().rows();
    if (n < FEWEST_ROWS || n > MOST_ROWS) {
      throw new DataException(
          String.format(Locale.ROOT, "%d rows are %s to rank bases by: between %d and %d are taken", n, n < FEWEST_ROWS ? "too few" : "more than it takes",
              FEWEST_ROWS, MOST_ROWS),
          "target");
    }
    float[] features = phases.features(weights, rows.rows());
    int width = features.length / n;
    double[][] table = new double[n][width];
    for (int i = 0; i < features.length; i++) {
      table[i / width][i % width] = features[i];
    }
    Schema own = rows.schema();
    FloatBuffer labels = rows.rows().labels();
    List<String> classes = new ArrayList<>();
    double[][] numbers = new double[own.classification() ? 0 : own.labels().size()][n];
    for (int r = 0; r < n; r++) {
      if (own.classification()) {
        classes.add(own.classes().get((int) labels.get(r)));
      }
      for (int c = 0; c < numbers.length; c++) {
        Schema.Label label = own.labels().get(c);
        numbers[c][r] = label.mean() + label.std() * labels.get(r * numbers.length + c);
      }
    }
    Double untouched = rows.ownHead() ? null : Measure.of(own, rows.rows(), phases.outputs(own, weights, rows.rows())).error();
    return new Asked(name, new FeatureScores(table), width, numbers, classes, untouched);
  }

  private static double[][] standardised(double[][] labels) {
    double[][] all = new double[labels.length][];
    for (int c = 0; c < labels.length; c++) {
      double mean = Arrays.stream(labels[c]).average().orElseThrow();
      double scale = deviation(labels[c]);
      all[c] = Arrays.stream(labels[c]).map(v -> (v - mean) / scale).toArray();
    }
    return all;
  }

  // Of labels that are all the same 1.
  private static double deviation(double[] label) {
    double mean = Arrays.stream(label).average().orElseThrow();
    double variance = Arrays.stream(label).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return variance > 1e-24 * Math.max(1, mean * mean) ? Math.sqrt(variance) : 1;
  }

  private static double[][] ones(int[] truth, int classes) {
    double[][] all = new double[classes][truth.length];
    for (int r = 0; r < truth.length; r++) {
      all[truth[r]][r] = 1;
    }
    return all;
  }

  private static double error(double[][] said, double[][] wanted, double[][] labels) {
    double sum = 0;
    for (int c = 0; c < wanted.length; c++) {
      double squares = 0;
      for (int r = 0; r < wanted[c].length; r++) {
        squares += (said[c][r] - wanted[c][r]) * (said[c][r] - wanted[c][r]) / wanted[c].length;
      }
      sum += Math.sqrt(squares) * deviation(labels[c]) / wanted.length;
    }
    return sum;
  }

  // Rows weigh by a Dirichlet draw, as exponentials do.
  private static double[] chances(List<double[]> losses) {
    SplittableRandom random = new SplittableRandom(1);
    int rows = losses.get(0).length;
    double[] best = new double[losses.size()];
    for (int draw = 0; draw < DRAWS; draw++) {
      double[] weights = new double[rows];
      Arrays.setAll(weights, r -> -Math.log(1 - random.nextDouble()));
      double[] sums = losses.stream().mapToDouble(own -> IntStream.range(0, rows).mapToDouble(r -> weights[r] * own[r]).sum()).toArray();
      double least = Arrays.stream(sums).min().orElseThrow() * (1 + 1e-12);
      long equal = Arrays.stream(sums).filter(sum -> sum <= least).count();
      for (int b = 0; b < best.length; b++) {
        best[b] += sums[b] <= least ? 1.0 / equal / DRAWS : 0;
      }
    }
    return best;
  }
}
