package org.pacnet.experiment;

import java.util.List;
import java.util.random.RandomGenerator;

/** Mechanical systems that something is done to, and what is wanted of them. Actions are in [−1, 1]; kilograms, metres, seconds, radians. */
@SuppressWarnings("ImmutableEnumChecker") // what they are made of stays with them
enum ControlledSystem {
  /**
   * A pole on a cart that is pushed (Barto, Sutton and Anderson 1983, without friction), to be swung up: masses of cart and pole, half the pole's
   * length, the greatest force. 1 for upright in the middle.
   */
  CARTPOLE(
      List.of("position", "cosine", "sine", "speed", "turning"),
      List.of("force"),
      new double[] {1, 0.1, 0.5, 10},
      new double[][] {{-1, 1}, {-Math.PI, Math.PI}, {-2, 2}, {-4, 4}},
      20,
      100) {
    @Override
    void derivative(double[] p, double[] q, double[] u, double[] dq) {
      double all = p[0] + p[1];
      double sin = Math.sin(q[1]);
      double cos = Math.cos(q[1]);
      double push = (p[3] * u[0] + p[1] * p[2] * q[3] * q[3] * sin) / all;
      dq[0] = q[2];
      dq[1] = q[3];
      dq[3] = (GRAVITY * sin - cos * push) / (p[2] * (4.0 / 3 - p[1] * cos * cos / all));
      dq[2] = push - p[1] * p[2] * dq[3] * cos / all;
    }

    @Override
    double[] seen(double[] p, double[] q) {
      return new double[] {q[0], Math.cos(q[1]), Math.sin(q[1]), q[2], q[3]};
    }

    @Override
    double[] inner(double[] seen) {
      return new double[] {seen[0], Math.atan2(seen[2], seen[1]), seen[3], seen[4]};
    }

    @Override
    double reward(double[] seen, double[] goal) {
      double upright = (1 + Math.max(-1, Math.min(1, seen[1]))) / 2;
      return upright * Math.exp(-seen[0] * seen[0] / 4);
    }

    @Override
    double[] start(RandomGenerator random) {
      return new double[] {random.nextDouble(-0.2, 0.2), Math.PI + random.nextDouble(-0.2, 0.2), 0, 0};
    }

    @Override
    double[] goal(RandomGenerator random) {
      return new double[0];
    }
  },

  /** An arm of two rods on a table, turned at both joints, whose tip is to be where it is wanted: masses, lengths, friction. Less its distance. */
  REACHER(
      List.of("cosine_1", "sine_1", "cosine_2", "sine_2", "x", "y", "turning_1", "turning_2"),
      List.of("torque_1", "torque_2"),
      new double[] {1, 1, 0.5, 0.5, 0.1},
      new double[][] {{-Math.PI, Math.PI}, {-Math.PI, Math.PI}, {-3, 3}, {-3, 3}},
      15,
      60) {
    @Override
    void derivative(double[] p, double[] q, double[] u, double[] dq) {
      double cos = Math.cos(q[1]);
      double both = p[1] * p[2] * p[3] / 2;
      double own = p[1] * p[3] * p[3] / 3;
      double first = p[0] * p[2] * p[2] / 3 + p[1] * p[2] * p[2] + own + 2 * both * cos;
      double mixed = own + both * cos;
      double swing = both * Math.sin(q[1]);
      double t1 = 2 * u[0] - p[4] * q[2] + swing * (2 * q[2] * q[3] + q[3] * q[3]);
      double t2 = u[1] - p[4] * q[3] - swing * q[2] * q[2];
      double determinant = first * own - mixed * mixed;
      dq[0] = q[2];
      dq[1] = q[3];
      dq[2] = (own * t1 - mixed * t2) / determinant;
      dq[3] = (first * t2 - mixed * t1) / determinant;
    }

    @Override
    double[] seen(double[] p, double[] q) {
      double x = p[2] * Math.cos(q[0]) + p[3] * Math.cos(q[0] + q[1]);
      double y = p[2] * Math.sin(q[0]) + p[3] * Math.sin(q[0] + q[1]);
      return new double[] {Math.cos(q[0]), Math.sin(q[0]), Math.cos(q[1]), Math.sin(q[1]), x, y, q[2], q[3]};
    }

    @Override
    double[] inner(double[] seen) {
      return new double[] {Math.atan2(seen[1], seen[0]), Math.atan2(seen[3], seen[2]), seen[6], seen[7]};
    }

    @Override
    double reward(double[] seen, double[] goal) {
      return -Math.hypot(seen[4] - goal[0], seen[5] - goal[1]);
    }

    @Override
    double[] start(RandomGenerator random) {
      return new double[] {random.nextDouble(-Math.PI, Math.PI), random.nextDouble(-Math.PI, Math.PI), 0, 0};
    }

    @Override
    double[] goal(RandomGenerator random) {
      double angle = random.nextDouble(-Math.PI, Math.PI);
      double far = random.nextDouble(0.3, 0.9);
      return new double[] {far * Math.cos(angle), far * Math.sin(angle)};
    }
  };

  /** How long an action lasts. */
  static final double INTERVAL = 0.05;

  private static final double GRAVITY = 9.81;
  // Of RK4 in that time: as many more change the state after a hundred of them by less than a millionth.
  private static final int SUBSTEPS = 10;

  private final List<String> states;
  private final List<String> actions;
  private final double[] parameters;
  private final double[][] first;
  private final int horizon;
  private final int episode;

  ControlledSystem(List<String> states, List<String> actions, double[] parameters, double[][] first, int horizon, int episode) {
    this.states = states;
    this.actions = actions;
    this.parameters = parameters;
    this.first = first;
    this.horizon = horizon;
    this.episode = episode;
  }

  /** What is seen of it. */
  List<String> states() {
    return states;
  }

  /** What is done to it. */
  List<String> actions() {
    return actions;
  }

  /** The target's parameters. */
  double[] parameters() {
    return parameters.clone();
  }

  /** Steps that a plan looks ahead. */
  int horizon() {
    return horizon;
  }

  /** Steps that it is controlled for. */
  int episode() {
    return episode;
  }

  /** An inner state to learn from, each part equally likely within its range. */
  double[] first(RandomGenerator random) {
    double[] state = new double[first.length];
    for (int i = 0; i < state.length; i++) {
      state[i] = random.nextDouble(first[i][0], first[i][1]);
    }
    return state;
  }

  abstract void derivative(double[] p, double[] q, double[] u, double[] dq);

  /** What is seen of an inner state. */
  abstract double[] seen(double[] p, double[] q);

  /** The inner state that looks like that. */
  abstract double[] inner(double[] seen);

  /** What it is worth to be there. */
  abstract double reward(double[] seen, double[] goal);

  /** An inner state to be controlled from. */
  abstract double[] start(RandomGenerator random);

  /** What is wanted. */
  abstract double[] goal(RandomGenerator random);

  /** The inner state an interval later, by RK4 in double precision. */
  double[] after(double[] p, double[] state, double[] action) {
    return after(p, state, action, SUBSTEPS);
  }

  double[] after(double[] p, double[] state, double[] action, int substeps) {
    return RungeKutta4.follow((q, dq) -> derivative(p, q, action, dq), state, INTERVAL, substeps);
  }
}
