package org.pacnet.config;

/** How a {@link NeuralOde} goes from one time to the next. */
public enum Solver {
  /** By the classical method of Runge and Kutta, or with a tolerance by that of Dormand and Prince. */
  EXPLICIT,
  /**
   * By an implicit method of order 3 (Kværnø 2004, ESDIRK 3/2a), which takes long steps where some of what happens is far faster than the rest (stiff
   * equations), at several times the cost of a step.
   */
  IMPLICIT
}
