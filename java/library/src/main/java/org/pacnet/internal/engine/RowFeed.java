package org.pacnet.internal.engine;

import java.nio.FloatBuffer;

/** Rows that are pulled batch by batch; {@code pacnet::BatchSource} says more. */
public interface RowFeed extends AutoCloseable {

  /**
   * What {@link #next} will be asked for.
   *
   * @param epoch from 1; 0 for rows that are to come as they are, without what is random in training
   * @param order the rows' numbers
   * @param batch rows at a time; the last batch has the rest
   */
  void begin(long epoch, int[] order, int batch);

  /**
   * Writes the next batch.
   *
   * @param x [rows, inputs]
   * @param y [rows, outputs], or [rows] class indices
   */
  void next(int rows, FloatBuffer x, FloatBuffer y);

  @Override
  void close();
}
