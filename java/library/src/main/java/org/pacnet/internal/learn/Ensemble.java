package org.pacnet.internal.learn;

import java.util.List;
import org.pacnet.data.Schema;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.base.Softmax;

/** What several networks say together: the mean of their numbers, or of their probabilities. */
final class Ensemble {

  private Ensemble() {}

  /**
   * The outputs as of one network, of a classification logarithms of the mean probabilities; and the standard
   * deviation over the networks (over n − 1) of the numbers or probabilities, none for one network.
   */
  static Correction.Corrected of(Schema schema, List<float[]> members) {
    if (members.size() == 1) {
      return new Correction.Corrected(members.get(0), null);
    }
    int width = schema.classification() ? schema.outputWidth() : 1;
    int count = members.get(0).length;
    double[] sum = new double[count];
    double[] squares = new double[count];
    for (float[] member : members) {
      for (int at = 0; at < count; at += width) {
        double[] p = schema.classification() ? Softmax.of(member, at, width) : null;
        for (int c = 0; c < width; c++) {
          double value = p != null ? p[c] : member[at + c];
          sum[at + c] += value;
          squares[at + c] += value * value;
        }
      }
    }
    int n = members.size();
    float[] outputs = new float[count];
    float[] spread = new float[count];
    for (int i = 0; i < count; i++) {
      double mean = sum[i] / n;
      outputs[i] =
          (float) (schema.classification() ? Math.log(Math.max(mean, Float.MIN_NORMAL)) : mean);
      spread[i] = (float) Math.sqrt(Math.max(0, (squares[i] - n * mean * mean) / (n - 1)));
    }
    return new Correction.Corrected(outputs, spread);
  }
}
