package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** Rows that are others' but for what a subclass says. */
abstract class RowsOfOthers implements EncodedData {

  final EncodedData others;

  RowsOfOthers(EncodedData others) {
    this.others = others;
  }

  @Override
  public int rows() {
    return others.rows();
  }

  @Override
  public @Nullable FloatBuffer features() {
    return others.features();
  }

  @Override
  public @Nullable RowFeed feed(long seed) {
    return others.feed(seed);
  }

  @Override
  public @Nullable RowFeed training(long seed) {
    return others.training(seed);
  }

  @Override
  public FloatBuffer labels() {
    return others.labels();
  }

  @Override
  public BitSet dropped() {
    return others.dropped();
  }

  @Override
  public int @Nullable [] groups() {
    return others.groups();
  }

  @Override
  public boolean inOrder() {
    return others.inOrder();
  }

  @Override
  public float @Nullable [] weights() {
    return others.weights();
  }

  @Override
  public Provenance provenance() {
    return others.provenance();
  }
}
