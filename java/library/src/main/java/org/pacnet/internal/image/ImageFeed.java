package org.pacnet.internal.image;

import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.pacnet.internal.engine.RowFeed;

/**
 * Makes batches ahead on threads of its own, at most {@link #AHEAD} at a time. A row's numbers
 * depend on seed, epoch and row alone, so that any number of threads makes the same batches.
 */
final class ImageFeed implements RowFeed {
  private static final int AHEAD = 3;

  private final ImageRows rows;
  private final long seed;
  private final ExecutorService pool;
  private final Queue<Batch> waiting = new ArrayDeque<>();
  private final Queue<float[][]> spare = new ArrayDeque<>();
  private int[] order = new int[0];
  private long epoch;
  private int batch = 1;
  private int planned;

  private record Batch(int[] rows, float[][] values, List<Future<?>> work) {}

  ImageFeed(ImageRows rows, long seed, int threads) {
    this.rows = rows;
    this.seed = seed;
    pool =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "pacnet-images");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void begin(long newEpoch, int[] newOrder, int newBatch) {
    drop();
    epoch = newEpoch;
    order = newOrder;
    batch = newBatch;
    planned = 0;
    while (waiting.size() < AHEAD && planned < order.length) {
      plan();
    }
  }

  private void plan() {
    int[] next = Arrays.copyOfRange(order, planned, Math.min(order.length, planned + batch));
    planned += next.length;
    float[][] values = spare.poll();
    if (values == null || values.length < next.length) {
      values = new float[batch][rows.inputs()];
    }
    float[][] to = values;
    long when = epoch;
    List<Future<?>> work = new ArrayList<>();
    for (int i = 0; i < next.length; i++) {
      int at = i;
      work.add(pool.submit(() -> rows.write(next[at], seed, when, to[at])));
    }
    waiting.add(new Batch(next, values, work));
  }

  @Override
  public void next(int count, FloatBuffer x, FloatBuffer y) {
    Batch ready = waiting.remove();
    for (int i = 0; i < count; i++) {
      Results.of(ready.work().get(i));
      x.put(ready.values()[i]);
      y.put(rows.label(ready.rows()[i]));
    }
    spare.add(ready.values());
    if (planned < order.length) {
      plan();
    }
  }

  private void drop() {
    for (Batch unused : waiting) {
      unused.work().forEach(work -> work.cancel(false));
    }
    waiting.clear();
    spare.clear(); // a task that runs may still write to what was dropped
  }

  @Override
  public void close() {
    drop();
    pool.shutdownNow();
  }
}
