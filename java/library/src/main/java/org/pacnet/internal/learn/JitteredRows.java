package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.internal.table.EpochRandom;
import org.pacnet.internal.table.RowByRowFeed;

/** Rows of a table that a fit sees with noise on their number columns, another in each epoch; as they are otherwise. */
final class JitteredRows extends RowsOfOthers {

  // By the place in a row, in standardised units.
  private final Map<Integer, Float> deviations;

  private JitteredRows(EncodedData rows, Map<Integer, Float> deviations) {
    super(rows);
    this.deviations = deviations;
  }

  /**
   * @param jitter standard deviations by column, in its unit
   */
  static EncodedData of(EncodedData rows, Schema schema, Map<String, Double> jitter) {
    return jitter.isEmpty() ? rows : new JitteredRows(rows, deviations(schema, jitter));
  }

  private static Map<Integer, Float> deviations(Schema schema, Map<String, Double> jitter) {
    Map<Integer, Float> deviations = new TreeMap<>();
    int at = 0;
    int found = 0;
    for (Schema.Input input : schema.inputs()) {
      Double deviation = input.kind() == ColumnKind.NUMERIC ? jitter.get(input.name()) : null;
      if (deviation != null) {
        deviations.put(at, (float) (deviation / input.std()));
        found++;
      }
      at += input.width();
    }
    if (found < jitter.size()) {
      String other = jitter.keySet().stream().filter(name -> !isNumber(schema, name)).findFirst().orElseThrow();
      throw new DataException(
          String.format(Locale.ROOT, "there is no input column %s of numbers, on which there could be noise", Messages.name(other)), "jitter");
    }
    return deviations;
  }

  private static boolean isNumber(Schema schema, String name) {
    return schema.inputs().stream().anyMatch(input -> input.name().equals(name) && input.kind() == ColumnKind.NUMERIC);
  }

  @Override
  public RowFeed training(long seed) {
    FloatBuffer features = Objects.requireNonNull(others.features());
    FloatBuffer labels = others.labels();
    int inputs = features.remaining() / others.rows();
    int outputs = labels.remaining() / others.rows();
    return new RowByRowFeed() {
      @Override
      protected void write(long epoch, int row, FloatBuffer x, FloatBuffer y) {
        int begin = x.position();
        x.put(features.slice(row * inputs, inputs));
        if (epoch > 0) {
          SplittableRandom random = EpochRandom.of(seed, epoch, row);
          deviations.forEach((at, deviation) -> x.put(begin + at, x.get(begin + at) + deviation * (float) random.nextGaussian()));
        }
        y.put(labels.slice(row * outputs, outputs));
      }
    };
  }
}
