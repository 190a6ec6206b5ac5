package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;

/** Rows of a table that were put together from others. */
final class MadeRows implements EncodedData {

  private final Provenance provenance;
  private final int rows;
  private final FloatBuffer features;
  private final FloatBuffer labels;
  private final float[] weights;

  private MadeRows(Provenance provenance, int rows, FloatBuffer features, FloatBuffer labels, float[] weights) {
    this.provenance = provenance;
    this.rows = rows;
    this.features = features;
    this.labels = labels;
    this.weights = weights;
  }

  /**
   * Rows that were made, all counting the same.
   *
   * @param features [rows, inputs]
   * @param labels [rows, labels]; empty where nobody asks for them
   */
  static MadeRows of(Provenance provenance, int rows, FloatBuffer features, FloatBuffer labels) {
    float[] weights = new float[rows];
    Arrays.fill(weights, 1);
    return new MadeRows(provenance, rows, features, labels, weights);
  }

  /** Some of those of the source's rows that a model keeps, evenly taken. */
  static MadeRows of(SourceSample sample, int most) {
    int rows = Math.min(sample.rows(), most);
    int inputs = sample.features().length / sample.rows();
    int width = sample.labels().length / sample.rows();
    FloatBuffer features = Phases.direct(rows * inputs);
    FloatBuffer labels = Phases.direct(rows * width);
    for (int i = 0; i < rows; i++) {
      int row = (int) ((long) i * sample.rows() / rows);
      features.put(sample.features(), row * inputs, inputs);
      labels.put(sample.labels(), row * width, width);
    }
    return of(new Provenance("rows of the source", rows, 0, "", List.of()), rows, features.flip(), labels.flip());
  }

  /**
   * Rows of several tables, one behind the other.
   *
   * @param weights how much a row of each counts, by name, besides what it counts itself
   */
  static MadeRows joined(Provenance provenance, Map<String, EncodedData> tables, Map<String, Double> weights) {
    int count = tables.values().stream().mapToInt(EncodedData::rows).reduce(0, Math::addExact);
    FloatBuffer features = Phases.direct(floats(tables.values().stream().map(table -> Objects.requireNonNull(table.features()))));
    FloatBuffer labels = Phases.direct(floats(tables.values().stream().map(EncodedData::labels)));
    float[] each = new float[count];
    int at = 0;
    for (Map.Entry<String, EncodedData> table : tables.entrySet()) {
      features.put(Objects.requireNonNull(table.getValue().features()));
      labels.put(table.getValue().labels());
      float[] own = table.getValue().weights();
      double weight = Objects.requireNonNull(weights.get(table.getKey()));
      for (int r = 0; r < table.getValue().rows(); r++) {
        each[at++] = (float) (own == null ? weight : weight * own[r]);
      }
    }
    return new MadeRows(provenance, count, features.flip(), labels.flip(), each);
  }

  private static int floats(Stream<FloatBuffer> buffers) {
    return buffers.mapToInt(FloatBuffer::remaining).reduce(0, Math::addExact);
  }

  /**
   * Rows, and behind them others without labels, whose loss counts nothing.
   *
   * @param others features, [rows, inputs]
   * @param own what the labelled rows count; null where all count the same
   */
  static MadeRows of(EncodedData labelled, FloatBuffer others, float @Nullable [] own) {
    FloatBuffer first = Objects.requireNonNull(labelled.features(), "images have no features");
    int known = labelled.rows();
    int rows = known + others.remaining() / (first.remaining() / known);
    FloatBuffer features = Phases.direct(first.remaining() + others.remaining()).put(first).put(others.duplicate()).flip();
    FloatBuffer said = labelled.labels();
    FloatBuffer labels = Phases.direct(said.remaining() / known * rows).put(said).clear();
    float[] weights = new float[rows];
    Arrays.fill(weights, 0, known, 1);
    if (own != null) {
      System.arraycopy(own, 0, weights, 0, known);
    }
    return new MadeRows(labelled.provenance(), rows, features, labels, weights);
  }

  /**
   * The same with more of each row.
   *
   * @param more what comes behind the features that are there, [rows, each] one after another
   */
  MadeRows with(List<float[]> more) {
    int each = features.remaining() / rows;
    FloatBuffer wider = Phases.direct(features.remaining() + more.stream().mapToInt(one -> one.length).reduce(0, Math::addExact));
    for (int r = 0; r < rows; r++) {
      wider.put(features.slice(r * each, each));
      for (float[] one : more) {
        wider.put(one, r * (one.length / rows), one.length / rows);
      }
    }
    return new MadeRows(provenance, rows, wider.flip(), labels, weights);
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
  public @Nullable RowFeed feed(long seed) {
    return null;
  }

  @Override
  public FloatBuffer labels() {
    return labels.duplicate();
  }

  @Override
  public BitSet dropped() {
    return new BitSet();
  }

  @Override
  public float[] weights() {
    return weights.clone();
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }
}
