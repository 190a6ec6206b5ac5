package org.pacnet.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/** A network that learns how states go on, from trajectories. */
public sealed interface TrajectoryNetwork extends NetworkSpec permits NeuralOde, LatentDynamics {

  /** The column that tells trajectories apart. */
  String trajectory();

  /** The column of times, which increase within a trajectory. */
  String time();

  /** Times that a training row follows a trajectory for; fewer where the shortest one has fewer. */
  int segment();

  /** Columns of what is done from the time of a row until the next one's. */
  List<String> actions();

  /** A column that is predicted and makes no part of the state, such as what was gained since the row before; null without one. */
  default @Nullable String reward() {
    return null;
  }

  @Override
  default boolean hasFeatures() {
    return false;
  }

  /** Throws a {@link DataException} that names the setting where columns or segment are none. */
  static void check(String trajectory, String time, int segment, List<String> actions, @Nullable String reward) {
    if (trajectory.equals(time)) {
      throw new DataException("trajectory and time must be different columns, not both " + time, "time");
    }
    if (segment <= 0 || segment > 10_000) {
      throw new DataException("a segment must have between 1 and 10000 times, not " + segment, "segment");
    }
    Set<String> others = new HashSet<>(Set.of(trajectory, time));
    for (String action : actions) {
      if (!others.add(action)) {
        throw new DataException("an action is a column of its own, named once, and not " + action, "actions");
      }
    }
    if (reward != null && !others.add(reward)) {
      throw new DataException("the reward is a column of its own, and not " + reward, "reward");
    }
  }
}
