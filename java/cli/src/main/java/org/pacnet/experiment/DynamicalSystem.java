package org.pacnet.experiment;

import java.util.List;
import java.util.random.RandomGenerator;
import org.pacnet.config.Solver;

/** Ordinary differential equations that source and target have with different parameters, without units. */
@SuppressWarnings("ImmutableEnumChecker") // what they are made of stays with them
enum DynamicalSystem {
  /** θ″ = −a·sin θ − b·θ′: a pendulum with friction. */
  PENDULUM(
      List.of("angle", "speed"),
      new double[] {1, 0.15},
      new double[][] {{-1.5, 1.5}, {-1, 1}},
      (p, z, dz) -> {
        dz[0] = z[1];
        dz[1] = -p[0] * Math.sin(z[0]) - p[1] * z[1];
      }),

  /** x′ = a·x − b·x·y, y′ = c·x·y − d·y: prey and predators (Lotka 1925, Volterra 1926). */
  LOTKA_VOLTERRA(
      List.of("prey", "predators"),
      new double[] {1, 1, 1, 1},
      new double[][] {{0.4, 2}, {0.4, 2}},
      (p, z, dz) -> {
        dz[0] = p[0] * z[0] - p[1] * z[0] * z[1];
        dz[1] = p[2] * z[0] * z[1] - p[3] * z[1];
      }),

  /** x″ = −a·x′ − b·x − c·x³: a spring that stiffens (Duffing 1918), without a drive. */
  DUFFING(
      List.of("position", "speed"),
      new double[] {0.15, 1, 1},
      new double[][] {{-2, 2}, {-1, 1}},
      (p, z, dz) -> {
        dz[0] = z[1];
        dz[1] = -p[0] * z[1] - p[1] * z[0] - p[2] * z[0] * z[0] * z[0];
      }),

  /** Two masses on springs a and b to the walls and c between them, with friction d. */
  SPRING_MASS(
      List.of("first", "second", "first_speed", "second_speed"),
      new double[] {1, 1.5, 0.5, 0.1},
      new double[][] {{-1, 1}, {-1, 1}, {-1, 1}, {-1, 1}},
      (p, z, dz) -> {
        double between = p[2] * (z[0] - z[1]);
        dz[0] = z[2];
        dz[1] = z[3];
        dz[2] = -p[0] * z[0] - between - p[3] * z[2];
        dz[3] = -p[1] * z[1] + between - p[3] * z[3];
      }),

  /**
   * x′ = a·(x − x³/3 − w), w′ = x/a: van der Pol's oscillator (1926) in Liénard's coordinates, with a = 100 a relaxation oscillation: a period of 160, and
   * jumps between two slow branches in a thousandth of that.
   */
  VAN_DER_POL(
      List.of("x", "w"),
      new double[] {100},
      new double[][] {{-2.2, 2.2}, {-0.8, 0.8}},
      (p, z, dz) -> {
        dz[0] = p[0] * (z[0] - z[0] * z[0] * z[0] / 3 - z[1]);
        dz[1] = z[0] / p[0];
      },
      0.01,
      10,
      0.002,
      Solver.IMPLICIT);

  private interface Equation {
    void derivative(double[] parameters, double[] state, double[] derivative);
  }

  private final List<String> states;
  private final double[] parameters;
  private final double[][] first;
  private final Equation equation;
  private final double shortest;
  private final double longest;
  private final double step;
  private final Solver solver;

  DynamicalSystem(List<String> states, double[] parameters, double[][] first, Equation equation) {
    this(states, parameters, first, equation, 0.1, 0.1, 0.01, Solver.EXPLICIT);
  }

  DynamicalSystem(
      List<String> states, double[] parameters, double[][] first, Equation equation, double shortest, double longest, double step, Solver solver) {
    this.states = states;
    this.parameters = parameters;
    this.first = first;
    this.equation = equation;
    this.shortest = shortest;
    this.longest = longest;
    this.step = step;
    this.solver = solver;
  }

  /** Whether it is measured again after always the same time. */
  boolean regular() {
    return shortest == longest;
  }

  /** How long it is until it is measured again: where not always the same, equally likely on a scale of logarithms. */
  double interval(RandomGenerator random) {
    return regular() ? longest : shortest * Math.pow(longest / shortest, random.nextDouble());
  }

  /** Steps of RK4 for that: halving them changes the 201st state by less than 1e-6. */
  int substeps(double time) {
    return (int) Math.ceil(time / step - 1e-9);
  }

  /** What a network of it is solved by. */
  Solver solver() {
    return solver;
  }

  /** What the state is made of. */
  List<String> states() {
    return states;
  }

  /** The target's parameters. */
  double[] parameters() {
    return parameters.clone();
  }

  /** A first state, each part equally likely within its range. */
  double[] first(RandomGenerator random) {
    double[] state = new double[first.length];
    for (int i = 0; i < state.length; i++) {
      state[i] = random.nextDouble(first[i][0], first[i][1]);
    }
    return state;
  }

  /** The state a time later, by so many steps of RK4 in double precision. */
  double[] follow(double[] p, double[] state, double time, int steps) {
    return RungeKutta4.follow((z, dz) -> equation.derivative(p, z, dz), state, time, steps);
  }
}
