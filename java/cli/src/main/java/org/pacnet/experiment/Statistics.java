package org.pacnet.experiment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pacnet.internal.statistics.PairedTests;

/** What is said of errors over seeds. */
final class Statistics {

  private Statistics() {}

  /**
   * p-values of paired two-sided t-tests between one method's errors and the others', corrected for their
   * number (Holm 1979); without that method, or with one seed, none.
   */
  static Map<String, Double> holm(Map<String, double[]> errors, String against) {
    double[] base = errors.get(against);
    Map<String, Double> corrected = new LinkedHashMap<>();
    if (base == null || base.length < 2) {
      return corrected;
    }
    List<String> others =
        errors.keySet().stream()
            .filter(m -> !m.equals(against) && errors.get(m).length == base.length)
            .toList();
    double[] p =
        PairedTests.holm(
            others.stream().mapToDouble(m -> PairedTests.pValue(errors.get(m), base)).toArray());
    for (int i = 0; i < p.length; i++) {
      corrected.put(others.get(i), p[i]);
    }
    return corrected;
  }
}
