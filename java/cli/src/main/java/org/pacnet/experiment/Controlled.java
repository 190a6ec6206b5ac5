package org.pacnet.experiment;

/** A problem whose target is controlled by what was learnt of it. */
interface Controlled extends Problem {

  /** Where plans of actions lead from what is seen: [plans, steps, states] of [plans, steps, actions]. */
  interface Foresight {
    double[][][] follow(double[] seen, double[][][] plans);
  }

  /** What foresees the target as it is. */
  Foresight truth();

  /** The mean reward of a step that a planner with this foresight achieves on the target. */
  double control(Foresight foresight, int seed);
}
