package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.StackCorrection;

/** Learns a {@link StackCorrection}. */
final class StackFit {

  // The mix without evidence, and how many rows of evidence it takes to outweigh it: with a handful of rows the
  // networks are the safest (docs/adr/0009-defaults.md).
  private static final double[] PRIOR = {0.6, 0.2, 0.2, 0, 0};
  private static final double PRIOR_ROWS = 10;

  private StackFit() {}

  /**
   * Learns from the target's rows.
   *
   * @param unseen what a network that has not seen the row says of it, [rows, width]
   * @param folds the rows that belong together, as many sets as networks
   * @param part some of the rows
   */
  static StackCorrection fit(
      Rows rows,
      FloatBuffer labels,
      float[] unseen,
      List<int[]> folds,
      IntFunction<Corrections.Fold> part,
      int threads) {
    int width = rows.width();
    float[] shares = new float[width * StackCorrection.PARTS];
    if (folds.size() < 2) {
      for (int c = 0; c < width; c++) {
        shares[c * StackCorrection.PARTS] = 1; // nothing is known of any of them
      }
    } else {
      float[][] said = new float[StackCorrection.PARTS][unseen.length];
      said[0] = unseen;
      for (int f = 0; f < folds.size(); f++) {
        Corrections.Fold own = part.apply(f);
        int[] members = folds.get(f);
        List<Correction> parts = fitAll(own.others(), own.otherLabels(), threads);
        for (int k = 1; k < StackCorrection.PARTS; k++) {
          float[] outputs = parts.get(k - 1).apply(own.rows(), null, Corrections.PROCESSES).outputs();
          for (int i = 0; i < members.length; i++) {
            System.arraycopy(outputs, i * width, said[k], members[i] * width, width);
          }
        }
      }
      for (int c = 0; c < width; c++) {
        double[] own = shares(said, labels, rows.rows(), width, c);
        for (int k = 0; k < StackCorrection.PARTS; k++) {
          shares[c * StackCorrection.PARTS + k] = (float) own[k];
        }
      }
    }
    return new StackCorrection(shares, fitAll(rows, labels, threads));
  }

  private static List<Correction> fitAll(Rows rows, FloatBuffer labels, int threads) {
    return StackCorrection.CORRECTIONS.stream()
        .map(method -> Corrections.fit(method, rows, labels, null, null, threads, 0))
        .toList();
  }

  /** Minimises the squared error of the mix, and a pull toward the prior, over the simplex. */
  private static double[] shares(
      float[][] said, FloatBuffer labels, int n, int width, int output) {
    double[][] gram = new double[StackCorrection.PARTS][StackCorrection.PARTS];
    double[] toward = new double[StackCorrection.PARTS];
    for (int r = 0; r < n; r++) {
      int at = r * width + output;
      double y = labels.get(at);
      double[] off = new double[StackCorrection.PARTS];
      for (int k = 0; k < StackCorrection.PARTS; k++) {
        off[k] = said[k][at] - y;
      }
      for (int i = 0; i < StackCorrection.PARTS; i++) {
        for (int j = 0; j < StackCorrection.PARTS; j++) {
          gram[i][j] += off[i] * off[j];
        }
      }
    }
    // The pull is as strong as so many rows on which the parts differ as they do on these.
    double differing = 0;
    for (int i = 0; i < StackCorrection.PARTS; i++) {
      for (int j = 0; j < i; j++) {
        differing += gram[i][i] + gram[j][j] - 2 * gram[i][j];
      }
    }
    double pairs = StackCorrection.PARTS * (StackCorrection.PARTS - 1) / 2.0;
    double pull = Math.max(differing / pairs * PRIOR_ROWS / n / 2, 1e-12);
    for (int i = 0; i < StackCorrection.PARTS; i++) {
      gram[i][i] += pull;
      toward[i] = pull * PRIOR[i];
    }
    double[] best = new double[StackCorrection.PARTS];
    double lowest = Double.POSITIVE_INFINITY;
    // Every set of parts that may be in the mix; the best one whose shares are all positive.
    for (int set = 1; set < 1 << StackCorrection.PARTS; set++) {
      double[] shares = onTheFace(gram, toward, set);
      if (shares == null) {
        continue;
      }
      double value = 0;
      for (int i = 0; i < StackCorrection.PARTS; i++) {
        value -= 2 * toward[i] * shares[i];
        for (int j = 0; j < StackCorrection.PARTS; j++) {
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
    int size = Integer.bitCount(set) + 1;
    int[] index = new int[size - 1];
    for (int i = 0, k = 0; i < StackCorrection.PARTS; i++) {
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
    double[] shares = new double[StackCorrection.PARTS];
    for (int i = 0; i < size - 1; i++) {
      shares[index[i]] = m[i][size] / m[i][i];
      if (!(shares[index[i]] >= 0)) {
        return null;
      }
    }
    return shares;
  }
}
