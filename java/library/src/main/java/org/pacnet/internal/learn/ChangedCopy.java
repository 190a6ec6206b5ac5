package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** Rows as a fit would see them in one of its epochs. */
final class ChangedCopy extends RowsOfOthers {

  private final long seed;
  private final int epoch;

  ChangedCopy(EncodedData rows, long seed, int epoch) {
    super(rows);
    this.seed = seed;
    this.epoch = epoch;
  }

  private RowFeed changed() {
    return Objects.requireNonNull(others.training(seed), "nothing changes these rows");
  }

  @Override
  public @Nullable FloatBuffer features() {
    FloatBuffer features = others.features();
    if (features == null) {
      return null;
    }
    FloatBuffer copy = Phases.direct(features.remaining());
    try (RowFeed feed = changed()) {
      feed.begin(epoch, IntStream.range(0, rows()).toArray(), rows());
      feed.next(rows(), copy, FloatBuffer.allocate(others.labels().remaining()));
    }
    return copy.flip();
  }

  @Override
  public @Nullable RowFeed feed(long unused) {
    if (others.features() != null) {
      return null;
    }
    return new FeedOfOthers(changed()) {
      @Override
      public void begin(long asked, int[] order, int batch) {
        super.begin(epoch, order, batch);
      }
    };
  }
}
