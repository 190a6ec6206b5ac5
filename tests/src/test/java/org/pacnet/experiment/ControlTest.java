package org.pacnet.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.data.Data;

/** Systems that are controlled, and the planner. */
class ControlTest {

  private static double[] somewhere(ControlledSystem system) {
    return system.first(new Random(7));
  }

  private static double[] action(ControlledSystem system, int step) {
    double[] action = new double[system.actions().size()];
    Arrays.setAll(action, a -> Math.sin(step + a));
    return action;
  }

  @ParameterizedTest
  @EnumSource
  void theReferenceHasConverged(ControlledSystem system) {
    double[] p = system.parameters();
    double[] usual = somewhere(system);
    double[] fine = usual.clone();
    for (int k = 0; k < 20; k++) {
      usual = system.after(p, usual, action(system, k));
      fine = system.after(p, fine, action(system, k), 40);
    }
    assertArrayEquals(fine, usual, 1e-5);
  }

  // Nothing is done, and without friction: energy stays. And what is done is force times way.
  @Test
  void energyComesFromWhatIsDone() {
    double[] p = {1.3, 0.4, 0.6, 5};
    double[] q = {0.3, 2, -0.5, 3};
    double before = cartpole(p, q);
    for (int k = 0; k < 40; k++) {
      q = ControlledSystem.CARTPOLE.after(p, q, new double[1], 50);
    }
    assertEquals(before, cartpole(p, q), 1e-6);
    double from = q[0];
    double[] pushed = ControlledSystem.CARTPOLE.after(p, q, new double[] {0.8}, 50);
    assertEquals(4 * (pushed[0] - from), cartpole(p, pushed) - cartpole(p, q), 1e-6);

    double[] arm = {1.2, 0.7, 0.6, 0.4, 0};
    double[] z = {0.3, 1, -2, 1.5};
    before = reacher(arm, z);
    for (int k = 0; k < 40; k++) {
      z = ControlledSystem.REACHER.after(arm, z, new double[2], 50);
    }
    assertEquals(before, reacher(arm, z), 1e-6);
    double[] turned = ControlledSystem.REACHER.after(arm, z, new double[] {0.5, -1}, 50);
    assertEquals((turned[0] - z[0]) - (turned[1] - z[1]), reacher(arm, turned) - reacher(arm, z), 1e-6);
    double[] braked = {1.2, 0.7, 0.6, 0.4, 0.1};
    assertTrue(reacher(arm, ControlledSystem.REACHER.after(braked, z, new double[2])) < reacher(arm, z));
  }

  private static double cartpole(double[] p, double[] q) {
    double pole = p[1] * p[2];
    return (p[0] + p[1]) * q[2] * q[2] / 2 + pole * q[2] * q[3] * Math.cos(q[1]) + 2.0 / 3 * pole * p[2] * q[3] * q[3] + pole * 9.81 * Math.cos(q[1]);
  }

  // Two rods: each one's centre moves, and it turns about it.
  private static double reacher(double[] p, double[] q) {
    double first = p[0] * p[2] * p[2] / 3 * q[2] * q[2] / 2;
    double both = q[2] + q[3];
    double x = -p[2] * Math.sin(q[0]) * q[2] - p[3] / 2 * Math.sin(q[0] + q[1]) * both;
    double y = p[2] * Math.cos(q[0]) * q[2] + p[3] / 2 * Math.cos(q[0] + q[1]) * both;
    return first + p[1] * (x * x + y * y) / 2 + p[1] * p[3] * p[3] / 12 * both * both / 2;
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSeenTellsWhereItIs(ControlledSystem system) {
    double[] p = system.parameters();
    double[] q = somewhere(system);
    assertEquals(system.states().size(), system.seen(p, q).length);
    assertArrayEquals(q, system.inner(system.seen(p, q)), 1e-12);
  }

  @Test
  void thePlannerFindsWhatIsBest() {
    CrossEntropyPlanner planner = new CrossEntropyPlanner(3, 2, new Random(1));
    double[] now = {};
    for (int step = 0; step < 5; step++) {
      now =
          planner.next(
              plans ->
                  Arrays.stream(plans)
                      .mapToDouble(plan -> -Math.pow(plan[0][0] - 0.4, 2) - Math.pow(plan[0][1] + 2, 2) - Math.pow(plan[1][0] - plan[2][1], 2))
                      .toArray());
    }
    assertArrayEquals(new double[] {0.4, -1}, now, 0.1);
  }

  // A planner that knows the truth does what is wanted; one that sees nothing come does not.
  @ParameterizedTest
  @EnumSource
  void whoKnowsTheTruthControls(ControlledSystem system) {
    Control problem = new Control(system, 2, 1);
    double best = problem.control(problem.truth(), 3);
    double blind = problem.control((seen, plans) -> new double[plans.length][system.horizon()][seen.length], 3);
    double least = system == ControlledSystem.CARTPOLE ? 0.6 : -0.25;
    assertTrue(best > least && best > blind + 0.15, system + ": " + best + ", blind " + blind);
  }

  @Test
  void severalSourcesTakeTurnsAndAreNoMoreRuns() {
    String state = ControlledSystem.CARTPOLE.states().get(0);
    double[] ofOne = column(new Control(ControlledSystem.CARTPOLE, 2, 1).source(3), state);
    double[] ofSeveral = column(new Control(ControlledSystem.CARTPOLE, 2, 10).source(3), state);
    assertEquals(ofOne.length, ofSeveral.length);
    int times = 51;
    assertArrayEquals(Arrays.copyOf(ofOne, times), Arrays.copyOf(ofSeveral, times), "the first run is of the same system");
    assertFalse(Arrays.equals(Arrays.copyOfRange(ofOne, times, 2 * times), Arrays.copyOfRange(ofSeveral, times, 2 * times)));
  }

  private static double[] column(Data data, String name) {
    return (double[]) ((Data.Columns) data).arrays().get(name);
  }
}
