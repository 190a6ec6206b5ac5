package org.pacnet.internal.select;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Schema;
import org.pacnet.internal.learn.Measure;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.Subset;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.result.Importance;

/** What becomes of the error on unseen rows where a column has the values of other rows. */
final class Importances {

  private static final int SOURCE = 0;
  private static final int TARGET = 1;
  private static final int CORRECTION = 2;
  private static final int MOST_DONORS = 20;
  private static final int MOST_ROWS = 200;
  private static final int MOST_ASKED = 200_000;

  private final Phases phases;
  private final ModelState from;
  private final TargetRows target;
  private final Schema schema;
  private final int[] asked;
  private final int donors;
  private final SplittableRandom random;
  // With each column shuffled and, last, none.
  private final Errors[][] errors;

  Importances(Phases phases, ModelState from, TargetRows target, long seed) {
    this.phases = phases;
    this.from = from;
    this.target = target;
    schema = target.schema();
    random = new SplittableRandom(seed);
    int n = target.rows().rows();
    asked = some(n, Math.min(n, MOST_ROWS), -1);
    int columns = schema.inputs().size();
    donors = Math.min(Math.min(n - 1, MOST_DONORS), Math.max(1, MOST_ASKED / (asked.length * columns)));
    errors = new Errors[columns + 1][3];
    for (Errors[] of : errors) {
      Arrays.setAll(of, kind -> new Errors());
    }
  }

  // So many different rows, but for one.
  private int[] some(int n, int wanted, int without) {
    int[] all = IntStream.range(0, n).filter(row -> row != without).toArray();
    for (int i = 0; i < wanted && wanted < all.length; i++) {
      int other = i + random.nextInt(all.length - i);
      int swapped = all[i];
      all[i] = all[other];
      all[other] = swapped;
    }
    return Arrays.copyOf(all, Math.min(wanted, all.length));
  }

  /** Asks a model that has not seen these rows. */
  void ask(TargetModel learnt, int[] unseen) {
    int[] inside = Arrays.stream(unseen).filter(row -> Arrays.stream(asked).anyMatch(one -> one == row)).toArray();
    if (inside.length == 0) {
      return;
    }
    int n = target.rows().rows();
    int[] donor = new int[inside.length * donors];
    int[] of = new int[donor.length];
    for (int i = 0; i < inside.length; i++) {
      System.arraycopy(some(n, donors, inside[i]), 0, donor, i * donors, donors);
      Arrays.fill(of, i * donors, (i + 1) * donors, inside[i]);
    }
    Subset plain = new Subset(target.rows(), inside);
    float[] said = phases.outputs(from, learnt, plain).outputs();
    float[] base = base(plain);
    int none = errors.length - 1;
    errors[none][SOURCE].add(base, plain);
    errors[none][TARGET].add(said, plain);
    int feature = 0;
    for (int column = 0; column < none; column++) {
      int width = schema.inputs().get(column).width();
      Subset shuffled = new Subset(target.rows(), of);
      exchange(shuffled, donor, feature, width);
      feature += width;
      float[] now = phases.outputs(from, learnt, shuffled).outputs();
      float[] baseNow = base(shuffled);
      errors[column][SOURCE].add(baseNow, shuffled);
      errors[column][TARGET].add(now, shuffled);
      if (base != null && baseNow != null) {
        int outputs = schema.outputWidth();
        for (int i = 0; i < now.length; i++) {
          int row = i / outputs / donors;
          now[i] += base[row * outputs + i % outputs] - baseNow[i];
        }
        errors[column][CORRECTION].add(now, shuffled);
      }
    }
  }

  /** What was found, once all rows were asked. */
  Importance found(String unit) {
    Errors[] plain = errors[errors.length - 1];
    List<Importance.Input> inputs = new ArrayList<>();
    for (int column = 0; column < errors.length - 1; column++) {
      Errors[] of = errors[column];
      boolean source = !target.ownHead();
      inputs.add(
          new Importance.Input(
              schema.inputs().get(column).name(),
              source ? of[SOURCE].mean() : null,
              of[TARGET].mean(),
              source ? of[CORRECTION].mean() : null));
    }
    return new Importance(
        inputs, target.ownHead() ? null : plain[SOURCE].mean(), plain[TARGET].mean(), (int) plain[TARGET].count, unit);
  }

  private float @Nullable [] base(Subset rows) {
    return target.ownHead() ? null : phases.outputs(schema, from.requireBase(), rows);
  }

  // A subset's memory is its own.
  private void exchange(Subset shuffled, int[] donor, int feature, int width) {
    FloatBuffer features = shuffled.features();
    FloatBuffer all = target.rows().features();
    int inputs = schema.inputWidth();
    for (int i = 0; i < donor.length; i++) {
      for (int k = feature; k < feature + width; k++) {
        features.put(i * inputs + k, all.get(donor[i] * inputs + k));
      }
    }
  }

  /** The error over many rows: RMSE in the label's unit, the mean over labels, or the mean −log p. */
  private final class Errors {

    private final double[] sums = new double[schema.classification() ? 1 : schema.outputWidth()];
    private long count;

    void add(float @Nullable [] outputs, Subset rows) {
      int width = schema.outputWidth();
      FloatBuffer labels = rows.labels();
      for (int i = 0; outputs != null && i < rows.rows(); i++) {
        count++;
        if (schema.classification()) {
          sums[0] += Measure.loss(schema, rows, outputs, i);
        }
        for (int c = 0; !schema.classification() && c < width; c++) {
          double off = (double) outputs[i * width + c] - labels.get(i * width + c);
          sums[c] += off * off;
        }
      }
    }

    double mean() {
      double mean = 0;
      for (int c = 0; c < sums.length; c++) {
        mean += schema.classification() ? sums[c] / count : Math.sqrt(sums[c] / count) * schema.labels().get(c).std() / sums.length;
      }
      return mean;
    }
  }
}
