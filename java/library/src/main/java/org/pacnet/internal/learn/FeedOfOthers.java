package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import org.pacnet.internal.engine.RowFeed;

/** A feed that is another but for what a subclass says. */
class FeedOfOthers implements RowFeed {

  private final RowFeed others;

  FeedOfOthers(RowFeed others) {
    this.others = others;
  }

  @Override
  public void begin(long epoch, int[] order, int batch) {
    others.begin(epoch, order, batch);
  }

  @Override
  public void next(int rows, FloatBuffer x, FloatBuffer y) {
    others.next(rows, x, y);
  }

  @Override
  public final void close() {
    others.close();
  }
}
