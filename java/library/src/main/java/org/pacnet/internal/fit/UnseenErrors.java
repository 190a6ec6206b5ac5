package org.pacnet.internal.fit;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What models are off by on rows that they have not seen, for one output, and how they are mixed by that. */
final class UnseenErrors {

  // A row's errors count as no more than so many times the median row's: a label with heavy tails would let one row decide.
  private static final double MEDIANS = 2;
  // Of a row, in the square of the label's unit: below it all are exact.
  private static final double LEAST_SQUARES = 1e-12;

  private final double[][] off;
  private final double[] weights;
  private final List<int[]> together;

  private UnseenErrors(double[][] off, double[] weights, List<int[]> together) {
    this.off = off;
    this.weights = weights;
    this.together = together;
  }

  /**
   * Of every row, each as much as it counts.
   *
   * @param said what each model says, [models][rows, width]
   */
  static UnseenErrors of(float[][] said, Labelled target, int output) {
    int width = target.rows().width();
    double[][] off = new double[said.length][target.rows().rows()];
    for (int k = 0; k < off.length; k++) {
      for (int r = 0; r < off[k].length; r++) {
        off[k][r] = (double) said[k][r * width + output] - target.labels().get(r * width + output);
      }
    }
    float[] importance = target.importance();
    double[] weights = new double[importance.length];
    Arrays.setAll(weights, r -> importance[r]);
    return new UnseenErrors(off, weights, target.together());
  }

  /**
   * The same winsorised (Tukey 1962): all models' errors on a row are as much smaller as would make their root mean square so many medians of it.
   * Rows that belong together are so as one.
   */
  UnseenErrors winsorised() {
    double[] sizes = new double[together.size()];
    for (int u = 0; u < sizes.length; u++) {
      for (int r : together.get(u)) {
        for (double[] own : off) {
          sizes[u] += own[r] * own[r] / together.get(u).length;
        }
      }
    }
    double[] sorted = sizes.clone();
    Arrays.sort(sorted);
    double most = MEDIANS * MEDIANS * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    double[] less = weights.clone();
    for (int u = 0; u < sizes.length && most > 0; u++) {
      for (int r : together.get(u)) {
        less[r] *= Math.min(1, most / sizes[u]);
      }
    }
    return new UnseenErrors(off, less, together);
  }

  /** Of each model, squared and summed. */
  double[] squares() {
    double[] squares = new double[off.length];
    for (int k = 0; k < squares.length; k++) {
      for (int r = 0; r < weights.length; r++) {
        squares[k] += weights[r] * off[k][r] * off[k][r];
      }
      squares[k] = Math.max(squares[k], LEAST_SQUARES * weights.length);
    }
    return squares;
  }

  /**
   * Of two models the share of the second, each being as likely as it makes the rows, the noise being as large as it is (pseudo-BMA; Yao et al. 2018).
   *
   * @param before the logarithm of its odds beforehand
   */
  double ofSecond(double before) {
    double[] squares = squares();
    return 1 / (1 + Math.exp(-before - Math.log(squares[0] / squares[1]) * together.size() / 2));
  }

  /** Minimises the squared error of the mix, and a pull toward the prior that is as strong as some rows, over the simplex. */
  double[] shares(double[] prior, double priorRows) {
    int count = prior.length;
    double[][] gram = new double[count][count];
    double[] toward = new double[count];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        for (int r = 0; r < weights.length; r++) {
          gram[i][j] += weights[r] * off[i][r] * off[j][r];
        }
      }
    }
    // The pull is as strong as so many rows on which the parts differ as they do on these.
    double differing = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < i; j++) {
        differing += gram[i][i] + gram[j][j] - 2 * gram[i][j];
      }
    }
    double pairs = count * (count - 1) / 2.0;
    double pull = Math.max(differing / pairs * priorRows / weights.length / 2, 1e-12);
    for (int i = 0; i < count; i++) {
      gram[i][i] += pull;
      toward[i] = pull * prior[i];
    }
    double[] best = new double[count];
    double lowest = Double.POSITIVE_INFINITY;
    // Every set of parts that may be in the mix; the best one whose shares are all positive.
    for (int set = 1; set < 1 << count; set++) {
      double[] shares = onTheFace(gram, toward, set);
      if (shares == null) {
        continue;
      }
      double value = 0;
      for (int i = 0; i < count; i++) {
        value -= 2 * toward[i] * shares[i];
        for (int j = 0; j < count; j++) {
          value += shares[i] * gram[i][j] * shares[j];
        }
      }
      if (value < lowest) {
        lowest = value;
        best = shares;
      }
    }
    return best;
  }

  // min s'Gs − 2t's with sum 1 over the set: G s = t + m·1, by Gauss elimination of at most six rows.
  private static double @Nullable [] onTheFace(double[][] gram, double[] toward, int set) {
    int count = toward.length;
    int size = Integer.bitCount(set) + 1;
    int[] index = new int[size - 1];
    for (int i = 0, k = 0; i < count; i++) {
      if ((set >> i & 1) != 0) {
        index[k++] = i;
      }
    }
    double[][] m = new double[size][size + 1];
    for (int i = 0; i < size - 1; i++) {
      for (int j = 0; j < size - 1; j++) {
        m[i][j] = gram[index[i]][index[j]];
      }
      m[i][size - 1] = -1;
      m[size - 1][i] = 1;
      m[i][size] = toward[index[i]];
    }
    m[size - 1][size] = 1;
    for (int p = 0; p < size; p++) {
      int pivot = p;
      for (int r = p + 1; r < size; r++) {
        pivot = Math.abs(m[r][p]) > Math.abs(m[pivot][p]) ? r : pivot;
      }
      double[] swapped = m[p];
      m[p] = m[pivot];
      m[pivot] = swapped;
      if (m[p][p] == 0) {
        return null;
      }
      for (int r = 0; r < size; r++) {
        double factor = r == p ? 0 : m[r][p] / m[p][p];
        for (int c = p; c <= size; c++) {
          m[r][c] -= factor * m[p][c];
        }
      }
    }
    double[] shares = new double[count];
    for (int i = 0; i < size - 1; i++) {
      shares[index[i]] = m[i][size] / m[i][i];
      if (!(shares[index[i]] >= 0)) {
        return null;
      }
    }
    return shares;
  }
}
