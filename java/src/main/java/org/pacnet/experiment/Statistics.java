package org.pacnet.experiment;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hipparchus.distribution.continuous.TDistribution;
import org.pacnet.statistics.PairedTests;

/** What is said of errors over seeds. */
final class Statistics {

  private Statistics() {}

  /** Over n − 1; 0 of one number. */
  static double deviation(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (values.length - 1));
  }

  /** Half the width of Student's 95 % confidence interval of the mean; 0 of one number. */
  static double halfInterval(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double quantile = new TDistribution(values.length - 1).inverseCumulativeProbability(0.975);
    return quantile * deviation(values) / Math.sqrt(values.length);
  }

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
