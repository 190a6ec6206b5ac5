package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.table.Rollouts;

/** Follows trajectories from their first states, all of them side by side. */
final class RollOut {

  private static final class Run {
    private final Rollouts.Course course;
    private double time;
    private int next;

    Run(Rollouts.Course course) {
      this.course = course;
      time = course.times()[0];
    }
  }

  // Days of computing, and then times that no longer tell one step from the next.
  private static final double MOST_STEPS = 1e5;

  private RollOut() {}

  /**
   * The standardised states at all rows, [rows, states].
   *
   * @param network of one step
   */
  static float[] run(NativeNetwork network, Schema schema, Rollouts rollouts, int threads) {
    Schema.Trajectories format = Objects.requireNonNull(schema.trajectories());
    int states = schema.labels().size();
    int actions = format.actions().size();
    int width = states + 2 + actions;
    float[] out = new float[rollouts.rows() * states];
    List<Run> active = new ArrayList<>();
    FloatBuffer in = Phases.direct(Math.multiplyExact(rollouts.courses().size(), width));
    float[] now = new float[rollouts.courses().size() * states];
    for (Rollouts.Course course : rollouts.courses()) {
      checkLength(course, format);
      Run run = new Run(course);
      System.arraycopy(course.first(), 0, now, active.size() * states, states);
      keep(run, now, active.size(), out);
      active.add(run);
    }
    drop(active, now, states);
    while (!active.isEmpty()) {
      in.clear();
      for (int r = 0; r < active.size(); r++) {
        Run run = active.get(r);
        in.put(now, r * states, states);
        in.put((float) (run.time / format.timeScale()));
        in.put((float) ((stop(run, format) - run.time) / format.timeScale()));
        in.put(run.course.actions(), (run.next - 1) * actions, actions);
      }
      now = network.predict(in.flip(), active.size(), threads);
      for (int r = 0; r < active.size(); r++) {
        Run run = active.get(r);
        run.time = stop(run, format);
        checkFinite(now, r * states, states, run);
        if (run.time == run.course.times()[run.next]) {
          keep(run, now, r, out);
        }
      }
      drop(active, now, states);
    }
    return out;
  }

  private static void checkLength(Rollouts.Course course, Schema.Trajectories format) {
    double[] times = course.times();
    double length = times[times.length - 1] - times[0];
    if (length / format.interval() > MOST_STEPS) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "trajectory '%s': a prediction over a time of %s takes more than %.0f steps of %s,"
                  + " the longest in the source; predict less far",
              course.id(),
              length,
              MOST_STEPS,
              format.interval()));
    }
  }

  // The next time, or where that is farther than what the network has learnt from a part of the way.
  private static double stop(Run run, Schema.Trajectories format) {
    double next = run.course.times()[run.next];
    double parts = Math.ceil((next - run.time) / format.interval() * (1 - 1e-9));
    return parts <= 1 ? next : run.time + (next - run.time) / parts;
  }

  private static void keep(Run run, float[] now, int at, float[] out) {
    int states = run.course.first().length;
    int row = run.course.rows()[run.next++];
    if (row >= 0) {
      System.arraycopy(now, at * states, out, row * states, states);
    }
  }

  private static void drop(List<Run> active, float[] now, int states) {
    int left = 0;
    for (int r = 0; r < active.size(); r++) {
      Run run = active.get(r);
      if (run.next < run.course.times().length) {
        System.arraycopy(now, r * states, now, left * states, states);
        active.set(left++, run);
      }
    }
    active.subList(left, active.size()).clear();
  }

  private static void checkFinite(float[] now, int from, int count, Run run) {
    for (int i = from; i < from + count; i++) {
      if (!Float.isFinite(now[i])) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "trajectory '%s': the prediction blows up at time %s, %s after its first state;"
                    + " predict less far, or learn with a bounded activation such as tanh",
                run.course.id(),
                run.time,
                run.time - run.course.times()[0]));
      }
    }
  }
}
