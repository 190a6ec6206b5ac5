package org.pacnet.internal.select;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pacnet.config.Method;
import org.pacnet.error.DataException;
import org.pacnet.internal.correction.Cholesky;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Asked;
import org.pacnet.internal.correction.Kernel;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.result.Suggestion;

/**
 * Which rows to measure next: one after another, each time the one whose label would take most of the predictions' mean variance over
 * the candidates away (Cohn 1996, "Neural network exploration using optimal experiment design"; ALC in Gramacy 2020, "Surrogates", ch.
 * 6). A Gaussian process's variance depends on where its rows are and not on their labels: so what a row would do is known before.
 */
public final class Suggester {

  private static final Set<Method> KNOWING =
      EnumSet.of(Method.STACK, Method.COKRIGING, Method.GP_RESIDUAL, Method.GP, Method.PAC_STACK);
  // More than these takes minutes.
  private static final int MOST_CANDIDATES = 10_000;
  private static final long MOST_NUMBERS = 40_000_000;
  // The mean over these is as good as that over all.
  private static final int REFERENCES = 500;

  private final List<Knowledge> processes = new ArrayList<>();
  private final int count;

  private Suggester(List<Asked> asked, int count, int wanted) {
    this.count = count;
    int[] references =
        count <= REFERENCES
            ? IntStream.range(0, count).toArray()
            : new Random(0).ints(0, count).distinct().limit(REFERENCES).toArray();
    for (Asked one : asked) {
      processes.add(new Knowledge(one, count, wanted, references));
    }
  }

  /**
   * The rows to measure, the most telling first.
   *
   * @param name of the target
   * @param correction its {@link #correction}
   * @param candidates with what the base says of them
   */
  public static List<Suggestion> suggest(String name, Correction correction, Correction.Rows candidates, int wanted) {
    List<Asked> asked = correction.asked(candidates);
    if (asked.isEmpty()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "in what the target '%s' learnt no Gaussian process has a share, which alone knows where it is unsure: calibrate it by"
                  + " gp-residual",
              name));
    }
    return suggest(asked, candidates.rows(), wanted);
  }

  /** The same of so many candidates, of which these processes know where they are unsure. */
  static List<Suggestion> suggest(List<Asked> asked, int count, int wanted) {
    if (wanted < 1 || wanted > count) {
      throw new DataException(
          String.format(Locale.ROOT, "%d rows can't be suggested of %d candidates", wanted, count), "count");
    }
    long numbers = (long) count * (asked.get(0).process().rows() + wanted + REFERENCES) * asked.size();
    if (count > MOST_CANDIDATES || numbers > MOST_NUMBERS) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%d candidates are too many to look %d rows ahead: give a sample of %d",
              count,
              wanted,
              Math.min(MOST_CANDIDATES, count * MOST_NUMBERS / numbers)));
    }
    return new Suggester(asked, count, wanted).run(wanted);
  }

  /** What corrects a target, if it can say how unsure it is; otherwise an error. */
  public static Correction correction(String name, TargetModel target) {
    Correction correction = target.correction();
    Method method = target.config().method().kind();
    if (correction == null || !KNOWING.contains(method)) {
      throw unknowing(name, method);
    }
    return correction;
  }

  private static DataException unknowing(String name, Method method) {
    return new DataException(
        String.format(
            Locale.ROOT,
            "the target '%s' was calibrated by %s, which doesn't know where it is unsure: calibrate it by one of %s (for numbers in"
                + " tables)",
            name,
            method,
            KNOWING.stream().map(Method::toString).collect(Collectors.joining(", "))));
  }

  private List<Suggestion> run(int wanted) {
    double before = variance();
    BitSet taken = new BitSet();
    List<Suggestion> suggestions = new ArrayList<>();
    while (suggestions.size() < wanted) {
      int best = -1;
      double most = -1;
      for (int row = 0; row < count; row++) {
        double gain = 0;
        for (Knowledge process : processes) {
          gain += process.gain(row);
        }
        if (!taken.get(row) && gain > most) {
          most = gain;
          best = row;
        }
      }
      for (Knowledge process : processes) {
        process.measure(best);
      }
      taken.set(best);
      suggestions.add(new Suggestion(best, before > 0 ? Math.min(1, variance() / before) : 1));
    }
    return suggestions;
  }

  private double variance() {
    return processes.stream().mapToDouble(Knowledge::variance).sum();
  }

  /** One of the processes, as it is with what is measured. */
  private static final class Knowledge {

    private final Asked asked;
    private final Kernel kernel;
    private final int[] references;
    // [candidates, rows + wanted]: L⁻¹k(x) of each candidate, to which each row that is measured adds a number.
    private final double[][] known;
    private int length;
    // Of each candidate with each reference, [candidates, references], and with itself.
    private final double[][] covariances;
    private final double[] variances;

    Knowledge(Asked asked, int count, int wanted, int[] references) {
      this.asked = asked;
      this.references = references;
      kernel = Kernel.of(asked.process());
      length = asked.process().rows();
      double[][] lower = kernel.factor(asked.process());
      known = new double[count][length + wanted];
      covariances = new double[count][references.length];
      variances = new double[count];
      for (int row = 0; row < count; row++) {
        for (int i = 0; i < length; i++) {
          known[row][i] =
              kernel.covariance(asked.at(), asked.outputs(), row, asked.process().x(), asked.process().o(), i);
        }
        Cholesky.solve(lower, known[row]);
      }
      for (int row = 0; row < count; row++) {
        variances[row] = covariance(row, row);
        for (int k = 0; k < references.length; k++) {
          covariances[row][k] = covariance(row, references[k]);
        }
      }
    }

    // Given all rows that are known.
    private double covariance(int a, int b) {
      double sum = kernel.covariance(asked.at(), asked.outputs(), a, asked.at(), asked.outputs(), b);
      for (int i = 0; i < length; i++) {
        sum -= known[a][i] * known[b][i];
      }
      return sum;
    }

    // By how much the mean variance falls if the row is measured.
    double gain(int row) {
      double sum = 0;
      for (double covariance : covariances[row]) {
        sum += covariance * covariance;
      }
      return asked.weight() * sum / references.length / measured(row);
    }

    // The variance of what would be measured there.
    private double measured(int row) {
      return Math.max(variances[row], 0) + kernel.shared() + kernel.noise() + Double.MIN_NORMAL;
    }

    void measure(int row) {
      double deviation = Math.sqrt(measured(row));
      double[] fallen = new double[known.length];
      for (int other = 0; other < fallen.length; other++) {
        fallen[other] = covariance(other, row) / deviation;
      }
      for (int other = 0; other < fallen.length; other++) {
        known[other][length] = fallen[other];
        variances[other] -= fallen[other] * fallen[other];
        for (int k = 0; k < references.length; k++) {
          covariances[other][k] -= fallen[other] * fallen[references[k]];
        }
      }
      length++;
    }

    double variance() {
      return asked.weight() * Arrays.stream(references).mapToDouble(r -> Math.max(variances[r], 0)).average().orElseThrow();
    }
  }
}
