package org.pacnet.internal.table;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Missing;

/**
 * How the trajectories of a source are to be understood.
 *
 * @param id the column that tells trajectories apart
 * @param time the column of times
 * @param states the columns of the state; empty: all that are neither of these nor ignored
 * @param actions the columns of what is done until the next time
 * @param reward a column that is predicted and makes no part of the state; null without one
 * @param ignored columns to leave out
 * @param missing what to do with a missing state: {@code ERROR}, or {@code DROP} the row
 * @param missingWords the texts that stand for a missing value, besides the empty one
 * @param standardize whether states are shifted and scaled to mean 0 and standard deviation 1, and times
 *     scaled so that states change by about 1 in a time of 1
 * @param segment times that a piece goes on for, at most
 */
public record TrajectoryOptions(
    String id,
    String time,
    List<String> states,
    List<String> actions,
    @Nullable String reward,
    Set<String> ignored,
    Missing missing,
    List<String> missingWords,
    boolean standardize,
    int segment) {

  /** Copies the collections. */
  public TrajectoryOptions {
    states = List.copyOf(states);
    actions = List.copyOf(actions);
    ignored = Set.copyOf(ignored);
    missingWords = List.copyOf(missingWords);
  }
}
