package org.pacnet.experiment;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Plans by the cross-entropy method, anew after each step (Rubinstein 1999; as a controller, Chua et al. 2018, arXiv 1805.12114): plans are drawn, the
 * best decide where the next ones are drawn, and of the last ones' mean the first action is done.
 */
final class CrossEntropyPlanner {

  private static final int PLANS = 128;
  private static final int BEST = 16;
  private static final int ROUNDS = 4;
  private static final double LEAST_SPREAD = 0.1;

  private final RandomGenerator random;
  private final double[][] mean;

  CrossEntropyPlanner(int horizon, int actions, RandomGenerator random) {
    this.random = random;
    mean = new double[horizon][actions];
  }

  /**
   * The action to do now.
   *
   * @param worth of plans, [plans, steps, actions] with actions in [−1, 1], how good each is
   */
  double[] next(Function<double[][][], double[]> worth) {
    double[][] spread = new double[mean.length][mean[0].length];
    for (double[] at : spread) {
      Arrays.fill(at, 1);
    }
    for (int round = 0; round < ROUNDS; round++) {
      double[][][] plans = draw(spread);
      double[] good = worth.apply(plans);
      int[] best =
          IntStream.range(0, PLANS).boxed().sorted(Comparator.comparingDouble(plan -> -good[plan])).limit(BEST).mapToInt(plan -> plan).toArray();
      for (int k = 0; k < mean.length; k++) {
        for (int a = 0; a < mean[k].length; a++) {
          double sum = 0;
          double squares = 0;
          for (int plan : best) {
            sum += plans[plan][k][a];
            squares += plans[plan][k][a] * plans[plan][k][a];
          }
          mean[k][a] = sum / BEST;
          spread[k][a] = Math.max(LEAST_SPREAD, Math.sqrt(Math.max(0, squares / BEST - mean[k][a] * mean[k][a])));
        }
      }
    }
    double[] now = mean[0].clone();
    // The next plan begins where this one goes on.
    for (int k = 0; k + 1 < mean.length; k++) {
      mean[k] = mean[k + 1];
    }
    mean[mean.length - 1] = new double[now.length];
    return now;
  }

  // The first is the mean itself.
  private double[][][] draw(double[][] spread) {
    double[][][] plans = new double[PLANS][mean.length][mean[0].length];
    for (int plan = 0; plan < PLANS; plan++) {
      for (int k = 0; k < mean.length; k++) {
        for (int a = 0; a < mean[k].length; a++) {
          double off = plan == 0 ? 0 : spread[k][a] * random.nextGaussian();
          plans[plan][k][a] = Math.max(-1, Math.min(1, mean[k][a] + off));
        }
      }
    }
    return plans;
  }
}
