package org.pacnet.experiment;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A task of categories: tool (8 levels), material (6), recipe (5) and three numbers in [0, 1): y = 3·t +
 * 3·m + 2·r·s + 4·w·x₄ + 5·x₅² + N(0,1), t, m, w being effects of tool, material and tool again, r·s of the
 * pair of recipe and material, drawn once from N(0,1); at distance d each is off by N(0, (0.2d)²). x₆ is of
 * no use.
 */
public final class Levels extends Generated {

  private static final int[] LEVELS = {8, 6, 5, 0, 0, 0};

  public Levels(double distance) {
    super(distance);
  }

  @Override
  int inputs() {
    return LEVELS.length;
  }

  @Override
  int levels(int input) {
    return LEVELS[input];
  }

  @Override
  Task task(double distance, RandomGenerator random) {
    RandomGenerator once = new SplittableRandom(20_260_102);
    double[] tool = effects(8, once, distance, random);
    double[] material = effects(6, once, distance, random);
    double[] slope = effects(8, once, distance, random);
    double[] pair = effects(30, once, distance, random);
    return x ->
        3 * tool[index(x[0])]
            + 3 * material[index(x[1])]
            + 2 * pair[index(x[2]) * 6 + index(x[1])]
            + 4 * slope[index(x[0])] * x[3]
            + 5 * x[4] * x[4];
  }

  private static int index(double level) {
    return (int) level;
  }

  private static double[] effects(
      int count, RandomGenerator once, double distance, RandomGenerator random) {
    double[] effects = new double[count];
    for (int i = 0; i < count; i++) {
      effects[i] = near(once.nextGaussian(), 0.2, distance, random);
    }
    return effects;
  }
}
