package org.pacnet.internal.correction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.internal.fit.Boosting;

/** Trees say what XGBoost says of them, and whatever else is in their bytes is refused. */
final class BoostedTreesTest {

  private static final int FEATURES = 4;
  private static final int ROWS = 500;

  private static float[] features(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[ROWS * FEATURES];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextInt(20) == 0 ? Float.NaN : (float) (random.nextInt(3) == 0 ? random.nextInt(4) : random.nextDouble(-2, 2));
    }
    return x;
  }

  private static byte[] trained(int classes) {
    float[] x = features(1);
    float[] y = new float[ROWS];
    for (int r = 0; r < ROWS; r++) {
      double sum = 0;
      for (int i = 0; i < FEATURES; i++) {
        float v = x[r * FEATURES + i];
        sum += Float.isNaN(v) ? 1 : Math.sin(v * (1 + i));
      }
      y[r] = classes > 0 ? (float) Math.floorMod((int) Math.floor(sum), classes) : (float) (1000 + sum);
    }
    float[] weights = new float[ROWS];
    Arrays.fill(weights, 1);
    return Boosting.train(x, FEATURES, y, weights, classes, 1, 3);
  }

  private static float[] byXgboost(byte[] model, float[] x) throws Exception {
    DMatrix matrix = new DMatrix(x, ROWS, FEATURES, Float.NaN);
    Booster booster = XGBoost.loadModel(model);
    try {
      float[][] said = booster.predict(matrix, true);
      float[] flat = new float[ROWS * said[0].length];
      for (int r = 0; r < ROWS; r++) {
        System.arraycopy(said[r], 0, flat, r * said[r].length, said[r].length);
      }
      return flat;
    } finally {
      booster.dispose();
      matrix.dispose();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 5})
  void theySayWhatXgboostSays(int classes) throws Exception {
    byte[] model = trained(classes);
    float[] x = features(2);
    float[] ours = BoostedTrees.read(model, FEATURES, Math.max(1, classes)).margins(x, ROWS);
    assertArrayEquals(byXgboost(model, x), ours, 1e-5f * (classes > 0 ? 1 : 1000));
  }

  // Eight of 186 such indices ended the JVM inside XGBoost.
  @Test
  void anIndexOfNoNodeIsRefused() {
    byte[] model = trained(0);
    byte[] key = "left_children".getBytes(StandardCharsets.US_ASCII);
    int at = -1;
    for (int i = 0; at < 0; i++) {
      at = new String(model, i, key.length, StandardCharsets.US_ASCII).equals("left_children") ? i + key.length : -1;
    }
    // [ $ l # L and eight bytes of length, then 32-bit numbers.
    assertTrue(model[at] == '[' && model[at + 2] == 'l' && model[at + 4] == 'L');
    int first = at + 13;
    for (int index : new int[] {0x7ffffff0, Integer.MAX_VALUE, Integer.MIN_VALUE, -2, 0, 100_000}) {
      byte[] made = model.clone();
      ByteBuffer.wrap(made).putInt(first, index);
      assertThrows(IllegalArgumentException.class, () -> BoostedTrees.read(made, FEATURES, 1), "" + index);
    }
    assertThrows(IllegalArgumentException.class, () -> BoostedTrees.read(model, FEATURES + 1, 1));
    assertThrows(IllegalArgumentException.class, () -> BoostedTrees.read(model, FEATURES, 2));
  }

  @Test
  void whateverIsChangedIsReadOrRefused() {
    float[] x = features(2);
    for (int classes : new int[] {0, 3}) {
      byte[] model = trained(classes);
      SplittableRandom random = new SplittableRandom(4);
      int read = 0;
      int refused = 0;
      for (int i = 0; i < 400; i++) {
        byte[] made = model.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
          int at = random.nextInt(made.length - 4);
          switch (random.nextInt(3)) {
            case 0 -> made[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> ByteBuffer.wrap(made).putInt(at, random.nextInt());
            default -> made = java.util.Arrays.copyOf(made, at + 4);
          }
        }
        try {
          BoostedTrees.read(made, FEATURES, Math.max(1, classes)).margins(x, ROWS);
          read++;
        } catch (IllegalArgumentException e) {
          refused++;
        }
      }
      assertTrue(read > 20 && refused > 20, read + " read, " + refused + " refused");
    }
  }
}
