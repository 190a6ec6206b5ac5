package org.pacnet.internal.correction;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * The mean of co-kriging over many kernels, each as likely as it makes the target's rows (Bayesian model averaging; Hoeting et al. 1999): for each
 * output a factor times each opinion of the source, a line, and for each kernel and each of the target's rows a weight. How unsure it is, it does not
 * say.
 *
 * @param linear the source's second opinion; null where it is not asked
 * @param coefficients [width, 1 + 2 + inputs]: a constant, factors of that output of the network's opinion and of the linear one, slopes
 * @param shift what the kernels' inputs have taken from them before, [inputs]
 * @param scale what they are then divided by, [inputs]
 * @param x the target's rows, shifted and scaled, [rows, inputs]
 * @param columns of each kernel the input that it is of, or {@link #ALL}, [kernels]
 * @param lengths of the kernels, [kernels]; of one of all inputs times the root of their number
 * @param weights [width, kernels, rows]
 */
public record AveragedCorrection(
    @Nullable LinearCorrection linear,
    float[] coefficients,
    float[] shift,
    float[] scale,
    float[] x,
    int[] columns,
    float[] lengths,
    float[] weights)
    implements Correction {

  /** A kernel of all inputs together. */
  public static final int ALL = -1;

  /** Whether the linear opinion has a factor. */
  public static boolean asksLinear(float[] coefficients, int width) {
    int each = coefficients.length / width;
    for (int c = 0; c < width; c++) {
      if (coefficients[c * each + 2] != 0) {
        return true;
      }
    }
    return false;
  }

  /** exp(−½·(distance / length)²) of two rows; of all inputs the mean of their squared distances. */
  public static double kernel(float[] a, int rowOfA, float[] b, int rowOfB, int inputs, int column, double length) {
    double squares = 0;
    if (column == ALL) {
      for (int j = 0; j < inputs; j++) {
        double apart = (double) a[rowOfA * inputs + j] - b[rowOfB * inputs + j];
        squares += apart * apart / inputs;
      }
    } else {
      double apart = (double) a[rowOfA * inputs + column] - b[rowOfB * inputs + column];
      squares = apart * apart;
    }
    return Math.exp(-squares / (2 * length * length));
  }

  /** How many rows it was learnt from. */
  public int rows() {
    return x.length / shift.length;
  }

  /**
   * The same with less of all and more of the source as it is.
   *
   * @param own what is left, for each output from 0 to 1
   */
  public AveragedCorrection withSource(double[] own) {
    float[] less = coefficients.clone();
    float[] lighter = weights.clone();
    int each = less.length / own.length;
    for (int i = 0; i < less.length; i++) {
      double of = own[i / each];
      less[i] = (float) (of * less[i] + (i % each == 1 ? 1 - of : 0));
    }
    for (int i = 0; i < lighter.length; i++) {
      lighter[i] *= (float) own[i / (lighter.length / own.length)];
    }
    return new AveragedCorrection(asksLinear(less, own.length) ? linear : null, less, shift, scale, x, columns, lengths, lighter);
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes processes) {
    int width = rows.width();
    int inputs = shift.length;
    int n = rows();
    float[] at = CoKrigingCorrection.scaled(rows, shift, scale);
    float[] second = linear == null ? null : LinearCorrection.opinion(1, rows, linear).outputs();
    int each = coefficients.length / width;
    float[] outputs = new float[rows.rows() * width];
    double[] sums = new double[width];
    for (int r = 0; r < rows.rows(); r++) {
      for (int c = 0; c < width; c++) {
        int own = c * each;
        sums[c] = coefficients[own] + (double) coefficients[own + 1] * rows.outputs()[r * width + c];
        if (second != null) {
          sums[c] += (double) coefficients[own + 2] * second[r * width + c];
        }
        for (int j = 0; j < inputs; j++) {
          sums[c] += (double) coefficients[own + 3 + j] * rows.feature(r, j);
        }
      }
      for (int k = 0; k < columns.length; k++) {
        for (int i = 0; i < n; i++) {
          double near = kernel(at, r, x, i, inputs, columns[k], lengths[k]);
          for (int c = 0; c < width; c++) {
            sums[c] += near * weights[(c * columns.length + k) * n + i];
          }
        }
      }
      for (int c = 0; c < width; c++) {
        outputs[r * width + c] = (float) sums[c];
      }
    }
    return new Corrected(outputs, null);
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("bma.coefficients", Entry.row(coefficients));
    entries.put("bma.shift", Entry.row(shift));
    entries.put("bma.scale", Entry.row(scale));
    entries.put("bma.x", Entry.row(x));
    float[] kernels = new float[2 * columns.length];
    for (int k = 0; k < columns.length; k++) {
      kernels[2 * k] = columns[k];
      kernels[2 * k + 1] = lengths[k];
    }
    entries.put("bma.kernels", Entry.row(kernels));
    entries.put("bma.weights", Entry.row(weights));
    if (linear != null) {
      entries.putAll(linear.entries());
    }
    return entries;
  }

  static AveragedCorrection read(Map<String, Entry> entries, int inputs, int common, int width) {
    float[] coefficients = Entries.take(entries, "bma.coefficients", width * (3 + inputs));
    float[] shift = Entries.take(entries, "bma.shift", inputs);
    float[] scale = Entries.takePositive(entries, "bma.scale", inputs);
    float[] x = Entries.takeRows(entries, "bma.x", inputs);
    float[] kernels = Entries.takeRows(entries, "bma.kernels", 2);
    int count = kernels.length / 2;
    int[] columns = new int[count];
    float[] lengths = new float[count];
    for (int k = 0; k < count; k++) {
      columns[k] = (int) kernels[2 * k];
      lengths[k] = kernels[2 * k + 1];
      if (columns[k] != kernels[2 * k] || columns[k] < ALL || columns[k] >= inputs || !(lengths[k] > 0)) {
        throw new IllegalArgumentException("'bma.kernels' holds " + kernels[2 * k] + " and " + lengths[k]);
      }
    }
    float[] weights = Entries.take(entries, "bma.weights", width * count * (x.length / inputs));
    LinearCorrection linear = asksLinear(coefficients, width) ? LinearCorrection.read(entries, common, width) : null;
    return new AveragedCorrection(linear, coefficients, shift, scale, x, columns, lengths, weights);
  }
}
