package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** Rows with what somebody else says of them for labels, [rows, outputs]. */
final class AnsweredRows extends RowsOfOthers {

  private final FloatBuffer answers;

  AnsweredRows(EncodedData rows, FloatBuffer answers) {
    super(rows);
    this.answers = answers;
  }

  // All count the same.
  @Override
  public float @Nullable [] weights() {
    return null;
  }

  @Override
  public FloatBuffer labels() {
    return answers.duplicate();
  }

  @Override
  public @Nullable RowFeed feed(long seed) {
    return answered(others.feed(seed));
  }

  @Override
  public @Nullable RowFeed training(long seed) {
    return answered(others.training(seed));
  }

  private @Nullable RowFeed answered(@Nullable RowFeed feed) {
    if (feed == null) {
      return null;
    }
    int each = answers.remaining() / rows();
    return new FeedOfOthers(feed) {
      private int[] order = new int[0];
      private int at;

      @Override
      public void begin(long epoch, int[] asked, int batch) {
        order = asked;
        at = 0;
        super.begin(epoch, asked, batch);
      }

      @Override
      public void next(int count, FloatBuffer x, FloatBuffer y) {
        super.next(count, x, FloatBuffer.allocate(count));
        for (int i = 0; i < count; i++) {
          y.put(answers.slice(order[at++] * each, each));
        }
      }
    };
  }
}
