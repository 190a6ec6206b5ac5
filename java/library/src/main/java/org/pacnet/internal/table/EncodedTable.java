package org.pacnet.internal.table;

import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;
import org.pacnet.internal.engine.RowFeed;

/** A table, in direct buffers of native byte order that native code can read in place. */
final class EncodedTable implements EncodedData {
  private final int rows;
  private final FloatBuffer features;
  private final FloatBuffer labels;
  private final BitSet dropped;
  private final Provenance provenance;
  private final int @Nullable [] groups;
  private final boolean inOrder;
  private final float @Nullable [] weights;
  private final LongFunction<@Nullable RowFeed> training;

  EncodedTable(
      int rows, FloatBuffer features, FloatBuffer labels, BitSet dropped, Provenance provenance) {
    this(rows, features, labels, dropped, provenance, null, false, null, seed -> null);
  }

  private EncodedTable(
      int rows,
      FloatBuffer features,
      FloatBuffer labels,
      BitSet dropped,
      Provenance provenance,
      int @Nullable [] groups,
      boolean inOrder,
      float @Nullable [] weights,
      LongFunction<@Nullable RowFeed> training) {
    this.rows = rows;
    this.features = features;
    this.labels = labels;
    this.dropped = dropped;
    this.provenance = provenance;
    this.groups = groups;
    this.inOrder = inOrder;
    this.weights = weights;
    this.training = training;
  }

  EncodedTable withGroups(int[] together, boolean byTime) {
    return new EncodedTable(rows, features, labels, dropped, provenance, together, byTime, weights, training);
  }

  EncodedTable withWeights(float[] each) {
    return new EncodedTable(rows, features, labels, dropped, provenance, groups, inOrder, each, training);
  }

  EncodedTable withTraining(LongFunction<@Nullable RowFeed> changed) {
    return new EncodedTable(rows, features, labels, dropped, provenance, groups, inOrder, weights, changed);
  }

  @Override
  public @Nullable RowFeed training(long seed) {
    return training.apply(seed);
  }

  @Override
  public float @Nullable [] weights() {
    return weights == null ? null : weights.clone();
  }

  @Override
  public boolean inOrder() {
    return inOrder;
  }

  @Override
  public int @Nullable [] groups() {
    return groups == null ? null : groups.clone();
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public FloatBuffer features() {
    return features.duplicate();
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

  @Override
  public @Nullable RowFeed feed(long seed) {
    return null;
  }
}
