package org.pacnet.internal.correction;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * The target's own networks, each row's outputs weighed by a router: softmax(bias + weights·x) over the largest of its values (Hub-Pathway; Shu et
 * al. 2022).
 *
 * @param router [members, 1 + inputs]: bias and weights of each
 * @param top how many of the networks a row is given to, and more where they are equal
 */
public record HubCorrection(float[] router, int top) implements Correction {

  private static final String ROUTER = "hub.router";
  private static final String TOP = "hub.top";

  @Override
  public Corrected apply(Rows asked, @Nullable Networks networks, Processes processes) {
    List<float[]> members = Objects.requireNonNull(networks).each();
    Rows rows = asked.ofSource();
    int count = members.size();
    float[] outputs = new float[rows.rows() * rows.width()];
    double[] shares = new double[count];
    for (int r = 0; r < rows.rows(); r++) {
      shares(rows, r, shares);
      for (int c = r * rows.width(); c < (r + 1) * rows.width(); c++) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
          sum += shares[k] * members.get(k)[c];
        }
        outputs[c] = (float) sum;
      }
    }
    return new Corrected(outputs, null);
  }

  /** How much each network counts, on average over the rows. */
  public double[] shares(Rows asked) {
    Rows rows = asked.ofSource();
    double[] shares = new double[router.length / (1 + rows.inputs())];
    double[] mean = new double[shares.length];
    for (int r = 0; r < rows.rows(); r++) {
      shares(rows, r, shares);
      for (int k = 0; k < mean.length; k++) {
        mean[k] += shares[k] / rows.rows();
      }
    }
    return mean;
  }

  private void shares(Rows rows, int row, double[] shares) {
    int each = 1 + rows.inputs();
    for (int k = 0; k < shares.length; k++) {
      double logit = router[k * each];
      for (int i = 0; i < rows.inputs(); i++) {
        logit += (double) router[k * each + 1 + i] * rows.feature(row, i);
      }
      shares[k] = logit;
    }
    double[] sorted = shares.clone();
    Arrays.sort(sorted);
    double least = sorted[shares.length - top];
    double most = sorted[shares.length - 1];
    double sum = 0;
    for (int k = 0; k < shares.length; k++) {
      shares[k] = shares[k] < least ? 0 : Math.exp(shares[k] - most);
      sum += shares[k];
    }
    for (int k = 0; k < shares.length; k++) {
      shares[k] /= sum;
    }
  }

  @Override
  public Map<String, Entry> entries() {
    return Map.of(ROUTER, Entry.row(router), TOP, Entry.row(new float[] {top}));
  }

  /** How many networks it is for, of rows of so many inputs. */
  public int members(int inputs) {
    return router.length / (1 + inputs);
  }

  static HubCorrection read(Map<String, Entry> entries, int inputs) {
    float[] router = Entries.takeRows(entries, ROUTER, 1 + inputs);
    float top = Entries.take(entries, TOP, 1)[0];
    int members = router.length / (1 + inputs);
    if (!(top >= 1 && top <= members) || top != (int) top) {
      throw new IllegalArgumentException("'" + TOP + "' holds " + top);
    }
    return new HubCorrection(router, (int) top);
  }
}
