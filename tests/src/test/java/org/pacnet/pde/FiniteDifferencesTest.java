package org.pacnet.pde;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pacnet.config.Equation;

/** The solver that predictions are compared with, against closed forms and itself. */
class FiniteDifferencesTest {

  private static double worst(double[][] u, double[][] finer) {
    int every = (finer[0].length - 1) / (u[0].length - 1);
    int often = (finer.length - 1) / (u.length - 1);
    double worst = 0;
    for (int n = 0; n < u.length; n++) {
      for (int i = 0; i < u[0].length; i++) {
        worst = Math.max(worst, Math.abs(u[n][i] - finer[n * often][i * every]));
      }
    }
    return worst;
  }

  @Test
  void heatIsItsClosedForm() {
    double[][] u = FiniteDifferences.solve(Equation.HEAT, 0.1, 256, 512);
    for (int n = 0; n <= 512; n += 64) {
      for (int i = 0; i <= 256; i += 16) {
        double x = -1 + i / 128.0;
        double exact = Math.exp(-0.1 * Math.PI * Math.PI * n / 512) * Math.sin(Math.PI * x);
        assertEquals(exact, u[n][i], 1e-4);
      }
    }
  }

  @Test
  void aWaveIsItsClosedForm() {
    double[][] u = FiniteDifferences.solve(Equation.WAVE, 1.5, 512, 1024);
    for (int n = 0; n <= 1024; n += 128) {
      double t = n / 1024.0;
      for (int i = 0; i <= 512; i += 32) {
        double x = -1 + i / 256.0;
        double exact =
            Math.sin(Math.PI * x) * Math.cos(1.5 * Math.PI * t)
                + Math.sin(2 * Math.PI * x) * Math.cos(3 * Math.PI * t) / 2;
        assertEquals(exact, u[n][i], 3e-4);
      }
    }
    assertThrows(
        IllegalArgumentException.class, () -> FiniteDifferences.solve(Equation.WAVE, 3, 512, 100));
  }

  @ParameterizedTest
  @CsvSource({"HEAT,0.5", "BURGERS,0.05", "ALLEN_CAHN,0.05", "WAVE,1"})
  void halfTheDistancesGiveAQuarterOfTheError(Equation equation, double coefficient) {
    double[][] coarse = FiniteDifferences.solve(equation, coefficient, 64, 256);
    double[][] middle = FiniteDifferences.solve(equation, coefficient, 128, 512);
    double[][] fine = FiniteDifferences.solve(equation, coefficient, 256, 1024);
    double ratio = worst(coarse, middle) / worst(middle, fine);
    assertTrue(ratio > 3.3 && ratio < 4.7, equation + " " + ratio);
  }

  // The finest fronts that are offered.
  @ParameterizedTest
  @CsvSource({"HEAT,0.001", "BURGERS,0.005", "ALLEN_CAHN,0.0005", "WAVE,3", "HEAT,2", "BURGERS,2", "ALLEN_CAHN,1"})
  void whatIsOfferedIsResolved(Equation equation, double coefficient) {
    double[][] used = FiniteDifferences.solve(equation, coefficient, 1024, 4096);
    double[][] finer = FiniteDifferences.solve(equation, coefficient, 2048, 8192);
    double worst = worst(used, finer);
    assertTrue(worst < 5e-3, equation + " " + worst);
  }
}
