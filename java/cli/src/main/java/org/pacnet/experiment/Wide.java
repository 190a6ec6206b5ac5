package org.pacnet.experiment;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A task with many inputs, of which few matter: x ~ U[0,1]¹⁰⁰ and y = 8·Σⱼ uⱼ·tanh(2·Σᵢ vⱼᵢ(xᵢ − ½)) +
 * N(0,1), four j, i over the first 20 inputs, u and v drawn once from N(0,1); at distance d each u and v is
 * off by N(0, (0.15d)²).
 */
public final class Wide extends Generated {

  private static final int USED = 20;
  private static final int UNITS = 4;

  public Wide(double distance) {
    super(distance);
  }

  @Override
  int inputs() {
    return 100;
  }

  @Override
  Task task(double distance, RandomGenerator random) {
    RandomGenerator once = new SplittableRandom(20_260_101);
    double[] u = new double[UNITS];
    double[][] v = new double[UNITS][USED];
    for (int j = 0; j < UNITS; j++) {
      u[j] = near(once.nextGaussian(), 0.15, distance, random);
      for (int i = 0; i < USED; i++) {
        v[j][i] = near(once.nextGaussian(), 0.15, distance, random);
      }
    }
    return x -> {
      double y = 0;
      for (int j = 0; j < UNITS; j++) {
        double sum = 0;
        for (int i = 0; i < USED; i++) {
          sum += v[j][i] * (x[i] - 0.5);
        }
        y += u[j] * Math.tanh(2 * sum);
      }
      return 8 * y;
    };
  }
}
