package org.pacnet.experiment;

/** The classical method of order 4 (Kutta 1901), in double precision. */
final class RungeKutta4 {

  /** Writes the derivative of a state. */
  interface Field {
    void derivative(double[] state, double[] derivative);
  }

  private RungeKutta4() {}

  /** The state a time later, by so many steps. */
  static double[] follow(Field field, double[] state, double time, int steps) {
    int n = state.length;
    double h = time / steps;
    double[] z = state.clone();
    double[] k = new double[n];
    double[] at = new double[n];
    double[] sum = new double[n];
    for (int s = 0; s < steps; s++) {
      System.arraycopy(z, 0, sum, 0, n);
      System.arraycopy(z, 0, at, 0, n);
      for (int stage = 0; stage < 4; stage++) {
        field.derivative(at, k);
        double weight = stage == 0 || stage == 3 ? h / 6 : h / 3;
        double ahead = stage == 2 ? h : h / 2;
        for (int i = 0; i < n; i++) {
          sum[i] += weight * k[i];
          at[i] = z[i] + ahead * k[i];
        }
      }
      System.arraycopy(sum, 0, z, 0, n);
    }
    return z;
  }
}
