package org.pacnet.internal.correction;

import java.util.Map;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * What is known of a Gaussian process's rows besides inputs and labels.
 *
 * @param weights what each row's noise is divided by; empty where that is 1
 * @param groups the same number for rows that belong together; empty where each stands for itself
 */
public record RowFacts(float[] weights, int[] groups) {

  private static final String WEIGHTS = "gp.row_weights";
  private static final String GROUPS = "gp.row_groups";

  /** Nothing. */
  public static final RowFacts NONE = new RowFacts(new float[0], new int[0]);

  double weight(int row) {
    return weights.length == 0 ? 1 : weights[row];
  }

  boolean together(int a, int b) {
    return groups.length > 0 && groups[a] == groups[b];
  }

  void put(Map<String, Entry> entries) {
    Entries.putWeights(entries, WEIGHTS, weights);
    if (groups.length > 0) {
      float[] numbers = new float[groups.length];
      for (int r = 0; r < numbers.length; r++) {
        numbers[r] = groups[r];
      }
      entries.put(GROUPS, Entry.row(numbers));
    }
  }

  static RowFacts take(Map<String, Entry> entries, int rows) {
    float[] weights = Entries.takeWeights(entries, WEIGHTS, rows);
    float[] numbers = entries.containsKey(GROUPS) ? Entries.take(entries, GROUPS, rows) : new float[0];
    int[] groups = new int[numbers.length];
    for (int r = 0; r < groups.length; r++) {
      groups[r] = (int) numbers[r];
    }
    return new RowFacts(weights, groups);
  }
}
