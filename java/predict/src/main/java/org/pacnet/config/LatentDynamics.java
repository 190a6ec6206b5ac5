package org.pacnet.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;

/**
 * Latent dynamics by temporal consistency (Zhao et al. 2023, arXiv 2306.09466), for trajectories: z = encoder(s), from one time to the next z + step(z, h,
 * u), and head(z) for the state there. Each z is drawn to where a slow follower of the encoder puts the state that there was.
 *
 * @param trajectory the column that tells trajectories apart
 * @param time the column of times, which increase within a trajectory; target and predictions have steps as long as the source's
 * @param segment times that a training row follows a trajectory for; fewer where the shortest one has fewer
 * @param actions columns of what is done from the time of a row until the next one's
 * @param reward a column that is predicted and makes no part of the state; null without one
 * @param latent the width of z
 * @param hidden widths of the hidden layers of encoder, step and head, each
 * @param activation behind each hidden layer
 * @param consistency what 1 − cos(z, follower(s)) counts beside the squared errors of the labels; 0: nothing
 */
public record LatentDynamics(
    String trajectory,
    String time,
    int segment,
    List<String> actions,
    @Nullable String reward,
    int latent,
    List<Integer> hidden,
    Activation activation,
    double consistency)
    implements TrajectoryNetwork {

  private static final double MOST_CONSISTENCY = 1e6;

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public LatentDynamics {
    hidden = NetworkSpec.checkedHidden(hidden);
    actions = List.copyOf(actions);
    TrajectoryNetwork.check(trajectory, time, segment, actions, reward);
    if (latent <= 0 || latent > NetworkSpec.WIDEST) {
      throw new DataException("the latent state must have a width between 1 and " + NetworkSpec.WIDEST + ", not " + latent, "latent");
    }
    if (!(consistency >= 0 && consistency <= MOST_CONSISTENCY)) {
      throw new DataException("consistency must count between 0 and a million, not " + consistency, "consistency");
    }
  }

  /** SiLU, two hidden layers of 128, of which pruning leaves enough, a latent state of 32, pieces of 5 times. */
  public static LatentDynamics of(String trajectory, String time) {
    return new LatentDynamics(trajectory, time, 5, List.of(), null, 32, List.of(128, 128), Activation.SILU, 1);
  }

  /** The same of a system that something is done to. */
  public LatentDynamics withActions(String... columns) {
    return new LatentDynamics(trajectory, time, segment, List.of(columns), reward, latent, hidden, activation, consistency);
  }

  /** The same with a column to predict besides. */
  public LatentDynamics withReward(String column) {
    return new LatentDynamics(trajectory, time, segment, actions, column, latent, hidden, activation, consistency);
  }
}
