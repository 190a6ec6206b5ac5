package org.pacnet.internal.learn;

import java.util.Locale;
import org.pacnet.error.DataException;
import org.pacnet.internal.table.EncodedData;

/** What is predicted is a number, or an error that says of which row: never a NaN that nobody looks at. */
public final class Finite {

  private Finite() {}

  /**
   * Checks what a model says of rows.
   *
   * @param outputs [rows, any width]
   * @throws DataException that names the table and its first row, counted from 1, with an output that is no finite number
   */
  public static void check(EncodedData rows, float[] outputs) {
    int width = outputs.length / rows.rows();
    for (int i = 0; i < outputs.length; i++) {
      if (!Float.isFinite(outputs[i])) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s, row %d: the model's prediction is no finite number; its values are too far from all that the source had: mend or leave them out",
                rows.provenance().name(),
                inTable(rows, i / width)));
      }
    }
  }

  // Rows that were dropped are rows of the table too.
  private static int inTable(EncodedData rows, int row) {
    int at = rows.dropped().nextClearBit(0);
    for (int i = 0; i < row; i++) {
      at = rows.dropped().nextClearBit(at + 1);
    }
    return at + 1;
  }
}
