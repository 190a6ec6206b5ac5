package org.pacnet.experiment;

import java.util.random.RandomGenerator;

/**
 * A task with edges and ripples: x ~ U[0,1]⁶ and y = 4a₁·[x₁ > t₁] + 3a₂·sin(6π·b·x₂) + 6a₃·|x₃ − t₂| +
 * 4a₄·[x₄ > t₃]·x₅ + N(0,1), with a = b = 1 and t = (0.4, 0.5, 0.6) in the target and, at distance d, a ~
 * N(1, (0.2d)²), b ~ N(1, (0.02d)²), t off by N(0, (0.05d)²).
 */
public final class Rough extends Generated {

  public Rough(double distance) {
    super(distance);
  }

  @Override
  int inputs() {
    return 6;
  }

  @Override
  Task task(double distance, RandomGenerator random) {
    double[] a = new double[4];
    for (int i = 0; i < a.length; i++) {
      a[i] = near(1, 0.2, distance, random);
    }
    double b = near(1, 0.02, distance, random);
    double[] t = new double[3];
    for (int i = 0; i < t.length; i++) {
      t[i] = near(0.4 + 0.1 * i, 0.05, distance, random);
    }
    return x ->
        4 * a[0] * (x[0] > t[0] ? 1 : 0)
            + 3 * a[1] * Math.sin(6 * Math.PI * b * x[1])
            + 6 * a[2] * Math.abs(x[2] - t[1])
            + 4 * a[3] * (x[3] > t[2] ? x[4] : 0);
  }
}
