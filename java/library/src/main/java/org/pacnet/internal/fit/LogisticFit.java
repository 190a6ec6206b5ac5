package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.PairedLosses;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.LogisticCorrection;

/**
 * Multinomial logistic regression that is pulled to what a source says: coefficients are normal with mean zero, with a variance for the
 * constants, one for the factors of the source's logits and one for those of the inputs. The variances are not known: a grid of them is
 * cross-validated, and each counts as likely as it made the rows that it had not seen.
 */
final class LogisticFit {

  private static final int FOLDS = 10;
  private static final int FOLDS_OF_MANY = 5;
  private static final int MANY = 100;
  private static final double[] STRENGTHS = {0.03, 0.1, 0.3, 1, 3};
  private static final double[] SLOPES = {0.1, 1};
  private static final double CONSTANT = 0.3;
  private static final double SCALE = 0.1;
  // What has a smaller share is not asked.
  private static final double LEAST_WEIGHT = 1e-3;
  // How many times fewer errors a network must have made on the source, squared, to count as much as the linear opinion, and how many rows of the
  // target it takes to outweigh that: where the target's inputs are others than the source's, a network is surer than it is right
  // (docs/adr/0013-safe-default.md).
  private static final double NETWORK_ODDS = 4;
  private static final double SHARE_ROWS = 20;
  private static final int SHARE_STEPS = 200;
  // For the source, whose rows are many: of coefficients, on standardised columns. For rows unlike the source's the smallest that is not clearly worse
  // than the likeliest, by so many standard errors of their difference (after Breiman et al. 1984): it is less sure of itself beyond its rows.
  private static final double[] SOURCE_VARIANCES = {1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 10};
  private static final double CLEARLY = 2;
  private static final int SOURCE_FOLDS = 5;
  private static final double SMALL = 1e-6;
  private static final double ROUGHLY = 1e-4; // of steps, where only the likelihood is asked for

  private LogisticFit() {}

  /** Variances of the three kinds of coefficients. */
  record Prior(double constant, double scale, double slope) {}

  /**
   * A target's, from its rows. Of rows that belong together none is asked of coefficients that have seen another, and together they count
   * once as evidence.
   *
   * @param besideLinear how many times as many errors the network made on rows of the source that it had not seen as the linear opinion; 0 where
   *     that was not tried
   */
  static LogisticCorrection fit(Labelled target, @Nullable LinearCorrection linear, double besideLinear) {
    Rows rows = target.rows();
    int n = rows.rows();
    float[] importance = target.importance();
    int[] classes = classes(target.labels(), n);
    List<Prior> priors = new ArrayList<>();
    for (double strength : STRENGTHS) {
      for (double slope : SLOPES) {
        priors.add(new Prior(CONSTANT * strength, SCALE * strength, slope * strength));
      }
    }
    int[] units = target.units();
    int[] fold = folds(classes, units);
    float[] evidence = evidence(units, importance);
    int opinions = linear == null ? 1 : LogisticCorrection.OPINIONS;
    double[][] likely = new double[opinions][n];
    List<LinearCorrection> corrections = new ArrayList<>();
    for (int k = 0; k < opinions; k++) {
      Rows said = LinearCorrection.opinion(k, rows, linear);
      double[][] p = unseen(said, classes, fold, importance, priors);
      double[] logs = new double[p.length];
      for (int i = 0; i < p.length; i++) {
        for (int r = 0; r < n; r++) {
          logs[i] += evidence[r] * Math.log(p[i][r]);
        }
      }
      double[] parts = Softmax.of(logs);
      double[] mean = new double[rows.width() * (1 + rows.width() + rows.inputs())];
      LogisticDesign whole = new LogisticDesign(said, classes, IntStream.range(0, n).toArray(), importance);
      for (int i = 0; i < p.length; i++) {
        for (int r = 0; r < n; r++) {
          likely[k][r] += parts[i] * p[i][r];
        }
        if (parts[i] >= SMALL) {
          double[] own = whole.coefficients(priors.get(i), SMALL);
          for (int j = 0; j < mean.length; j++) {
            mean[j] += parts[i] * own[j];
          }
        }
      }
      corrections.add(new LinearCorrection(floats(mean)));
    }
    double network = 1;
    if (linear != null) {
      double before = besideLinear == 0 ? 0.5 : 1 / (1 + NETWORK_ODDS * besideLinear * besideLinear);
      network = network(likely[0], likely[1], evidence, before);
      network = network < LEAST_WEIGHT ? 0 : network > 1 - LEAST_WEIGHT ? 1 : network;
    }
    float[] weights = {(float) network, 1 - (float) network};
    List<LinearCorrection> asked = IntStream.range(0, opinions).filter(k -> weights[k] > 0).mapToObj(corrections::get).toList();
    return new LogisticCorrection(network < 1 ? linear : null, weights, asked);
  }

  /**
   * The network's share of two opinions' mix: by the likelihood of the mix (stacking by the logarithmic score, Yao et al. 2018), and a pull to what
   * it counts beforehand that is as strong as some rows; by expectation and maximisation, which rises to the one maximum that there is.
   *
   * @param network how likely it makes each row's class, of rows that it has not seen
   * @param linear the same of the other
   * @param evidence what each row counts
   */
  private static double network(double[] network, double[] linear, float[] evidence, double before) {
    double share = before;
    for (int step = 0; step < SHARE_STEPS; step++) {
      double sum = SHARE_ROWS * before;
      double all = SHARE_ROWS;
      for (int r = 0; r < evidence.length; r++) {
        double own = share * network[r];
        sum += evidence[r] * own / (own + (1 - share) * linear[r]);
        all += evidence[r];
      }
      share = sum / all;
    }
    return share;
  }

