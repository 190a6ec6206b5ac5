package org.pacnet.config;

import java.util.Locale;

/**
 * A partial differential equation for u(x, t), x in [−1, 1], t in [0, 1], with a coefficient c, a first state
 * u(x, 0), and u held at both ends.
 */
public enum Equation {
  /** u_t = c·u_xx; u(x, 0) = sin πx, 0 at the ends. */
  HEAT(0.001, 2),
  /** u_t + u·u_x = c·u_xx (Burgers 1948); u(x, 0) = −sin πx, 0 at the ends. */
  BURGERS(0.005, 2),
  /** u_t = c·u_xx + 5·(u − u³) (Allen and Cahn 1979); u(x, 0) = x²·cos πx, −1 at the ends. */
  ALLEN_CAHN(0.0005, 1),
  /** u_tt = c²·u_xx; u(x, 0) = sin πx + sin(2πx)/2 at rest, 0 at the ends. */
  WAVE(0.05, 3);

  private final double least;
  private final double most;

  Equation(double least, double most) {
    this.least = least;
    this.most = most;
  }

  /** The smallest coefficient that it is offered with: below, nothing here resolves its fronts. */
  public double least() {
    return least;
  }

  /** The largest coefficient. */
  public double most() {
    return most;
  }

  /** u(x, 0). */
  public double initial(double x) {
    return switch (this) {
      case HEAT -> Math.sin(Math.PI * x);
      case BURGERS -> -Math.sin(Math.PI * x);
      case ALLEN_CAHN -> x * x * Math.cos(Math.PI * x);
      case WAVE -> Math.sin(Math.PI * x) + Math.sin(2 * Math.PI * x) / 2;
    };
  }

  /** u(−1, t) = u(1, t). */
  public double boundary() {
    return this == ALLEN_CAHN ? -1 : 0;
  }

  /** Whether u_t(x, 0) = 0 is part of what is known. */
  public boolean startsAtRest() {
    return this == WAVE;
  }

  /** As on the command line, and in the native core. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
