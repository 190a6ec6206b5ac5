package org.pacnet.internal.correction;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * o + c₀ + Cₒ·o + Cₓ·x for the source's outputs o and the inputs x.
 *
 * @param coefficients [width, 1 + width + inputs]: c₀, Cₒ, Cₓ
 */
public record LinearCorrection(float[] coefficients) implements Correction {

  private static final String NAME = "linear";

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes processes) {
    float[] corrected = new float[rows.rows() * rows.width()];
    apply(rows, corrected);
    return new Corrected(corrected, null);
  }

  private void apply(Rows asked, float[] corrected) {
    int width = asked.width();
    int each = coefficients.length / width;
    // One that learnt from the source's rows too knows nothing of the target's own inputs.
    Rows rows = each == 1 + width + asked.inputs() ? asked : asked.ofSource();
    for (int r = 0; r < rows.rows(); r++) {
      for (int c = 0; c < width; c++) {
        double sum = (double) rows.outputs()[r * width + c] + coefficients[c * each];
        for (int j = 0; j < width; j++) {
          sum += (double) coefficients[c * each + 1 + j] * rows.outputs()[r * width + j];
        }
        for (int i = 0; i < rows.inputs(); i++) {
          sum += (double) coefficients[c * each + 1 + width + i] * rows.feature(r, i);
        }
        corrected[r * width + c] = (float) sum;
      }
    }
  }

  /** Rows with what an opinion of the source says of them: 0 the network, 1 its linear model. */
  public static Rows opinion(int which, Rows rows, @Nullable LinearCorrection linear) {
    if (which == 0) {
      return rows;
    }
    if (linear == null) {
      throw new IllegalArgumentException("there is no second opinion");
    }
    return rows.with(linear.alone(rows));
  }

  /** What it says where the source says nothing: of a linear model of its own, [rows, width]. */
  private float[] alone(Rows rows) {
    float[] said = new float[rows.outputs().length];
    apply(rows.with(new float[said.length]), said);
    return said;
  }

  @Override
  public Map<String, Entry> entries() {
    return Map.of(NAME, Entry.row(coefficients));
  }

  /** Of a file of its own; throws {@link ModelFormatException} if it is not what was written. */
  public static LinearCorrection of(Map<String, Entry> entries, int inputs, int width, String file) {
    try {
      LinearCorrection read = read(entries, inputs, width);
      if (entries.isEmpty()) {
        return read;
      }
      throw new IllegalArgumentException("nobody asked for '" + entries.keySet().iterator().next() + "'");
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  static LinearCorrection read(Map<String, Entry> entries, int inputs, int width) {
    return new LinearCorrection(Entries.take(entries, NAME, width * (1 + width + inputs)));
  }
}
