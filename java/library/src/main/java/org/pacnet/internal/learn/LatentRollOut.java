package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntFunction;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.table.Rollouts;

/** Follows trajectories where their latent states go: each from its first state in one go, so that nothing is encoded again on the way. */
final class LatentRollOut {

  // Of one row, and of the numbers of a batch of them.
  private static final int MOST_STEPS = 10_000;
  private static final int MOST_NUMBERS = 1 << 24;

  private final Schema schema;
  private final Schema.Trajectories format;
  private final Rollouts rollouts;

  LatentRollOut(Schema schema, Rollouts rollouts) {
    this.schema = schema;
    this.format = Objects.requireNonNull(schema.trajectories());
    this.rollouts = rollouts;
  }

  /**
   * The standardised labels at all rows, [rows, labels].
   *
   * @param ofSteps the network that takes so many steps
   */
  float[] run(IntFunction<NativeNetwork> ofSteps, int threads) {
    int labels = schema.labels().size();
    float[] out = new float[rollouts.rows() * labels];
    List<int[]> parts = rollouts.courses().stream().map(this::parts).toList();
    int steps = Math.max(1, parts.stream().mapToInt(own -> Arrays.stream(own).sum()).max().orElse(1));
    int width = schema.withSteps(steps).inputWidth();
    int atOnce = Math.max(1, MOST_NUMBERS / Math.max(width, steps * labels));
    try (NativeNetwork network = ofSteps.apply(steps)) {
      FloatBuffer in = Phases.direct(Math.multiplyExact(width, Math.min(atOnce, parts.size())));
      for (int begin = 0; begin < parts.size(); begin += atOnce) {
        int end = Math.min(begin + atOnce, parts.size());
        in.clear();
        for (int c = begin; c < end; c++) {
          write(rollouts.courses().get(c), parts.get(c), steps, in);
        }
        float[] said = network.predict(in.flip(), end - begin, threads);
        for (int c = begin; c < end; c++) {
          keep(rollouts.courses().get(c), parts.get(c), said, (c - begin) * steps * labels, out);
        }
      }
    }
    return out;
  }

  // Into how many steps each interval goes.
  private int[] parts(Rollouts.Course course) {
    double[] times = course.times();
    int[] parts = new int[times.length - 1];
    long sum = 0;
    for (int k = 0; k < parts.length; k++) {
      parts[k] = format.stepsOf(times[k + 1] - times[k]);
      if (parts[k] == 0) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "trajectory '%s': from time %s to %s is no number of steps between %s and %s, as the source had them, and latent dynamics know no others",
                course.id(),
                times[k],
                times[k + 1],
                format.shortest(),
                format.interval()));
      }
      sum += parts[k];
    }
    int most = Math.min(MOST_STEPS, 1_000_000 / schema.labels().size());
    if (sum > most) {
      throw new DataException(
          String.format(Locale.ROOT, "trajectory '%s': a prediction takes %d steps, more than the %d that there may be; predict less far", course.id(), sum, most));
    }
    return parts;
  }

  // Behind its own steps come some that nobody asks for.
  private void write(Rollouts.Course course, int[] parts, int steps, FloatBuffer in) {
    int start = in.position();
    in.put(course.first(), 0, format.states());
    in.put((float) (course.times()[0] / format.timeScale()));
    int actions = format.actions().size();
    int step = 0;
    for (int k = 0; k < parts.length; k++) {
      float length = (float) ((course.times()[k + 1] - course.times()[k]) / parts[k] / format.timeScale());
      for (int part = 0; part < parts[k]; part++, step++) {
        in.put(start + format.states() + 1 + step, length);
        in.put(start + format.states() + 1 + steps + step * actions, course.actions(), k * actions, actions);
      }
    }
    int end = start + format.states() + 1 + steps * (1 + actions);
    for (; step < steps; step++) {
      in.put(start + format.states() + 1 + step, 0);
      for (int a = 0; a < actions; a++) {
        in.put(start + format.states() + 1 + steps + step * actions + a, 0);
      }
    }
    in.position(end);
  }

  private void keep(Rollouts.Course course, int[] parts, float[] said, int from, float[] out) {
    int labels = schema.labels().size();
    int step = 0;
    for (int k = 0; k < course.rows().length; k++) {
      int row = course.rows()[k];
      step += k == 0 ? 0 : parts[k - 1];
      if (row >= 0 && k == 0) {
        System.arraycopy(course.first(), 0, out, row * labels, labels);
      } else if (row >= 0) {
        System.arraycopy(said, from + (step - 1) * labels, out, row * labels, labels);
      }
    }
  }
}
