package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.correction.CoKrigingCorrection;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.GaussianCorrection;
import org.pacnet.internal.correction.GaussianProcess;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.RowFacts;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.correction.StackCorrection;
import org.pacnet.internal.engine.NativeGaussianProcess;

/** Learns what stands behind a source's outputs, or in its place. */
public final class Corrections {

  /** By the native core. */
  public static final Correction.Processes PROCESSES = Corrections::predict;

  private static final int MANY_ROWS = 60;
  // A Gaussian process of more rows takes longer than all else: rows² by inputs, and some more for what doesn't depend on those.
  private static final int MOST_KRIGED = 1000;
  private static final double MOST_WORK = 6e7;
  private static final int ROWS_WORK = 50;

  /** Hears how many learnings of how many are done, and ends them by what it throws. */
  @FunctionalInterface
  public interface Steps {

    void done(int done, int of);
  }

  private Corrections() {}

  /**
   * Learns from the target's rows.
   *
   * @param source rows of the source with their labels, for trees and pooled-linear; null otherwise
   * @param linear the source's second opinion, for co-kriging and logistic regression; null where there is none
   * @param besideLinear how many times as far off as that the base was on rows not seen, for logistic regression; 0 where that was not tried
   */
  public static Correction fit(
      Method method,
      Labelled target,
      @Nullable Pool source,
      @Nullable LinearCorrection linear,
      double besideLinear,
      int threads,
      long seed) {
    return switch (method) {
      case AFFINE -> LinearFit.affine(target);
      case RIDGE_RESIDUAL -> LinearFit.ridge(target);
      case GP_RESIDUAL -> gaussian(target, true, threads);
      case GP -> gaussian(target, false, threads);
      case COKRIGING -> CoKrigingFit.fit(target, linear, threads);
      case LOGISTIC -> LogisticFit.fit(target, linear, besideLinear);
      case TREES -> TreeFit.fit(target, source, threads, seed);
      case POOLED_LINEAR -> source != null && source.classes() > 0 ? LogisticFit.pooled(target, source) : LinearFit.pooled(target, source);
      default -> throw new IllegalArgumentException(method + " is no correction");
    };
  }

  /**
   * pac-stack: a mix with the target's networks.
   *
   * @param unseen what networks that have not seen the row say of it, [rows, width]
   * @param folds the rows that belong together
   * @param part some of the rows
   */
  public static Correction pacStack(Labelled target, float[] unseen, List<int[]> folds, IntFunction<Fold> part, int threads) {
    return StackFit.pac(unseen, target.rows().width(), threads).fit(target, folds, part, (done, of) -> {});
  }

  /**
   * stack: a mix of what corrects the base and what learns from source and target together.
   *
   * @param base what the base says of the sample, [rows, width]
   * @param besideLinear how many times as far off as a linear model such a base was on rows not seen; 0 where that was not tried
   * @param folds the rows that belong together
   * @param part some of the rows
   * @param targetShare as in a {@link Pool}
   * @param steps hears how much of it is learnt
   */
  public static Correction stack(
      Labelled target,
      SourceSample sample,
      float[] base,
      double besideLinear,
      @Nullable LinearCorrection linear,
      List<int[]> folds,
      IntFunction<Fold> part,
      @Nullable Double targetShare,
      int threads,
      long seed,
      Steps steps) {
    Pool pool = pool(sample, targetShare);
    // Each output has kernels of its own, and a factorisation takes rows³.
    boolean averaged = target.rows().width() * Math.pow(target.rows().rows(), 3) <= Math.pow(MANY_ROWS, 3);
    double[] ofBase = SampleFit.ofBase(sample, base, besideLinear, target.rows().width());
    SourceAsItIs source = SourceAsItIs.of(target, linear, ofBase, sample.errors());
    AveragedFit.Opinion[][] opinions = averaged ? opinions(sample, ofBase, target.rows()) : new AveragedFit.Opinion[0][];
    double[][] prior = SampleFit.prior(sample, ofBase, TreeFit.possible());
    return StackFit.both(
            StackCorrection.BOTH.subList(0, prior[0].length),
            prior,
            averaged,
            source,
            new StackFit.Learner() {
              @Override
              public Correction learn(Method part, Labelled some) {
                return switch (part) {
                  case COKRIGING_BMA -> AveragedFit.fit(some, linear, opinions);
                  case COKRIGING -> CoKrigingFit.fit(kriged(some), linear, threads);
                  default -> fit(part, some, pool, linear, besideLinear, threads, seed);
                };
              }

              @Override
              public Correction again(Method part, Correction whole, Labelled some) {
                // So many rows tell a kernel so well that a fifth of them more or less is no matter.
                return whole instanceof CoKrigingCorrection found && target.rows().rows() > MANY_ROWS
                    ? CoKrigingFit.again(found, kriged(some))
                    : learn(part, some);
              }

              private Labelled kriged(Labelled some) {
                return some.drawn(mostKriged(some.rows().inputs()), seed);
              }
            })
        .fit(target, folds, part, steps);
  }