  /** A source's own, beside its network. */
  static LinearCorrection source(Labelled silent) {
    return penalised(silent.rows(), classes(silent.labels(), silent.rows().rows()), silent.importance(), CLEARLY);
  }

  /** Of both tables together, whatever the source says. */
  static LinearCorrection pooled(Labelled target, Corrections.@Nullable Pool source) {
    Pooled both = Pooled.of(target, source);
    int width = target.rows().width();
    int[] classes = classes(FloatBuffer.wrap(both.y()), both.rows());
    return LinearFit.alone(penalised(both.silent(width), classes, both.weights(), 0), width, both.columns());
  }

  // With the smallest variance that is worse than the likeliest by no more than so many standard errors. Each fifth is asked of coefficients that have
  // seen the others.
  private static LinearCorrection penalised(Rows silent, int[] classes, float[] weights, double errors) {
    int rows = silent.rows();
    int[] fold = IntStream.range(0, rows).map(r -> r % Math.min(SOURCE_FOLDS, rows)).toArray();
    List<Prior> priors = Arrays.stream(SOURCE_VARIANCES).mapToObj(variance -> new Prior(1e4, SMALL, variance * silent.inputs())).toList();
    int count = priors.size();
    double[][] losses = unseen(silent, classes, fold, weights, priors);
    double[] sums = new double[count];
    for (int i = 0; i < count; i++) {
      losses[i] = Arrays.stream(losses[i]).map(p -> -Math.log(p)).toArray();
      for (int r = 0; r < rows; r++) {
        sums[i] += weights[r] * losses[i][r];
      }
    }
    int best = IntStream.range(0, count).reduce((a, b) -> sums[b] < sums[a] ? b : a).orElseThrow();
    int chosen = IntStream.range(0, best).filter(i -> !PairedLosses.clearlyLess(losses[best], losses[i], weights, errors)).findFirst().orElse(best);
    LogisticDesign whole = new LogisticDesign(silent, classes, IntStream.range(0, rows).toArray(), weights);
    return new LinearCorrection(floats(whole.coefficients(priors.get(chosen), SMALL)));
  }

  private static float[] floats(double[] values) {
    float[] all = new float[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values[i];
    }
    return all;
  }

  private static int[] classes(FloatBuffer labels, int rows) {
    return IntStream.range(0, rows).map(r -> (int) labels.get(r)).toArray();
  }

  // Each class is dealt round; of a unit of several rows that of its first one.
  private static int[] folds(int[] classes, int[] units) {
    int count = 1 + Arrays.stream(units).max().orElseThrow();
    int[] first = new int[count];
    for (int r = units.length - 1; r >= 0; r--) {
      first[units[r]] = classes[r];
    }
    int[] order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingInt(unit -> first[unit]))
            .mapToInt(Integer::intValue)
            .toArray();
    int folds = Math.min(count > MANY ? FOLDS_OF_MANY : FOLDS, count);
    int[] fold = new int[count];
    for (int i = 0; i < count; i++) {
      fold[order[i]] = i % folds;
    }
    return Arrays.stream(units).map(unit -> fold[unit]).toArray();
  }

  private static float[] evidence(int[] units, float[] importance) {
    int[] size = new int[1 + Arrays.stream(units).max().orElseThrow()];
    for (int unit : units) {
      size[unit]++;
    }
    float[] evidence = new float[units.length];
    for (int r = 0; r < units.length; r++) {
      evidence[r] = importance[r] / size[units[r]];
    }
    return evidence;
  }

  // By each prior how likely each row's class is by coefficients that have not seen the row.
  private static double[][] unseen(Rows rows, int[] classes, int[] fold, float[] importance, List<Prior> priors) {
    double[][] likely = new double[priors.size()][fold.length];
    int count = 1 + Arrays.stream(fold).max().orElseThrow();
    for (int f = 0; f < count; f++) {
      int which = f;
      int[] inside = IntStream.range(0, fold.length).filter(r -> fold[r] == which).toArray();
      int[] outside = IntStream.range(0, fold.length).filter(r -> fold[r] != which).toArray();
      LogisticDesign others = new LogisticDesign(rows, classes, outside, importance);
      for (int i = 0; i < likely.length; i++) {
        likelihoods(rows, classes, inside, others.coefficients(priors.get(i), ROUGHLY), likely[i]);
      }
    }
    return likely;
  }

  private static void likelihoods(Rows rows, int[] classes, int[] which, double[] coefficients, double[] into) {
    int width = rows.width();
    int each = 1 + width + rows.inputs();
    float[] logits = new float[width];
    double[] p = new double[width];
    for (int r : which) {
      for (int c = 0; c < width; c++) {
        double value = rows.outputs()[r * width + c] + coefficients[c * each];
        for (int j = 0; j < width; j++) {
          value += coefficients[c * each + 1 + j] * rows.outputs()[r * width + j];
        }
        for (int j = 0; j < rows.inputs(); j++) {
          value += coefficients[c * each + 1 + width + j] * rows.feature(r, j);
        }
        logits[c] = (float) value;
      }
      Softmax.into(logits, 0, width, p);
      into[r] = Math.max(p[classes[r]], Float.MIN_NORMAL);
    }
  }
}
