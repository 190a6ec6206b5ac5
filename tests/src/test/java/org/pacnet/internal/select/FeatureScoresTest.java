package org.pacnet.internal.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The closed forms beside what they are short for. */
class FeatureScoresTest {

  private static double[][] features(int rows, int columns, long seed) {
    Random random = new Random(seed);
    double[][] f = new double[rows][columns];
    for (double[] row : f) {
      Arrays.setAll(row, c -> 3 + (1 + c) * random.nextGaussian());
    }
    return f;
  }

  private static double[] label(double[][] f, long seed) {
    Random random = new Random(seed);
    return Arrays.stream(f).mapToDouble(row -> 2 + 0.7 * row[0] - 0.2 * row[1] + 0.5 * random.nextGaussian()).toArray();
  }

  private static double[][] centred(double[][] f) {
    double[][] all = new double[f.length][f[0].length];
    for (int c = 0; c < f[0].length; c++) {
      int column = c;
      double mean = Arrays.stream(f).mapToDouble(row -> row[column]).average().orElseThrow();
      for (int r = 0; r < f.length; r++) {
        all[r][c] = f[r][c] - mean;
      }
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({"30,4", "12,20"})
  void evidenceIsTheHighestDensityOfTheLabels(int rows, int columns) {
    double[][] f = features(rows, columns, 1);
    double[] y = label(f, 2);
    double[] own = new FeatureScores(f).leftOut(y);
    assertEquals(rows, own.length);
    RealMatrix x = MatrixUtils.createRealMatrix(centred(f));
    RealMatrix gram = x.multiplyTransposed(x);
    double mean = Arrays.stream(y).average().orElseThrow();
    RealMatrix centre = MatrixUtils.createColumnRealMatrix(Arrays.stream(y).map(v -> v - mean).toArray());
    double highest = Double.NEGATIVE_INFINITY;
    for (double logAlpha = -8; logAlpha < 8; logAlpha += 0.1) {
      for (double logBeta = -6; logBeta < 8; logBeta += 0.1) {
        RealMatrix covariance =
            gram.scalarMultiply(Math.exp(-logAlpha)).add(MatrixUtils.createRealIdentityMatrix(rows).scalarMultiply(Math.exp(-logBeta)));
        CholeskyDecomposition root = new CholeskyDecomposition(covariance, 1e-8, 0);
        double distance = centre.transpose().multiply(root.getSolver().solve(centre)).getEntry(0, 0);
        // Without the constant, along which centred rows have nothing.
        double size = Math.log(root.getDeterminant()) + logBeta;
        double density = -0.5 * (distance + size + (rows - 1) * Math.log(2 * Math.PI));
        highest = Math.max(highest, density / (rows - 1));
      }
    }
    double found = new FeatureScores(f).logEvidence(y);
    // The grid is a tenth apart.
    assertTrue(found >= highest - 1e-6 && found < highest + 1e-2, found + " beside " + highest);
  }

  @ParameterizedTest
  @CsvSource({"25,4", "9,14"})
  void rowsLeftOutAreAskedOfTheOthers(int rows, int columns) {
    double[][] f = features(rows, columns, 3);
    double[] y = label(f, 4);
    double[][] all = centred(f);
    RealMatrix x = MatrixUtils.createRealMatrix(all);
    double largest =
        Arrays.stream(new org.hipparchus.linear.EigenDecompositionSymmetric(x.multiplyTransposed(x)).getEigenvalues()).max().orElseThrow();
    double[] best = new double[rows];
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 41; i++) {
      double strength = largest * Math.pow(10, -8 + 0.25 * i);
      double[] said = new double[rows];
      double error = 0;
      for (int out = 0; out < rows; out++) {
        int without = out;
        double[][] rest = new double[rows - 1][];
        double[] labels = new double[rows - 1];
        for (int r = 0, k = 0; r < rows; r++) {
          if (r != without) {
            rest[k] = f[r];
            labels[k++] = y[r];
          }
        }
        double mean = Arrays.stream(labels).average().orElseThrow();
        RealMatrix z = MatrixUtils.createRealMatrix(centred(rest));
        RealMatrix normal = z.transposeMultiply(z).add(MatrixUtils.createRealIdentityMatrix(columns).scalarMultiply(strength));
        double[] along = z.transpose().operate(Arrays.stream(labels).map(v -> v - mean).toArray());
        double[] weights = new LUDecomposition(normal, 0).getSolver().solve(MatrixUtils.createRealVector(along)).toArray();
        said[out] = mean;
        for (int c = 0; c < columns; c++) {
          int column = c;
          double middle = Arrays.stream(rest).mapToDouble(row -> row[column]).average().orElseThrow();
          said[out] += weights[c] * (f[out][c] - middle);
        }
        error += (said[out] - y[out]) * (said[out] - y[out]);
      }
      if (error < lowest) {
        lowest = error;
        best = said;
      }
    }
    double[] found = new FeatureScores(f).leftOut(y);
    for (int r = 0; r < rows; r++) {
      assertEquals(best[r], found[r], 1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"40,3", "40,6"})
  void hScoreIsWhatItsDefinitionSays(int rows, int columns) {
    double[][] f = features(rows, columns, 5);
    int[] classes = new int[rows];
    for (int r = 0; r < rows; r++) {
      classes[r] = f[r][0] > 3 ? 1 : f[r][1] > 3 ? 2 : 0;
    }
    RealMatrix x = MatrixUtils.createRealMatrix(centred(f));
    RealMatrix covariance = x.transposeMultiply(x).scalarMultiply(1.0 / rows);
    double mu = covariance.getTrace() / columns;
    RealMatrix target = MatrixUtils.createRealIdentityMatrix(columns).scalarMultiply(mu);
    double apart = Math.pow(covariance.subtract(target).getFrobeniusNorm(), 2);
    double noise = 0;
    for (int r = 0; r < rows; r++) {
      RealMatrix row = MatrixUtils.createColumnRealMatrix(x.getRow(r));
      noise += Math.pow(row.multiplyTransposed(row).subtract(covariance).getFrobeniusNorm(), 2) / rows / rows;
    }
    double share = Math.min(1, noise / apart);
    RealMatrix shrunk = covariance.scalarMultiply(1 - share).add(target.scalarMultiply(share));
    RealMatrix between = MatrixUtils.createRealMatrix(columns, columns);
    for (int c = 0; c < 3; c++) {
      double[] mean = new double[columns];
      int size = 0;
      for (int r = 0; r < rows; r++) {
        if (classes[r] == c) {
          size++;
          for (int k = 0; k < columns; k++) {
            mean[k] += x.getEntry(r, k);
          }
        }
      }
      int count = size;
      RealMatrix column = MatrixUtils.createColumnRealMatrix(Arrays.stream(mean).map(v -> v / count).toArray());
      between = between.add(column.multiplyTransposed(column).scalarMultiply((double) size / rows));
    }
    double expected = (1 - share) * new LUDecomposition(shrunk).getSolver().getInverse().multiply(between).getTrace();
    assertEquals(expected, new FeatureScores(f).hScore(classes), 1e-9);
  }
}
