package org.pacnet.pde;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.hipparchus.random.SobolSequenceGenerator;
import org.pacnet.config.Equation;
import org.pacnet.config.Pinn;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;

/** Tables of points for a {@link Pinn}, with its columns and the label {@code u}. */
public final class Points {

  private static final int EQUATION = 0;
  private static final int VALUE = 1;
  private static final int VELOCITY = 2;

  // Of the solver: twice as fine moves no value by 0.005 (FiniteDifferencesTest).
  private static final int CELLS = 1024;
  private static final int TIMES = 4096;
  private static final int MOST = 10_000_000;

  private final Equation equation;
  private final double coefficient;

  /** Throws a {@link DataException} if the coefficient is outside the equation's range. */
  public Points(Equation equation, double coefficient) {
    if (!(coefficient >= equation.least() && coefficient <= equation.most())) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "the coefficient of the equation %s must be between %s and %s, not %s",
              equation,
              equation.least(),
              equation.most(),
              coefficient),
          "coefficient");
    }
    this.equation = equation;
    this.coefficient = coefficient;
  }

  /**
   * Points to train on, spread by Sobol's sequence (Sobol 1967), shifted at random.
   *
   * @param inside points where the equation is to hold
   * @param known points at t = 0 and at both ends, in turn, where u is known, and of a wave u_t too
   * @param seed of the shift
   */
  public Data training(int inside, int known, long seed) {
    if (inside < 0 || known < 0 || inside + known == 0 || (long) inside + known > MOST) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "there must be between 1 and %d points, not %d and %d",
              MOST,
              inside,
              known),
          "points");
    }
    Table table = new Table(inside + known);
    SplittableRandom random = new SplittableRandom(seed);
    double[] shift = {random.nextDouble(), random.nextDouble()};
    SobolSequenceGenerator within = new SobolSequenceGenerator(2);
    for (int i = 0; i < inside; i++) {
      double[] point = next(within, shift);
      table.add(2 * point[0] - 1, point[1], EQUATION, 0);
    }
    // Each kind by a sequence of its own: of one, every other point is in the same half.
    SobolSequenceGenerator first = new SobolSequenceGenerator(2);
    SobolSequenceGenerator ends = new SobolSequenceGenerator(2);
    SobolSequenceGenerator rest = new SobolSequenceGenerator(2);
    for (int i = 0; i < known; i++) {
      int kind = i % (equation.startsAtRest() ? 3 : 2);
      if (kind == 0) {
        double x = 2 * next(first, shift)[0] - 1;
        table.add(x, 0, VALUE, equation.initial(x));
      } else if (kind == 1) {
        double[] point = next(ends, shift);
        table.add(point[0] < 0.5 ? -1 : 1, point[1], VALUE, equation.boundary());
      } else {
        table.add(2 * next(rest, shift)[0] - 1, 0, VELOCITY, 0);
      }
    }
    return table.data();
  }

  private static double[] next(SobolSequenceGenerator sobol, double[] shift) {
    double[] point = sobol.nextVector();
    for (int d = 0; d < point.length; d++) {
      point[d] = (point[d] + shift[d]) % 1;
    }
    return point;
  }

  /**
   * u on a grid over all of x and t, by finite differences, to compare predictions with.
   *
   * @param cells in each direction, at most 512; there is one point more
   */
  public Data solution(int cells) {
    if (cells < 1 || cells > 512) {
      throw new DataException(
          "the grid must have between 1 and 512 cells, not " + cells, "solution");
    }
    double[][] u = FiniteDifferences.solve(equation, coefficient, CELLS, TIMES);
    Table table = new Table((cells + 1) * (cells + 1));
    for (int n = 0; n <= cells; n++) {
      // The nearest of the solver's points: a grid of any size then needs no interpolation.
      int time = Math.round((float) n * TIMES / cells);
      for (int i = 0; i <= cells; i++) {
        int place = Math.round((float) i * CELLS / cells);
        table.add(-1 + 2.0 * place / CELLS, (double) time / TIMES, VALUE, u[time][place]);
      }
    }
    return table.data();
  }

  private final class Table {
    private final double[] x;
    private final double[] t;
    private final double[] coefficients;
    private final double[] condition;
    private final double[] u;
    private int rows;

    Table(int size) {
      x = new double[size];
      t = new double[size];
      coefficients = new double[size];
      condition = new double[size];
      u = new double[size];
    }

    void add(double place, double time, int what, double value) {
      x[rows] = place;
      t[rows] = time;
      coefficients[rows] = coefficient;
      condition[rows] = what;
      u[rows++] = value;
    }

    Data data() {
      Map<String, double[]> columns = new LinkedHashMap<>();
      columns.put("x", x);
      columns.put("t", t);
      columns.put("coefficient", coefficients);
      columns.put("condition", condition);
      columns.put("u", u);
      return Data.columns(columns);
    }
  }
}
