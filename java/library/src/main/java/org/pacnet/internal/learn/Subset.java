package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** Some of the rows of encoded data, in a given order; a row may come more than once. */
public final class Subset implements EncodedData {

  private final EncodedData all;
  private final int[] rows;
  private @Nullable FloatBuffer features;
  private @Nullable FloatBuffer labels;

  public Subset(EncodedData all, int[] rows) {
    this.all = all;
    this.rows = rows;
  }

  private FloatBuffer chosen(FloatBuffer values) {
    int each = values.remaining() / all.rows();
    FloatBuffer some = Phases.direct(Math.multiplyExact(each, rows.length));
    for (int row : rows) {
      some.put(values.slice(row * each, each));
    }
    return some.flip();
  }

  @Override
  public int rows() {
    return rows.length;
  }

  @Override
  public synchronized @Nullable FloatBuffer features() {
    if (features == null) {
      FloatBuffer every = all.features();
      features = every == null ? null : chosen(every);
    }
    return features == null ? null : features.duplicate();
  }

  @Override
  public synchronized FloatBuffer labels() {
    if (labels == null) {
      labels = chosen(all.labels());
    }
    return labels.duplicate();
  }

  @Override
  public @Nullable RowFeed feed(long seed) {
    RowFeed feed = all.feed(seed);
    return feed == null ? null : chosen(feed);
  }

  @Override
  public @Nullable RowFeed training(long seed) {
    RowFeed feed = all.training(seed);
    return feed == null ? null : chosen(feed);
  }

  private RowFeed chosen(RowFeed feed) {
    return new FeedOfOthers(feed) {
      @Override
      public void begin(long epoch, int[] order, int batch) {
        int[] mapped = new int[order.length];
        for (int i = 0; i < order.length; i++) {
          mapped[i] = rows[order[i]];
        }
        super.begin(epoch, mapped, batch);
      }
    };
  }

  @Override
  public int @Nullable [] groups() {
    int[] every = all.groups();
    if (every == null) {
      return null;
    }
    int[] some = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = every[rows[i]];
    }
    return some;
  }

  @Override
  public float @Nullable [] weights() {
    float[] every = all.weights();
    if (every == null) {
      return null;
    }
    float[] some = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      some[i] = every[rows[i]];
    }
    return some;
  }

  @Override
  public boolean inOrder() {
    return all.inOrder();
  }

  @Override
  public BitSet dropped() {
    return new BitSet();
  }

  @Override
  public Provenance provenance() {
    return all.provenance();
  }
}
