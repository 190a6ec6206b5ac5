package org.pacnet.internal.learn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pacnet.config.Missing;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Provenance;
import org.pacnet.data.Schema;
import org.pacnet.internal.engine.RowFeed;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Metrics;

/** Beside scikit-learn 1.9's balanced_accuracy_score, f1_score(average="macro") and roc_auc_score(average="macro", multi_class="ovr"). */
class MeasureTest {

  private static final float[][] LOGITS = {
    {2, 0.5F, -1}, {0.1F, 0.2F, 0.3F}, {1, 1, 0}, {-1, 2, 0.5F}, {0, 0, 0}, {3, -1, -2}, {0.5F, 0.4F, 0.9F}, {-0.5F, 1.5F, 1.5F}
  };

  private static Metrics measured(int classes, float... truths) {
    Schema schema =
        new Schema(
            List.of(new Schema.Input("x", ColumnKind.NUMERIC, List.of(), 0, 1, 0, null)),
            List.of(new Schema.Label("y", 0, 1, null)),
            List.of("a", "b", "c").subList(0, classes),
            Missing.ERROR,
            List.of(),
            null,
            null);
    float[] outputs = new float[classes * truths.length];
    for (int r = 0; r < truths.length; r++) {
      System.arraycopy(LOGITS[r], 0, outputs, r * classes, classes);
    }
    EncodedData rows =
        new EncodedData() {
          @Override
          public int rows() {
            return truths.length;
          }

          @Override
          public @Nullable FloatBuffer features() {
            return null;
          }

          @Override
          public @Nullable RowFeed feed(long seed) {
            return null;
          }

          @Override
          public FloatBuffer labels() {
            return FloatBuffer.wrap(truths);
          }

          @Override
          public BitSet dropped() {
            return new BitSet();
          }

          @Override
          public Provenance provenance() {
            return new Provenance("t", truths.length, 0, "", List.of());
          }
        };
    return Measure.of(schema, rows, outputs);
  }

  private static void assertMetrics(double balanced, double f1, double auc, Metrics metrics) {
    assertEquals(balanced, metrics.balancedAccuracy(), 1e-12);
    assertEquals(f1, metrics.f1(), 1e-12);
    assertEquals(auc, metrics.auc(), 1e-12);
  }

  @Test
  void severalClassesAreAveraged() {
    assertMetrics(0.5833333333333334, 0.5833333333333334, 0.8819444444444445, measured(3, 0, 2, 1, 1, 0, 0, 0, 2));
  }

  @Test
  void ofTwoTheAreaIsOneAndEqualProbabilitiesShareTheirRanks() {
    assertMetrics(0.625, 0.6190476190476191, 0.71875, measured(2, 0, 1, 1, 1, 0, 0, 1, 0));
  }

  @Test
  void aRareClassThatIsNeverFoundCountsLikeTheOthers() {
    // Four of the seven of a are found, and not the one of b.
    Metrics blind = measured(2, 0, 0, 0, 0, 0, 0, 1, 0);
    assertEquals(4.0 / 8, blind.accuracy(), 1e-12);
    assertEquals(2.0 / 7, blind.balancedAccuracy(), 1e-12);
  }

  @Test
  void whereOneClassAloneOccursThereIsNoArea() {
    Metrics metrics = measured(2, 0, 0, 0);
    assertNull(metrics.auc());
    assertEquals(2.0 / 3, metrics.balancedAccuracy(), 1e-12);
  }
}
