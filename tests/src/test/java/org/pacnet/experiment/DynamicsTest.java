package org.pacnet.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dynamical systems as problems to learn. */
class DynamicsTest {

  private static final double[][] FIRST = {{1.2, 0.7}, {0.5, 1.6}, {1.8, -0.4}, {0.9, -0.3, 0.2, -0.8}, {1.5, 0.3}};

  @ParameterizedTest
  @EnumSource
  void theReferenceHasConverged(DynamicalSystem system) {
    double[] first = FIRST[system.ordinal()];
    int steps = system.substeps(20);
    double[] coarse = system.follow(system.parameters(), first, 20, steps);
    double[] fine = system.follow(system.parameters(), first, 20, 2 * steps);
    assertArrayEquals(fine, coarse, 1e-6);
    // Of order four: half the step, a sixteenth of what is still missing.
    double[] half = system.follow(system.parameters(), first, 20, steps / 2);
    for (int i = 0; i < fine.length; i++) {
      double ratio = Math.abs(half[i] - fine[i]) / Math.abs(coarse[i] - fine[i]);
      assertTrue(ratio > 12 && ratio < 22, system + " " + ratio);
    }
  }

  @Test
  void whatIsConservedIs() {
    double[] pendulum = DynamicalSystem.PENDULUM.follow(new double[] {2, 0}, new double[] {1, 0.5}, 30, 3000);
    assertEquals(
        0.125 - 2 * Math.cos(1), pendulum[1] * pendulum[1] / 2 - 2 * Math.cos(pendulum[0]), 1e-7);
    double[] duffing = DynamicalSystem.DUFFING.follow(new double[] {0, 1, 2}, new double[] {1, 0}, 30, 3000);
    double x = duffing[0];
    assertEquals(1.0, duffing[1] * duffing[1] / 2 + x * x / 2 + x * x * x * x / 2, 1e-6);
    double[] p = {1.2, 0.8, 1.1, 0.9};
    double[] animals = DynamicalSystem.LOTKA_VOLTERRA.follow(p, new double[] {0.5, 1}, 30, 3000);
    assertEquals(volterra(p, 0.5, 1), volterra(p, animals[0], animals[1]), 1e-6);
    // Without the middle spring, two oscillations by themselves.
    double[] masses =
        DynamicalSystem.SPRING_MASS.follow(new double[] {4, 9, 0, 0}, new double[] {1, 0, 0, 3}, 1, 1000);
    assertArrayEquals(
        new double[] {Math.cos(2), Math.sin(3), -2 * Math.sin(2), 3 * Math.cos(3)}, masses, 1e-8);
  }

  private static double volterra(double[] p, double x, double y) {
    return p[2] * x - p[3] * Math.log(x) + p[1] * y - p[0] * Math.log(y);
  }
}
