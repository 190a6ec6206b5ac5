package org.pacnet.config;

import java.util.List;
import org.pacnet.error.DataException;

/**
 * A neural ordinary differential equation (Chen et al. 2018), for trajectories: dz/dt = f(z), with the time or actions beside z where wanted, f a
 * perceptron, in the source's units of state and time.
 *
 * @param trajectory the column that tells trajectories apart
 * @param time the column of times, which increase within a trajectory and may be irregular
 * @param segment times that a training row follows a trajectory for; fewer where the shortest one has
 *     fewer
 * @param driven whether f sees the time
 * @param hidden widths of f's hidden layers; empty for a linear system
 * @param activation behind each hidden layer; a bounded one keeps long predictions from blowing up
 * @param substeps between two times
 * @param tolerance above 0: as many steps as keep their error below so much in units of the state's deviation; an explicit solver is then
 *     Dormand-Prince 5(4) in the place of RK4
 * @param solver explicit, or implicit for stiff equations
 * @param actions columns of what is done from the time of a row until the next one's
 */
public record NeuralOde(
    String trajectory,
    String time,
    int segment,
    boolean driven,
    List<Integer> hidden,
    Activation activation,
    int substeps,
    double tolerance,
    Solver solver,
    List<String> actions)
    implements TrajectoryNetwork {

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public NeuralOde {
    hidden = NetworkSpec.checkedHidden(hidden);
    actions = List.copyOf(actions);
    TrajectoryNetwork.check(trajectory, time, segment, actions, null);
    check(
        substeps > 0 && substeps <= 1000,
        "substeps",
        "there must be between 1 and 1000 substeps, not " + substeps);
    check(
        tolerance == 0 || (tolerance >= 1e-6 && tolerance < 1),
        "tolerance",
        "the tolerance must be at least 1e-6 and below 1, not " + tolerance);
    check(
        tolerance == 0 || substeps == 1,
        "substeps",
        "substeps are for a solver without a tolerance, which chooses them itself");
  }

  private static void check(boolean valid, String setting, String message) {
    if (!valid) {
      throw new DataException(message, setting);
    }
  }

  /** Tanh, two hidden layers of 64, pieces of 20 times, RK4 with one step from one time to the next. */
  public static NeuralOde of(String trajectory, String time) {
    return new NeuralOde(trajectory, time, 20, false, List.of(64, 64), Activation.TANH, 1, 0, Solver.EXPLICIT, List.of());
  }

  /** The same by another solver. */
  public NeuralOde with(Solver value) {
    return new NeuralOde(trajectory, time, segment, driven, hidden, activation, substeps, tolerance, value, actions);
  }

  /** The same of a system that something is done to. */
  public NeuralOde withActions(String... columns) {
    return new NeuralOde(trajectory, time, segment, driven, hidden, activation, substeps, tolerance, solver, List.of(columns));
  }
}
