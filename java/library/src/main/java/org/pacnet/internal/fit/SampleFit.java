package org.pacnet.internal.fit;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.Correction.Rows;
import org.pacnet.internal.correction.SourceSample;

/** How good models of the source's rows alone are: what those that learn from source and target together count beforehand. */
final class SampleFit {

  private static final int FOLDS = 5;
  // Of the largest error: nothing is as good as it looks.
  private static final double LEAST = 1e-6;

  private SampleFit() {}

  static SourceSample of(Labelled sample, int threads, long seed) {
    Rows all = sample.rows();
    int rows = all.rows();
    int width = all.width();
    float[] features = all.copied();
    float[] labels = new float[rows * width];
    sample.labels().duplicate().get(labels);
    float[] importance = sample.importance();
    int[] fold = folds(rows, seed);
    int models = TreeFit.possible() ? 2 : 1;
    float[] errors = new float[models * width];
    for (int model = 0; model < models; model++) {
      float[] said = new float[rows * width];
      for (int f = 0; f < Math.min(FOLDS, rows); f++) {
        int which = f;
        int[] inside = IntStream.range(0, rows).filter(r -> fold[r] == which).toArray();
        int[] outside = rows == 1 ? inside : IntStream.range(0, rows).filter(r -> fold[r] != which).toArray();
        Rows others = silent(features, rows, outside, width);
        float[] own = chosen(labels, rows, outside);
        float[] weights = chosen(importance, rows, outside);
        Correction learnt =
            model > 0
                ? TreeFit.fit(Pooled.alone(others, own, weights), width, 0, threads, seed)
                : LinearFit.ridge(new Labelled(others, FloatBuffer.wrap(own), null, weights));
        float[] answers = learnt.apply(silent(features, rows, inside, width), null, Corrections.PROCESSES).outputs();
        for (int i = 0; i < inside.length; i++) {
          System.arraycopy(answers, i * width, said, inside[i] * width, width);
        }
      }
      System.arraycopy(errors(said, labels, width), 0, errors, model * width, width);
    }
    return new SourceSample(rows, features, labels, sample.kept(), errors);
  }

  private static int[] folds(int rows, long seed) {
    int[] fold = IntStream.range(0, rows).map(r -> r % FOLDS).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    for (int r = rows - 1; r > 0; r--) {
      int other = random.nextInt(r + 1);
      int swapped = fold[r];
      fold[r] = fold[other];
      fold[other] = swapped;
    }
    return fold;
  }

  private static Rows silent(float[] features, int rows, int[] which, int width) {
    float[] some = chosen(features, rows, which);
    return new Rows(FloatBuffer.wrap(some), which.length, some.length / which.length, new float[which.length * width], width);
  }

  private static float[] chosen(float[] values, int rows, int[] which) {
    int each = values.length / rows;
    float[] some = new float[which.length * each];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(values, which[i] * each, some, i * each, each);
    }
    return some;
  }

  private static float[] errors(float[] said, float[] labels, int width) {
    float[] errors = new float[width];
    for (int c = 0; c < width; c++) {
      double squares = 0;
      for (int at = c; at < said.length; at += width) {
        double off = (double) said[at] - labels[at];
        squares += off * off;
      }
      errors[c] = (float) (squares * width / said.length);
    }
    return errors;
  }

  /**
   * The base's mean squared error, [width]. It has seen these rows, so that few of them are no measure of it.
   *
   * @param base what the base says of the sample
   * @param besideLinear how many times as far off as a linear model such a base was on rows not seen; 0 where that was not tried
   */
  static double[] ofBase(SourceSample sample, float[] base, double besideLinear, int width) {
    float[] own = errors(base, sample.labels(), width);
    return IntStream.range(0, width).mapToDouble(c -> Math.max(own[c], besideLinear * besideLinear * sample.errors()[c])).toArray();
  }

  /**
   * How much each part counts before the target has said anything, the inverse of its squared error on the source: for each output the base's, the
   * linear model's and, where they were trained, the trees'; with sum 1.
   *
   * @param ofBase the base's, [width]
   * @param trees whether they can be trained here too
   */
  static double[][] prior(SourceSample sample, double[] ofBase, boolean trees) {
    int width = ofBase.length;
    int models = Math.min(sample.errors().length / width, trees ? 2 : 1);
    double[][] prior = new double[width][1 + models];
    for (int c = 0; c < width; c++) {
      prior[c][0] = ofBase[c];
      for (int m = 0; m < models; m++) {
        prior[c][1 + m] = sample.errors()[m * width + c];
      }
      double least = Math.max(LEAST * Arrays.stream(prior[c]).max().orElseThrow(), Float.MIN_NORMAL);
      double sum = 0;
      for (int k = 0; k < prior[c].length; k++) {
        prior[c][k] = 1 / Math.max(prior[c][k], least);
        sum += prior[c][k];
      }
      for (int k = 0; k < prior[c].length; k++) {
        prior[c][k] /= sum;
      }
    }
    return prior;
  }
}
