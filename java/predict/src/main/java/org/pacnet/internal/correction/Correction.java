package org.pacnet.internal.correction;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors.Entry;

/** Turns rows and what the source model says of them into predictions, in the network's own units. */
public sealed interface Correction
    permits LinearCorrection, GaussianCorrection, CoKrigingCorrection, AveragedCorrection, LogisticCorrection, TreeCorrection, StackCorrection, HubCorrection {

  /**
   * Rows with what the source model says of them.
   *
   * @param features [rows, inputs]
   * @param common how many of the inputs are the source's, the first ones; the others are the target's own
   * @param outputs [rows, width]
   */
  record Rows(FloatBuffer features, int rows, int inputs, int common, float[] outputs, int width) {

    /** Rows of the source's inputs alone. */
    public Rows(FloatBuffer features, int rows, int inputs, float[] outputs, int width) {
      this(features, rows, inputs, inputs, outputs, width);
    }

    /** The same rows as the source has them, without the target's own inputs. */
    public Rows ofSource() {
      if (common == inputs) {
        return this;
      }
      float[] x = new float[rows * common];
      for (int r = 0; r < rows; r++) {
        features.get(r * inputs, x, r * common, common);
      }
      return new Rows(FloatBuffer.wrap(x), rows, common, outputs, width);
    }

    /** Some of them. */
    public Rows chosen(int[] which) {
      float[] x = new float[which.length * inputs];
      float[] said = new float[which.length * width];
      for (int i = 0; i < which.length; i++) {
        features.get(which[i] * inputs, x, i * inputs, inputs);
        System.arraycopy(outputs, which[i] * width, said, i * width, width);
      }
      return new Rows(FloatBuffer.wrap(x), which.length, inputs, common, said, width);
    }

    /** The same rows, of which something else is said. */
    Rows with(float[] said) {
      return new Rows(features, rows, inputs, common, said, width);
    }

    /** The features in an array of their own. */
    public float[] copied() {
      float[] x = new float[rows * inputs];
      features.duplicate().rewind().get(x);
      return x;
    }

    /** An input of a row. */
    public float feature(int row, int input) {
      return features.get(row * inputs + input);
    }
  }

  /**
   * Predictions.
   *
   * @param outputs [rows, width]
   * @param spread standard deviations of the same shape; null where there are none
   */
  record Corrected(float[] outputs, float @Nullable [] spread) {}

  /**
   * What a target's own networks say.
   *
   * @param each of them, [rows, width]
   * @param together as one
   */
  record Networks(List<float[]> each, Corrected together) {}

  /**
   * The predictions.
   *
   * @param networks what the target's own networks say; null where it has none
   * @param processes what Gaussian processes are asked by
   */
  Corrected apply(Rows rows, @Nullable Networks networks, Processes processes);

  /** Asks Gaussian processes. */
  @FunctionalInterface
  interface Processes {

    /**
     * Asks one.
     *
     * @param at rows, [rows, inputs]
     * @param outputs what its source says of them, [rows, outputs]; empty where it has none
     * @param mean to be filled, [rows]
     * @param deviation likewise; stays zero where nobody wants it
     */
    void predict(GaussianProcess process, float[] at, float[] outputs, float[] mean, float[] deviation);
  }

  /**
   * A Gaussian process that has a say in rows.
   *
   * @param at the rows as it takes them, [rows, inputs]
   * @param outputs what its source says of them, [rows, outputs]; empty where it has none
   * @param output which one of the predictions' outputs it has a say in
   * @param weight of its variance in that output's
   */
  record Asked(GaussianProcess process, float[] at, float[] outputs, int output, double weight) {}

  /** The Gaussian processes that have a say in rows. */
  default List<Asked> asked(Rows rows) {
    return List.of();
  }

  /** What makes it up, for a file; {@link #read} is the way back. */
  Map<String, Entry> entries();

  /**
   * The other way round; throws {@link ModelFormatException} if they are not what that method wrote.
   *
   * @param common how many of the inputs are the source's
   */
  static @Nullable Correction read(
      Method method, Map<String, Entry> entries, int inputs, int common, int width, String file) {
    try {
      return switch (method) {
        case AFFINE, RIDGE_RESIDUAL -> LinearCorrection.read(entries, inputs, width);
        case POOLED_LINEAR -> LinearCorrection.read(entries, common, width);
        case GP_RESIDUAL, GP -> GaussianCorrection.read(entries, inputs, width);
        case COKRIGING -> CoKrigingCorrection.read(entries, inputs, common, width);
        case COKRIGING_BMA -> AveragedCorrection.read(entries, inputs, common, width);
        case LOGISTIC -> LogisticCorrection.read(entries, inputs, common, width);
        case TREES -> TreeCorrection.read(entries, common, width);
        case HUB -> HubCorrection.read(entries, common);
        case PAC_STACK, STACK -> StackCorrection.read(method, entries, inputs, common, width, file);
        default -> null;
      };
    } catch (IllegalArgumentException | DataException e) {
      throw new ModelFormatException(file + " is damaged: " + e.getMessage(), e);
    }
  }
}
