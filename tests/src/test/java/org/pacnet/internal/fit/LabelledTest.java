package org.pacnet.internal.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.pacnet.internal.correction.Correction.Rows;

class LabelledTest {

  private static final int ROWS = 100;

  // Two inputs, one of them the target's own, two outputs; everything says which row it is of.
  private static Labelled rows(boolean weighted) {
    float[] x = new float[2 * ROWS];
    float[] said = new float[2 * ROWS];
    float[] y = new float[2 * ROWS];
    float[] weights = new float[ROWS];
    int[] groups = new int[ROWS];
    for (int r = 0; r < ROWS; r++) {
      for (int i = 0; i < 2; i++) {
        x[2 * r + i] = r + 0.25F * i;
        said[2 * r + i] = 1000 + r + 0.25F * i;
        y[2 * r + i] = 2000 + r + 0.25F * i;
      }
      weights[r] = (r + 1) / 50.5F;
      groups[r] = r / 3;
    }
    Rows own = new Rows(FloatBuffer.wrap(x), ROWS, 2, 1, said, 2);
    return new Labelled(own, FloatBuffer.wrap(y), weighted ? groups : null, weighted ? weights : null);
  }

  @Test
  void someOfThemAreWhatTheyWere() {
    Labelled some = rows(true).drawn(30, 7);
    assertEquals(30, some.rows().rows());
    assertEquals(1, some.rows().common());
    float[] weights = Objects.requireNonNull(some.weights());
    int[] groups = Objects.requireNonNull(some.groups());
    float last = -1;
    double sum = 0;
    for (int i = 0; i < 30; i++) {
      float row = some.rows().feature(i, 0);
      assertTrue(row > last, "each once, in their order");
      last = row;
      assertEquals(row + 0.25F, some.rows().feature(i, 1));
      assertEquals(1000 + row, some.rows().outputs()[2 * i]);
      assertEquals(2000.25F + row, some.labels().get(2 * i + 1));
      assertEquals((int) row / 3, groups[i]);
      assertEquals((row + 1) / (some.rows().feature(0, 0) + 1), weights[i] / weights[0], 1e-4);
      sum += weights[i];
    }
    assertEquals(30, sum, 1e-4);
    assertNull(rows(false).drawn(30, 7).weights());
    assertNull(rows(false).drawn(30, 7).groups());
  }

  @Test
  void eachIsAsLikelyToBeDrawn() {
    int[] count = new int[ROWS];
    for (int seed = 0; seed < 1000; seed++) {
      Labelled some = rows(false).drawn(30, seed);
      for (int i = 0; i < 30; i++) {
        count[(int) some.rows().feature(i, 0)]++;
      }
    }
    for (int drawn : count) {
      // 300 with a deviation of 14.5.
      assertEquals(300, drawn, 75);
    }
  }

  @Test
  void theSeedDrawsAndFewAreAllTaken() {
    Labelled all = rows(true);
    assertSame(all, all.drawn(ROWS, 1));
    assertArrayEquals(all.drawn(30, 1).rows().copied(), all.drawn(30, 1).rows().copied());
    assertNotEquals(FloatBuffer.wrap(all.drawn(30, 1).rows().copied()), FloatBuffer.wrap(all.drawn(30, 2).rows().copied()));
  }
}
