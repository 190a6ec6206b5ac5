package org.pacnet.pde;

import org.pacnet.config.Equation;

/** Solves an {@link Equation} on a grid, with errors of second order in both distances. */
final class FiniteDifferences {

  private FiniteDifferences() {}

  /**
   * u at t = 0, 1/times, …, 1 and x = −1, −1 + 2/cells, …, 1: [times + 1][cells + 1].
   *
   * @param times enough of them: a wave must not cross more than a cell from one to the next
   */
  static double[][] solve(Equation equation, double coefficient, int cells, int times) {
    double[][] u = new double[times + 1][cells + 1];
    for (int i = 0; i <= cells; i++) {
      u[0][i] = equation.initial(-1 + 2.0 * i / cells);
    }
    for (double[] row : u) {
      row[0] = equation.boundary();
      row[cells] = equation.boundary();
    }
    if (equation == Equation.WAVE) {
      leapfrog(u, coefficient);
    } else {
      crankNicolson(equation, u, coefficient);
    }
    return u;
  }

  // The first step by Taylor from rest, the others by central differences in both directions.
  private static void leapfrog(double[][] u, double c) {
    int cells = u[0].length - 1;
    double courant = c / (u.length - 1) * cells / 2;
    if (courant > 1) {
      throw new IllegalArgumentException("a wave crosses " + courant + " cells in a step");
    }
    for (int n = 1; n < u.length; n++) {
      for (int i = 1; i < cells; i++) {
        double bend = courant * courant * (u[n - 1][i - 1] - 2 * u[n - 1][i] + u[n - 1][i + 1]);
        u[n][i] = n == 1 ? u[0][i] + bend / 2 : 2 * u[n - 1][i] - u[n - 2][i] + bend;
      }
    }
  }

  // Diffusion by Crank and Nicolson (1947), the rest by Adams and Bashforth's second formula; its first step, for
  // which there is no earlier one, by Heun's.
  private static void crankNicolson(Equation equation, double[][] u, double c) {
    int cells = u[0].length - 1;
    double h = 1.0 / (u.length - 1);
    double r = c * h / 2 * cells * cells / 4;
    double[] now = rest(equation, u[0]);
    double[] before = now;
    for (int n = 1; n < u.length; n++) {
      step(u[n - 1], u[n], now, before, h, r);
      if (n == 1) {
        double[] ahead = rest(equation, u[1]);
        for (int i = 0; i <= cells; i++) {
          ahead[i] = (now[i] + ahead[i]) / 2;
        }
        step(u[0], u[1], ahead, ahead, h, r);
      }
      before = now;
      now = rest(equation, u[n]);
    }
  }

  private static double[] rest(Equation equation, double[] u) {
    int cells = u.length - 1;
    double[] rest = new double[u.length];
    for (int i = 1; i < cells; i++) {
      rest[i] =
          switch (equation) {
            case BURGERS -> -(u[i + 1] * u[i + 1] - u[i - 1] * u[i - 1]) / 8 * cells;
            case ALLEN_CAHN -> 5 * (u[i] - u[i] * u[i] * u[i]);
            case HEAT, WAVE -> 0;
          };
    }
    return rest;
  }

  // (1 − r·D)·to = (1 + r·D)·from + h·(3/2·now − 1/2·before), D being the second difference: Thomas's algorithm.
  private static void step(
      double[] from, double[] to, double[] now, double[] before, double h, double r) {
    int cells = from.length - 1;
    double[] factor = new double[cells];
    double[] right = new double[cells];
    right[0] = to[0];
    for (int i = 1; i < cells; i++) {
      double known =
          from[i]
              + r * (from[i - 1] - 2 * from[i] + from[i + 1])
              + h * (1.5 * now[i] - 0.5 * before[i]);
      double pivot = 1 + 2 * r - r * factor[i - 1];
      factor[i] = r / pivot;
      right[i] = (known + r * right[i - 1]) / pivot;
    }
    for (int i = cells - 1; i > 0; i--) {
      to[i] = right[i] + factor[i] * to[i + 1];
    }
  }
}
