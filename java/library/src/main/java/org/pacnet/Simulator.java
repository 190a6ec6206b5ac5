package org.pacnet;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.pacnet.config.NeuralOde;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.learn.Phases;

/**
 * Follows many plans of actions from one state, again and again: what a planner asks. It stays as it is, whatever becomes of the model that it came
 * from; not for several threads at once.
 */
public final class Simulator implements AutoCloseable {

  private final Phases phases;
  private final Schema schema;
  private final Schema.Trajectories format;
  private final List<float[]> weights;
  private List<NativeNetwork> networks = List.of();
  private int steps;
  private FloatBuffer in = FloatBuffer.allocate(0);
  private boolean closed;

  Simulator(Phases phases, Schema schema, List<float[]> weights) {
    this.phases = phases;
    this.schema = schema;
    this.format = Objects.requireNonNull(schema.trajectories());
    this.weights = weights;
  }

  /** What {@link #follow} gives at each time, in this order, of which the first are the state. */
  public List<Schema.Label> labels() {
    return schema.labels();
  }

  /** What is done at each step, in this order. */
  public List<Schema.Label> actions() {
    return format.actions();
  }

  /**
   * Where plans lead.
   *
   * @param state the state that all start from, in the columns' units
   * @param plans [plans, steps, actions], in the columns' units
   * @param interval how long each action lasts, in the time's unit; no longer than the source's longest interval, and for latent dynamics as long as its
   *     intervals are
   * @return [plans, steps, labels], in the columns' units; not finite where a network without bounds blew up
   * @throws DataException if the shapes do not fit the model, or the interval does not
   */
  public double[][][] follow(double[] state, double[][][] plans, double interval) {
    if (closed) {
      throw new IllegalStateException("this simulator is closed");
    }
    check(state, plans, interval);
    prepare(plans[0].length);
    write(state, plans, interval);
    int width = schema.labels().size();
    double[][][] out = new double[plans.length][steps][width];
    for (NativeNetwork network : networks) {
      float[] said = network.predict(in.duplicate(), plans.length, phases.config().compute().threads());
      int next = 0;
      for (double[][] plan : out) {
        for (double[] at : plan) {
          for (int c = 0; c < width; c++) {
            at[c] += said[next++] / networks.size();
          }
        }
      }
    }
    for (double[][] plan : out) {
      for (double[] at : plan) {
        for (int c = 0; c < width; c++) {
          Schema.Label label = schema.labels().get(c);
          at[c] = label.mean() + label.std() * at[c];
        }
      }
    }
    return out;
  }

  private void check(double[] state, double[][][] plans, double interval) {
    boolean same = plans.length > 0 && plans[0].length > 0;
    for (double[][] plan : plans) {
      same &= plan.length == plans[0].length;
      for (double[] actions : plan) {
        same &= actions.length == format.actions().size();
      }
    }
    if (!same || state.length != format.states()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "a state has %d numbers here, and plans are of equally many steps, at least one, of %d actions each",
              format.states(),
              format.actions().size()));
    }
    // An equation holds for every time, but what is longer than any that it was learnt from is gone in parts elsewhere.
    boolean lasts = phases.config().network() instanceof NeuralOde ? interval > 0 && interval <= format.interval() : format.stepsOf(interval) == 1;
    if (!lasts) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "an action can't last %s: the source's intervals were between %s and %s",
              interval,
              format.shortest(),
              format.interval()));
    }
  }

  private void prepare(int wanted) {
    if (wanted != steps) {
      free();
      List<NativeNetwork> made = new ArrayList<>();
      for (float[] own : weights) {
        made.add(phases.withWeights(schema.withSteps(wanted), own));
      }
      networks = made;
      steps = wanted;
    }
  }

  private void write(double[] state, double[][][] plans, double interval) {
    int numbers = Math.multiplyExact(plans.length, schema.withSteps(steps).inputWidth());
    if (in.capacity() < numbers) {
      in = Phases.direct(numbers);
    }
    in.clear();
    for (double[][] plan : plans) {
      for (int s = 0; s < state.length; s++) {
        in.put(scaled(state[s], schema.labels().get(s)));
      }
      in.put(0);
      for (int k = 0; k < steps; k++) {
        in.put((float) (interval / format.timeScale()));
      }
      for (double[] actions : plan) {
        for (int a = 0; a < actions.length; a++) {
          in.put(scaled(actions[a], format.actions().get(a)));
        }
      }
    }
    in.flip();
  }

  private static float scaled(double value, Schema.Label column) {
    return (float) ((value - column.mean()) / column.std());
  }

  private void free() {
    networks.forEach(NativeNetwork::close);
    networks = List.of();
    steps = 0;
  }

  /** Frees the native memory. Closing twice is harmless; any use afterwards throws. */
  @Override
  public void close() {
    free();
    closed = true;
  }
}
