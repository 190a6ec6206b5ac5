package org.pacnet.internal.correction;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors.Entry;

/** Turns rows and what the source model says of them into predictions, in the network's own units. */
public sealed interface Correction
    permits LinearCorrection, GaussianCorrection, TreeCorrection, StackCorrection {

  /**
   * Rows with what the source model says of them.
   *
   * @param features [rows, inputs]
   * @param outputs [rows, width]
   */
  record Rows(FloatBuffer features, int rows, int inputs, float[] outputs, int width) {

    float feature(int row, int input) {
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
   * The predictions.
   *
   * @param networks what the target's own networks say; null where it has none
   */
  Corrected apply(Rows rows, @Nullable Corrected networks);

  /** What makes it up, for a file; {@link #read} is the way back. */
  Map<String, Entry> entries();

  /**
   * Learns from the target's rows.
   *
   * @param labels [rows, width], or [rows] class indices
   * @param source rows of the source with their labels, for trees; null otherwise
   */
  static Correction fit(
      Method method, Rows rows, FloatBuffer labels, @Nullable Pool source, int threads, long seed) {
    return switch (method) {
      case AFFINE -> LinearCorrection.affine(rows, labels);
      case RIDGE_RESIDUAL -> LinearCorrection.ridge(rows, labels);
      case GP_RESIDUAL -> GaussianCorrection.fit(rows, labels, true, threads);
      case GP -> GaussianCorrection.fit(rows, labels, false, threads);
      case TREES -> TreeCorrection.fit(rows, labels, source, threads, seed);
      default -> throw new IllegalArgumentException(method + " is no correction");
    };
  }

  /** A mix with the target's networks; {@link StackCorrection#fit} says more. */
  static Correction stack(
      Rows rows,
      FloatBuffer labels,
      float[] unseen,
      List<int[]> folds,
      IntFunction<Fold> part,
      int threads) {
    return StackCorrection.fit(rows, labels, unseen, folds, part, threads);
  }

  /** A fold, and all other rows with their labels. */
  record Fold(Rows rows, Rows others, FloatBuffer otherLabels) {}

  /** Rows of the source with their labels. */
  record Pool(FloatBuffer features, FloatBuffer labels, int rows, int classes) {}

  /** The other way round; throws {@link ModelFormatException} if they are not what that method wrote. */
  static @Nullable Correction read(
      Method method, Map<String, Entry> entries, int inputs, int width, String file) {
    try {
      return switch (method) {
        case AFFINE, RIDGE_RESIDUAL -> LinearCorrection.read(entries, inputs, width);
        case GP_RESIDUAL, GP -> GaussianCorrection.read(entries, inputs, width);
        case TREES -> TreeCorrection.read(entries, inputs, width);
        case PAC_STACK -> StackCorrection.read(entries, inputs, width, file);
        default -> null;
      };
    } catch (IllegalArgumentException | DataException e) {
      throw new ModelFormatException(file + " is damaged: " + e.getMessage(), e);
    }
  }
}
