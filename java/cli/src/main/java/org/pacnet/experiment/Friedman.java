package org.pacnet.experiment;

import java.util.random.RandomGenerator;

/**
 * Friedman #1 for transfer (Friedman 1991; Pardoe and Stone 2010): x ~ U[0,1]¹⁰ and
 *
 * <p>y = a₁·10·sin(π(b₁x₁+c₁)(b₂x₂+c₂)) + a₂·20·(b₃x₃+c₃−0.5)² + a₃·10·(b₄x₄+c₄) + a₄·5·(b₅x₅+c₅) +
 * N(0,1).
 *
 * <p>The target has a = b = 1 and c = 0; a source at distance d draws a, b ~ N(1, (0.1d)²) and c ~
 * N(0, (0.05d)²). x₆ to x₁₀ are of no use.
 */
public class Friedman extends Generated {

  public Friedman(double distance) {
    super(distance);
  }

  @Override
  int inputs() {
    return 10;
  }

  @Override
  Task task(double distance, RandomGenerator random) {
    double[] a = new double[4];
    double[] b = new double[5];
    double[] c = new double[5];
    for (int i = 0; i < a.length; i++) {
      a[i] = near(1, 0.1, distance, random);
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = near(1, 0.1, distance, random);
      c[i] = near(0, 0.05, distance, random);
    }
    return x -> {
      double square = b[2] * x[2] + c[2] - 0.5;
      return a[0] * 10 * Math.sin(Math.PI * (b[0] * x[0] + c[0]) * (b[1] * x[1] + c[1]))
          + a[1] * 20 * square * square
          + a[2] * 10 * (b[3] * x[3] + c[3])
          + a[3] * 5 * (b[4] * x[4] + c[4]);
    };
  }
}
