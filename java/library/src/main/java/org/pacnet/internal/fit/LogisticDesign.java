package org.pacnet.internal.fit;

import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.DecompositionSolver;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.pacnet.internal.base.Softmax;
import org.pacnet.internal.correction.Correction.Rows;

/** Rows that coefficients of a {@link LogisticFit} are learnt from, under one prior after another, each of which starts where the last one ended. */
final class LogisticDesign {

  private static final int MOST_STEPS = 300;
  // A column that goes so far is taken in units of its largest value: squares of more leave no digit of what else is there.
  private static final double FAR = 1e4;

  private final Rows rows;
  private final int width;
  private final int columns;
  private final int[] which;
  private final int[] classes;
  private final float[] weights;
  // A row: 1, what is said of it, and its inputs, each in its unit.
  private final double[][] f;
  private final double[] units;
  private final double[][] products;
  private final double[][] found;

  /**
   * @param classes of all rows
   * @param which of the rows
   * @param weights of all rows
   */
  LogisticDesign(Rows rows, int[] classes, int[] which, float[] weights) {
    this.rows = rows;
    this.classes = classes;
    this.which = which;
    this.weights = weights;
    width = rows.width();
    columns = 1 + width + rows.inputs();
    units = new double[columns];
    for (int j = 0; j < columns; j++) {
      double largest = 0;
      for (int r = 0; r < rows.rows(); r++) {
        largest = Math.max(largest, Math.abs(value(r, j)));
      }
      units[j] = largest > FAR ? largest : 1;
    }
    f = new double[which.length][columns];
    for (int i = 0; i < which.length; i++) {
      for (int j = 0; j < columns; j++) {
        f[i][j] = value(which[i], j) / units[j];
      }
    }
    products = new double[columns][columns];
    for (int i = 0; i < which.length; i++) {
      for (int a = 0; a < columns; a++) {
        double own = weights[which[i]] * f[i][a];
        for (int b = 0; b <= a; b++) {
          products[a][b] += own * f[i][b];
        }
      }
    }
    found = new double[width][columns];
  }

  private double value(int row, int column) {
    return column == 0 ? 1 : column <= width ? rows.outputs()[row * width + column - 1] : rows.feature(row, column - 1 - width);
  }

  /**
   * [width, 1 + width + inputs], the mode: steps against Böhning's bound of the Hessian (1992), ½·FᵀF + 1 for each class, F the rows times the
   * root of a coefficient's variance, whose factor is the same for all steps, with Nesterov's momentum and O'Donoghue and Candès' restarts (2015).
   *
   * @param within steps smaller than that, of coefficients over the root of their variance, are the last
   */
  double[] coefficients(LogisticFit.Prior prior, double within) {
    double[] factor = new double[columns];
    for (int j = 0; j < columns; j++) {
      factor[j] = Math.sqrt(j == 0 ? prior.constant() : j <= width ? prior.scale() : prior.slope() / rows.inputs());
    }
    double[][] w = new double[width][columns];
    double[][] ahead = new double[width][columns];
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < columns; j++) {
        w[c][j] = found[c][j] / factor[j];
      }
      ahead[c] = w[c].clone();
    }
    DecompositionSolver bound = bound(factor);
    double momentum = 1;
    for (int step = 0; step < MOST_STEPS && which.length > 0; step++) {
      double[][] gradient = gradient(ahead, factor);
      double along = 0;
      double largest = 0;
      double next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
      for (int c = 0; c < width; c++) {
        double[] move = bound.solve(MatrixUtils.createRealVector(gradient[c])).toArray();
        for (int j = 0; j < columns; j++) {
          double moved = ahead[c][j] - move[j];
          double change = moved - w[c][j];
          along += gradient[c][j] * change;
          largest = Math.max(largest, Math.abs(change));
          ahead[c][j] = moved + (momentum - 1) / next * change;
          w[c][j] = moved;
        }
      }
      momentum = next;
      if (along > 0) {
        momentum = 1;
        for (int c = 0; c < width; c++) {
          ahead[c] = w[c].clone();
        }
      }
      if (largest < within) {
        break;
      }
    }
    double[] coefficients = new double[width * columns];
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < columns; j++) {
        found[c][j] = factor[j] * w[c][j];
        coefficients[c * columns + j] = found[c][j] / units[j];
      }
    }
    return coefficients;
  }

  private DecompositionSolver bound(double[] factor) {
    RealMatrix bound = MatrixUtils.createRealMatrix(columns, columns);
    for (int a = 0; a < columns; a++) {
      for (int b = 0; b <= a; b++) {
        double value = 0.5 * factor[a] * factor[b] * products[a][b] + (a == b ? 1 : 0);
        bound.setEntry(a, b, value);
        bound.setEntry(b, a, value);
      }
    }
    return new CholeskyDecomposition(bound).getSolver();
  }

  // Of −log p and the prior, by coefficients over the root of their variance.
  private double[][] gradient(double[][] w, double[] factor) {
    double[][] own = new double[width][columns];
    double[][] gradient = new double[width][columns];
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < columns; j++) {
        own[c][j] = factor[j] * w[c][j];
      }
    }
    float[] logits = new float[width];
    double[] p = new double[width];
    for (int i = 0; i < which.length; i++) {
      for (int c = 0; c < width; c++) {
        double value = rows.outputs()[which[i] * width + c];
        for (int j = 0; j < columns; j++) {
          value += own[c][j] * f[i][j];
        }
        logits[c] = (float) value;
      }
      Softmax.into(logits, 0, width, p);
      p[classes[which[i]]] -= 1;
      for (int c = 0; c < width; c++) {
        double error = weights[which[i]] * p[c];
        for (int j = 0; j < columns; j++) {
          gradient[c][j] += error * f[i][j];
        }
      }
    }
    for (int c = 0; c < width; c++) {
      for (int j = 0; j < columns; j++) {
        gradient[c][j] = w[c][j] + factor[j] * gradient[c][j];
      }
    }
    return gradient;
  }
}
