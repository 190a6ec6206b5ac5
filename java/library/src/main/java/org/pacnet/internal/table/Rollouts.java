package org.pacnet.internal.table;

import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;
import org.pacnet.internal.engine.RowFeed;

/**
 * Trajectories to follow from their first states. A row is one time of one of them, in the order of the
 * table; where labels are there, first states are no rows.
 */
public final class Rollouts implements EncodedData {

  /**
   * One of them.
   *
   * @param id what the table calls it
   * @param times increasing, in the table's unit
   * @param first the labels of the first time, standardised, of which the first are the state
   * @param actions what is done from each time until the next, standardised, [times - 1, actions]
   * @param rows where the state at each time goes; -1: nowhere
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Course(String id, double[] times, float[] first, float[] actions, int[] rows) {}

  private final List<Course> courses;
  private final int rows;
  private final FloatBuffer labels;
  private final BitSet dropped;
  private final Provenance provenance;
  private final double[] elapsed;

  Rollouts(
      List<Course> courses, int rows, FloatBuffer labels, BitSet dropped, Provenance provenance) {
    this.courses = List.copyOf(courses);
    this.rows = rows;
    this.labels = labels;
    this.dropped = dropped;
    this.provenance = provenance;
    elapsed = new double[rows];
    for (Course course : courses) {
      for (int k = 0; k < course.rows().length; k++) {
        if (course.rows()[k] >= 0) {
          elapsed[course.rows()[k]] = course.times()[k] - course.times()[0];
        }
      }
    }
  }

  /** All of them. */
  public List<Course> courses() {
    return courses;
  }

  /** The time of a row since the first state of its trajectory, in the table's unit. */
  public double elapsed(int row) {
    return elapsed[row];
  }

  @Override
  public int rows() {
    return rows;
  }

  /** Null: what goes into a network is the state that came out of it before. */
  @Override
  public @Nullable FloatBuffer features() {
    return null;
  }

  @Override
  public @Nullable RowFeed feed(long seed) {
    return null;
  }

  @Override
  public FloatBuffer labels() {
    return labels.duplicate();
  }

  @Override
  public BitSet dropped() {
    return (BitSet) dropped.clone();
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }
}
