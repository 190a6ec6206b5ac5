package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.base.Softmax;

/**
 * Classes by logistic regression on one or two opinions of the source: log p = log Σ_k w_k·softmax(z_k + b_k + S_k·z_k + V_k·x), z_k an
 * opinion's logits.
 *
 * @param linear the source's second opinion; null where it is not asked
 * @param weights the network's opinion's and the linear one's, [2]; 0 or more, with sum 1
 * @param corrections for each opinion with a weight, in the order of the weights
 */
public record LogisticCorrection(
    @Nullable LinearCorrection linear, float[] weights, List<LinearCorrection> corrections)
    implements Correction {

  /** The most opinions there are: the network's and the linear one's. */
  public static final int OPINIONS = 2;

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes processes) {
    int width = rows.width();
    double[] p = new double[rows.rows() * width];
    double[] own = new double[width];
    int next = 0;
    for (int k = 0; k < OPINIONS; k++) {
      if (weights[k] > 0) {
        float[] logits = corrections.get(next++).apply(LinearCorrection.opinion(k, rows, linear), null, processes).outputs();
        for (int r = 0; r < rows.rows(); r++) {
          Softmax.into(logits, r * width, width, own);
          for (int c = 0; c < width; c++) {
            p[r * width + c] += weights[k] * own[c];
          }
        }
      }
    }
    float[] outputs = new float[p.length];
    for (int i = 0; i < p.length; i++) {
      outputs[i] = (float) Math.log(Math.max(p[i], Float.MIN_NORMAL));
    }
    return new Corrected(outputs, null);
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("logistic.weights", Entry.row(weights));
    entries.put(
        "logistic.coefficients",
        Entry.row(Entries.joined(corrections.stream().map(LinearCorrection::coefficients).toList())));
    if (linear != null) {
      entries.putAll(linear.entries());
    }
    return entries;
  }

  static LogisticCorrection read(Map<String, Entry> entries, int inputs, int common, int width) {
    float[] weights = Entries.takeShares(entries, "logistic.weights", 1, OPINIONS);
    int count = (weights[0] > 0 ? 1 : 0) + (weights[1] > 0 ? 1 : 0);
    int each = width * (1 + width + inputs);
    float[] all = Entries.take(entries, "logistic.coefficients", count * each);
    List<LinearCorrection> corrections = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      corrections.add(new LinearCorrection(Arrays.copyOfRange(all, k * each, (k + 1) * each)));
    }
    LinearCorrection linear = weights[1] > 0 ? LinearCorrection.read(entries, common, width) : null;
    return new LogisticCorrection(linear, weights, List.copyOf(corrections));
  }
}
