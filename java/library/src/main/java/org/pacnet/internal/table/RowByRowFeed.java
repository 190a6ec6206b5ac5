package org.pacnet.internal.table;

import java.nio.FloatBuffer;
import org.pacnet.internal.engine.RowFeed;

/** A feed that writes its rows one by one, and holds nothing. */
public abstract class RowByRowFeed implements RowFeed {

  private long epoch;
  private int[] order = new int[0];
  private int at;

  /** Writes a row's features and labels. */
  protected abstract void write(long when, int row, FloatBuffer x, FloatBuffer y);

  @Override
  public final void begin(long newEpoch, int[] newOrder, int batch) {
    epoch = newEpoch;
    order = newOrder;
    at = 0;
  }

  @Override
  public final void next(int count, FloatBuffer x, FloatBuffer y) {
    for (int i = 0; i < count; i++) {
      write(epoch, order[at++], x, y);
    }
  }

  @Override
  public final void close() {
    // There is nothing to close.
  }
}
