package org.pacnet.experiment;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.stat.inference.TTest;

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
    Map<String, Double> raw = new LinkedHashMap<>();
    errors.forEach(
        (method, own) -> {
          if (!method.equals(against) && own.length == base.length) {
            boolean same = Arrays.equals(own, base);
            raw.put(method, same ? 1.0 : new TTest().pairedTTest(own, base));
          }
        });
    List<Map.Entry<String, Double>> sorted =
        raw.entrySet().stream().sorted(Comparator.comparingDouble(Map.Entry::getValue)).toList();
    double highest = 0;
    for (int i = 0; i < sorted.size(); i++) {
      highest = Math.max(highest, Math.min(1, sorted.get(i).getValue() * (sorted.size() - i)));
      corrected.put(sorted.get(i).getKey(), highest);
    }
    return corrected;
  }
}
