package org.pacnet.internal.correction;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * A mix of what the target's networks say and of four corrections, each of which is best somewhere; stacking
 * (Wolpert 1992; Breiman 1996). The shares come from predictions of rows that none of the five has seen.
 *
 * @param shares for each output the networks' and then each correction's, [width, 5]; 0 or more, with sum 1
 * @param corrections in the order of {@link #CORRECTIONS}
 */
record StackCorrection(float[] shares, List<Correction> corrections) implements Correction {

  private static final List<Method> CORRECTIONS =
      List.of(Method.GP_RESIDUAL, Method.RIDGE_RESIDUAL, Method.AFFINE, Method.GP);

  private static final int PARTS = 1 + CORRECTIONS.size();
  private static final double SUM_TOLERANCE = 1e-3; // shares are kept as floats

  // The mix without evidence, and how many rows of evidence it takes to outweigh it: with a handful of rows the
  // networks are the safest (docs/adr/0009-defaults.md).
  private static final double[] PRIOR = {0.6, 0.2, 0.2, 0, 0};
  private static final double PRIOR_ROWS = 10;

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
      IntFunction<Fold> part,
      int threads) {
    int width = rows.width();
    float[] shares = new float[width * PARTS];
    if (folds.size() < 2) {
      for (int c = 0; c < width; c++) {
        shares[c * PARTS] = 1; // nothing is known of any of them
      }
    } else {
      float[][] said = new float[PARTS][unseen.length];
      said[0] = unseen;
      for (int f = 0; f < folds.size(); f++) {
        Fold own = part.apply(f);
        int[] members = folds.get(f);
        List<Correction> parts = fitAll(own.others(), own.otherLabels(), threads);
        for (int k = 1; k < PARTS; k++) {
          float[] outputs = parts.get(k - 1).apply(own.rows(), null).outputs();
          for (int i = 0; i < members.length; i++) {
            System.arraycopy(outputs, i * width, said[k], members[i] * width, width);
          }
        }
      }
      for (int c = 0; c < width; c++) {
        double[] own = shares(said, labels, rows.rows(), width, c);
        for (int k = 0; k < PARTS; k++) {
          shares[c * PARTS + k] = (float) own[k];
        }
      }
    }
    return new StackCorrection(shares, fitAll(rows, labels, threads));
  }

  private static List<Correction> fitAll(Rows rows, FloatBuffer labels, int threads) {
    return CORRECTIONS.stream()
        .map(method -> Correction.fit(method, rows, labels, null, threads, 0))
        .toList();
  }

  /** Minimises the squared error of the mix, and a pull toward the prior, over the simplex. */
  private static double[] shares(
      float[][] said, FloatBuffer labels, int n, int width, int output) {
    double[][] gram = new double[PARTS][PARTS];
    double[] toward = new double[PARTS];
    for (int r = 0; r < n; r++) {
      int at = r * width + output;
      double y = labels.get(at);
      double[] off = new double[PARTS];
      for (int k = 0; k < PARTS; k++) {
        off[k] = said[k][at] - y;
      }
      for (int i = 0; i < PARTS; i++) {
        for (int j = 0; j < PARTS; j++) {
          gram[i][j] += off[i] * off[j];
        }
      }
    }
    // The pull is as strong as so many rows on which the parts differ as they do on these.
    double differing = 0;
    for (int i = 0; i < PARTS; i++) {
      for (int j = 0; j < i; j++) {
        differing += gram[i][i] + gram[j][j] - 2 * gram[i][j];
      }
    }
    double pairs = PARTS * (PARTS - 1) / 2.0;
    double pull = Math.max(differing / pairs * PRIOR_ROWS / n / 2, 1e-12);
    for (int i = 0; i < PARTS; i++) {
      gram[i][i] += pull;
      toward[i] = pull * PRIOR[i];
    }
    double[] best = new double[PARTS];
    double lowest = Double.POSITIVE_INFINITY;
    // Every set of parts that may be in the mix; the best one whose shares are all positive.
    for (int set = 1; set < 1 << PARTS; set++) {
      double[] shares = onTheFace(gram, toward, set);
      if (shares == null) {
        continue;
      }
      double value = 0;
      for (int i = 0; i < PARTS; i++) {
        value -= 2 * toward[i] * shares[i];
        for (int j = 0; j < PARTS; j++) {
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
    for (int i = 0, k = 0; i < PARTS; i++) {
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
    double[] shares = new double[PARTS];
    for (int i = 0; i < size - 1; i++) {
      shares[index[i]] = m[i][size] / m[i][i];
      if (!(shares[index[i]] >= 0)) {
        return null;
      }
    }
    return shares;
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Corrected networks) {
    if (networks == null) {
      throw new IllegalArgumentException("a stack needs networks");
    }
    List<Corrected> said = new ArrayList<>(List.of(networks));
    corrections.forEach(correction -> said.add(correction.apply(rows, null)));
    float[] outputs = new float[networks.outputs().length];
    float[] spread = new float[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      int c = i % rows.width() * PARTS;
      double mean = 0;
      for (int k = 0; k < PARTS; k++) {
        mean += shares[c + k] * said.get(k).outputs()[i];
      }
      // Of the mixture: what each is unsure of, and how far they are apart.
      double variance = 0;
      for (int k = 0; k < PARTS; k++) {
        double own = at(said.get(k).spread(), i);
        double apart = said.get(k).outputs()[i] - mean;
        variance += shares[c + k] * (own * own + apart * apart);
      }
      outputs[i] = (float) mean;
      spread[i] = (float) Math.sqrt(variance);
    }
    return new Corrected(outputs, spread);
  }

  private static double at(float @Nullable [] values, int i) {
    return values == null ? 0 : values[i];
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("stack.shares", Entry.row(shares));
    for (int k = 0; k < CORRECTIONS.size(); k++) {
      String prefix = prefix(k);
      corrections.get(k).entries().forEach((name, entry) -> entries.put(prefix + name, entry));
    }
    return entries;
  }

  private static String prefix(int k) {
    return "stack." + CORRECTIONS.get(k) + ".";
  }

  static StackCorrection read(
      Map<String, Entry> entries, int inputs, int width, String file) {
    float[] shares = Entries.take(entries, "stack.shares", width * PARTS);
    for (int c = 0; c < width; c++) {
      double sum = 0;
      for (int k = 0; k < PARTS; k++) {
        float share = shares[c * PARTS + k];
        sum += share >= 0 ? share : Double.NaN;
      }
      if (!(Math.abs(sum - 1) < SUM_TOLERANCE)) {
        throw new IllegalArgumentException("'stack.shares' are no shares of one");
      }
    }
    List<Correction> corrections = new ArrayList<>();
    for (int k = 0; k < CORRECTIONS.size(); k++) {
      String prefix = prefix(k);
      Map<String, Entry> own = new LinkedHashMap<>();
      for (String name : List.copyOf(entries.keySet())) {
        if (name.startsWith(prefix)) {
          own.put(name.substring(prefix.length()), entries.remove(name));
        }
      }
      corrections.add(
          Objects.requireNonNull(Correction.read(CORRECTIONS.get(k), own, inputs, width, file)));
      if (!own.isEmpty()) {
        throw new IllegalArgumentException("nobody asked for " + prefix + own.keySet().iterator().next());
      }
    }
    return new StackCorrection(shares, List.copyOf(corrections));
  }
}
