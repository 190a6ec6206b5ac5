package org.pacnet.internal.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pacnet.internal.correction.Correction.Rows;

/** Ridge regression against the same by fitting anew without the rows that are left out. */
class RidgeTest {

  private static final int ROWS = 15;
  private static final int INPUTS = 3;

  private static Labelled rows(int @Nullable [] groups, float @Nullable [] weights) {
    Random random = new Random(7);
    float[] x = new float[ROWS * INPUTS];
    float[] o = new float[ROWS];
    float[] y = new float[ROWS];
    for (int r = 0; r < ROWS; r++) {
      for (int i = 0; i < INPUTS; i++) {
        x[r * INPUTS + i] = (float) random.nextGaussian();
      }
      o[r] = (float) Math.sin(x[r * INPUTS]);
      y[r] = (float) (o[r] + 0.5 * x[r * INPUTS + 1] + (r % 6 < 3 ? 3 : -3) + 0.3 * random.nextGaussian());
    }
    return new Labelled(new Rows(FloatBuffer.wrap(x), ROWS, INPUTS, o, 1), FloatBuffer.wrap(y), groups, weights);
  }

  // Constant and factors of the standardised columns, of least weighted squares and a penalty on the factors.
  private static double[] fit(double[][] z, double[] y, double[] shares, double penalty, boolean[] in) {
    int columns = z[0].length;
    double[][] gram = new double[columns + 1][columns + 1];
    double[] toward = new double[columns + 1];
    for (int r = 0; r < ROWS; r++) {
      for (int i = 0; in[r] && i <= columns; i++) {
        double own = shares[r] * (i == 0 ? 1 : z[r][i - 1]);
        toward[i] += own * y[r];
        for (int j = 0; j <= columns; j++) {
          gram[i][j] += own * (j == 0 ? 1 : z[r][j - 1]);
        }
      }
    }
    for (int i = 1; i <= columns; i++) {
      gram[i][i] += penalty;
    }
    return new LUDecomposition(MatrixUtils.createRealMatrix(gram)).getSolver().solve(MatrixUtils.createRealVector(toward)).toArray();
  }

  private static double said(double[] coefficients, double[] z) {
    return coefficients[0] + IntStream.range(0, z.length).mapToDouble(j -> coefficients[1 + j] * z[j]).sum();
  }

  private static float[] byHand(Labelled target) {
    Rows rows = target.rows();
    double[] shares = new double[ROWS];
    double[] y = new double[ROWS];
    double[][] z = new double[ROWS][1 + INPUTS];
    for (int r = 0; r < ROWS; r++) {
      shares[r] = target.weight(r) / ROWS;
      y[r] = (double) target.labels().get(r) - rows.outputs()[r];
      for (int j = 0; j <= INPUTS; j++) {
        z[r][j] = j == 0 ? rows.outputs()[r] : rows.feature(r, j - 1);
      }
    }
    double[] mean = new double[1 + INPUTS];
    double[] deviation = new double[1 + INPUTS];
    for (int j = 0; j <= INPUTS; j++) {
      for (int r = 0; r < ROWS; r++) {
        mean[j] += shares[r] * z[r][j];
      }
      for (int r = 0; r < ROWS; r++) {
        deviation[j] += shares[r] * (z[r][j] - mean[j]) * (z[r][j] - mean[j]);
      }
      deviation[j] = Math.sqrt(deviation[j]);
      for (int r = 0; r < ROWS; r++) {
        z[r][j] = (z[r][j] - mean[j]) / deviation[j];
      }
    }
    double best = 0;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 25; i++) {
      double penalty = Math.pow(10, -3 + i / 4.0);
      double sum = 0;
      for (int[] group : target.together()) {
        boolean[] in = new boolean[ROWS];
        Arrays.fill(in, true);
        for (int r : group) {
          in[r] = false;
        }
        double[] without = fit(z, y, shares, penalty, in);
        for (int r : group) {
          double off = y[r] - said(without, z[r]);
          sum += shares[r] * off * off;
        }
      }
      if (sum < lowest) {
        lowest = sum;
        best = penalty;
      }
    }
    boolean[] all = new boolean[ROWS];
    Arrays.fill(all, true);
    double[] found = fit(z, y, shares, best, all);
    float[] coefficients = new float[2 + INPUTS];
    double constant = found[0];
    for (int j = 0; j <= INPUTS; j++) {
      coefficients[1 + j] = (float) (found[1 + j] / deviation[j]);
      constant -= found[1 + j] / deviation[j] * mean[j];
    }
    coefficients[0] = (float) constant;
    return coefficients;
  }

  @Test
  void thePenaltyIsTheBestForRowsThatAreLeftOut() {
    int[] groups = IntStream.range(0, ROWS).map(r -> 10 - r / 3).toArray();
    float[] weights = new float[ROWS];
    for (int r = 0; r < ROWS; r++) {
      weights[r] = 0.5f + r % 5 / 4f; // of mean 1
    }
    // Of more rows than there are columns.
    int[] large = IntStream.range(0, ROWS).map(r -> r / 7).toArray();
    for (Labelled target :
        new Labelled[] {
          rows(null, null), rows(groups, null), rows(large, null), rows(null, weights), rows(groups, weights), rows(large, weights)
        }) {
      float[] expected = byHand(target);
      float[] found = LinearFit.ridge(target).coefficients();
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], found[i], 1e-5);
      }
    }
    assertNotEquals(LinearFit.ridge(rows(null, null)).coefficients()[2], LinearFit.ridge(rows(groups, null)).coefficients()[2]);
  }

  // A matrix of a group's rows would take gigabytes, and days.
  @Test
  void groupsMayBeLarge() {
    int count = 40_000;
    Random random = new Random(1);
    float[] x = new float[count];
    float[] y = new float[count];
    for (int r = 0; r < count; r++) {
      x[r] = (float) random.nextGaussian();
      y[r] = 2 * x[r] + (float) random.nextGaussian();
    }
    for (int groups : new int[] {1, 2}) {
      int[] group = IntStream.range(0, count).map(r -> r % groups).toArray();
      Labelled target = new Labelled(new Rows(FloatBuffer.wrap(x), count, 1, new float[count], 1), FloatBuffer.wrap(y), group, null);
      assertEquals(2, LinearFit.ridge(target).coefficients()[2], 0.03);
    }
  }
}
