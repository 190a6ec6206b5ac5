package org.pacnet.internal.correction;

import java.util.LinkedHashMap;
import java.util.Map;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * Some of the rows of a source of numbers, for what learns from source and target together, and how good models of them alone are.
 *
 * @param rows how many
 * @param features encoded, [rows, inputs]
 * @param labels as the network has them, [rows, width]
 * @param weights what each row counts, [rows]; empty where that is the same for all
 * @param errors mean squared errors of rows held out, of a linear model and, where they could be trained, of boosted trees: [models, width]
 */
public record SourceSample(int rows, float[] features, float[] labels, float[] weights, float[] errors) {

  /** For a file of its own; {@link #of} is the way back. */
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("features", Entry.row(features));
    entries.put("labels", Entry.row(labels));
    Entries.putWeights(entries, "weights", weights);
    entries.put("errors", Entry.row(errors));
    return entries;
  }

  /** Of a file of its own; throws {@link ModelFormatException} if it is not what was written. */
  public static SourceSample of(Map<String, Entry> entries, int inputs, int width, String file) {
    try {
      float[] features = Entries.takeRows(entries, "features", inputs);
      int rows = features.length / inputs;
      float[] labels = Entries.take(entries, "labels", rows * width);
      float[] weights = Entries.takeWeights(entries, "weights", rows);
      float[] errors = Entries.take(entries, "errors");
      if (errors.length != width && errors.length != 2 * width) {
        throw new IllegalArgumentException("'errors' is not of one model or two");
      }
      for (float error : errors) {
        if (error < 0) {
          throw new IllegalArgumentException("'errors' holds " + error);
        }
      }
      if (!entries.isEmpty()) {
        throw new IllegalArgumentException("nobody asked for '" + entries.keySet().iterator().next() + "'");
      }
      return new SourceSample(rows, features, labels, weights, errors);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file + " is damaged: " + e.getMessage(), e);
    }
  }
}