  /**
   * cokriging-bma.
   *
   * @param base what the base says of the sample, [rows, width]
   * @param besideLinear how many times as far off as a linear model such a base was on rows not seen; 0 where that was not tried
   */
  public static Correction averaged(
      Labelled target, SourceSample sample, float[] base, double besideLinear, @Nullable LinearCorrection linear) {
    double[] ofBase = SampleFit.ofBase(sample, base, besideLinear, target.rows().width());
    return AveragedFit.fit(target, linear, opinions(sample, ofBase, target.rows()));
  }

  // For each output of the network's opinion and of the linear one.
  private static AveragedFit.Opinion[][] opinions(SourceSample sample, double[] ofBase, Rows like) {
    int width = like.width();
    Rows rows = new Rows(FloatBuffer.wrap(sample.features()), sample.rows(), like.common(), new float[sample.rows() * width], width);
    float[] weights = sample.weights().length == 0 ? null : sample.weights();
    LinearFit.Uncertainty[] lines = LinearFit.uncertainty(new Labelled(rows, FloatBuffer.wrap(sample.labels()), null, weights));
    AveragedFit.Opinion[][] opinions = new AveragedFit.Opinion[width][];
    for (int c = 0; c < width; c++) {
      opinions[c] = new AveragedFit.Opinion[] {new AveragedFit.Opinion(ofBase[c], null), new AveragedFit.Opinion(sample.errors()[c], lines[c])};
    }
    return opinions;
  }

  /** The most rows with so many inputs that co-kriging learns from in a stack; the other parts learn from all. */
  public static int mostKriged(int inputs) {
    return (int) Math.min(MOST_KRIGED, Math.sqrt(MOST_WORK / (ROWS_WORK + inputs)));
  }

  /** The most rows that cokriging-bma learns from. */
  public static int mostAveraged() {
    return AveragedFit.MOST_ROWS;
  }

  /** Some of the rows of a source of numbers, with how good models of them alone are. */
  public static SourceSample sample(Labelled rows, int threads, long seed) {
    return SampleFit.of(rows, threads, seed);
  }

  /**
   * A linear model of a source's rows, of which nothing is said: ridge regression with the penalty of lowest leave-one-out error, or for
   * classes logistic regression.
   */
  public static LinearCorrection linear(Labelled silent, boolean classes) {
    return classes ? LogisticFit.source(silent) : LinearFit.ridge(silent);
  }

  /** A fold, and all other rows. */
  public record Fold(Rows rows, Labelled others) {}

  /**
   * Rows of the source with their labels.
   *
   * @param weights with mean 1; null where all count the same
   * @param classes 0 for a regression
   * @param targetShare of the weight of all rows what the target's have; null for half of it, or by their number where they are more
   */
  public record Pool(
      FloatBuffer features, FloatBuffer labels, int rows, float @Nullable [] weights, int classes, @Nullable Double targetShare) {

    /** What a row of the target counts beside one of the source, of so many. */
    float heavy(int targetRows) {
      double even = (double) rows / targetRows;
      return (float) (targetShare == null ? Math.max(1, even) : even * targetShare / (1 - targetShare));
    }

    float weight(int row) {
      return weights == null ? 1 : weights[row];
    }
  }

  /** The rows of a source of numbers that a model keeps. */
  public static Pool pool(SourceSample sample, @Nullable Double targetShare) {
    float[] weights = sample.weights().length == 0 ? null : sample.weights();
    return new Pool(FloatBuffer.wrap(sample.features()), FloatBuffer.wrap(sample.labels()), sample.rows(), weights, 0, targetShare);
  }

  /** Whether what trees need is there. */
  public static boolean treesPossible() {
    return TreeFit.possible();
  }

  private static GaussianCorrection gaussian(Labelled target, boolean residual, int threads) {
    Rows rows = target.rows();
    int width = rows.width();
    float[] x = rows.copied();
    List<GaussianProcess> processes = new ArrayList<>();
    for (int c = 0; c < width; c++) {
      float[] y = new float[rows.rows()];
      for (int r = 0; r < y.length; r++) {
        y[r] = target.labels().get(r * width + c) - (residual ? rows.outputs()[r * width + c] : 0);
      }
      processes.add(learn(rows.inputs(), x, new float[0], y, target.facts(), threads).process());
    }
    return new GaussianCorrection(residual, List.copyOf(processes));
  }

  /**
   * A process whose kernel was found.
   *
   * @param logPosterior log p(y | kernel); with a source, times the kernel's density over its peak
   */
  record Likely(GaussianProcess process, double logPosterior) {}

  static Likely learn(int inputs, float[] x, float[] o, float[] y, RowFacts facts, int threads) {
    try (NativeGaussianProcess found = new NativeGaussianProcess(x, o, y, facts.weights(), facts.groups(), null, threads)) {
      float[] kernel = found.kernel(inputs + GaussianProcess.others(o.length > 0, facts));
      return new Likely(new GaussianProcess(inputs, x, o, y, facts, kernel), found.logPosterior());
    }
  }

  private static void predict(
      GaussianProcess process, float[] at, float[] outputs, float[] mean, float[] deviation) {
    float[] weights = process.facts().weights();
    int[] groups = process.facts().groups();
    try (NativeGaussianProcess asked =
        new NativeGaussianProcess(process.x(), process.o(), process.y(), weights, groups, process.kernel(), 1)) {
      asked.predict(at, outputs, mean, deviation);
    }
  }
}
