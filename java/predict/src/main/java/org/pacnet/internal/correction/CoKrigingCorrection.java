package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * Co-kriging (after Kennedy and O'Hagan 2000): o + a Gaussian process of y − o on o and x, for one or two opinions o of the
 * source, and the first as it is; these parts are weighed by how likely they make the target's rows (Hoeting et al. 1999).
 *
 * @param units what y, o and the processes' values are divided by, [width]
 * @param shift what x has taken from it before, [inputs]
 * @param scale what it is then divided by, [inputs]
 * @param linear the source's second opinion; null where it has none
 * @param weights for each output those of the parts, [width, 3]: the network's opinion with a process, as it is, and the linear one with a process;
 *     0 or more, with sum 1
 * @param x the target's rows, shifted and scaled, [rows, inputs]
 * @param processes for each output and each opinion whose process has a weight, in the order of the weights
 */
public record CoKrigingCorrection(
    float[] units,
    float[] shift,
    float[] scale,
    @Nullable LinearCorrection linear,
    float[] weights,
    float[] x,
    List<GaussianProcess> processes)
    implements Correction {

  /** The most opinions there are: the network's and the linear one's. */
  public static final int OPINIONS = 2;

  /** The network's opinion with a process, as it is, and the linear one with a process. */
  public static final int PARTS = 3;

  /** The part that has no process. */
  public static final int AS_IT_IS = 1;

  /** Inputs as the processes take them, [rows, inputs]. */
  public static float[] scaled(Rows rows, float[] shift, float[] scale) {
    float[] x = rows.copied();
    for (int i = 0; i < x.length; i++) {
      int input = i % shift.length;
      x[i] = (x[i] - shift[input]) / scale[input];
    }
    return x;
  }

  /** What an opinion says of rows, in units: 0 the network, 1 the linear model. */
  public static float[] opinion(int which, Rows rows, @Nullable LinearCorrection linear, float[] units) {
    float[] said = LinearCorrection.opinion(which, rows, linear).outputs();
    float[] inUnits = new float[said.length];
    for (int i = 0; i < said.length; i++) {
      inUnits[i] = said[i] / units[i % units.length];
    }
    return inUnits;
  }

  /** Whether the part that a weight is of has a process with a say. */
  public static boolean hasProcess(float[] weights, int i) {
    return weights[i] > 0 && i % PARTS != AS_IT_IS;
  }

  /** Whether any weight is the linear opinion's. */
  public static boolean asksLinear(float[] weights) {
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0 && i % PARTS == 2) {
        return true;
      }
    }
    return false;
  }

  /**
   * The same with less of all and more of the source as it is.
   *
   * @param own what is left of the weights, for each output from 0 to 1
   */
  public CoKrigingCorrection withSource(double[] own) {
    float[] left = new float[weights.length];
    List<GaussianProcess> kept = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < weights.length; i++) {
      double of = own[i / PARTS];
      left[i] = (float) (of * weights[i] + (i % PARTS == AS_IT_IS ? 1 - of : 0));
      if (hasProcess(weights, i)) {
        GaussianProcess process = processes.get(next++);
        if (hasProcess(left, i)) {
          kept.add(process);
        }
      }
    }
    return new CoKrigingCorrection(units, shift, scale, asksLinear(left) ? linear : null, left, x, List.copyOf(kept));
  }

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes asked) {
    int width = rows.width();
    int count = rows.rows();
    float[] at = scaled(rows, shift, scale);
    float[][] opinions = new float[OPINIONS][];
    for (int k = 0; k < (linear == null ? 1 : OPINIONS); k++) {
      opinions[k] = opinion(k, rows, linear, units);
    }
    float[] mean = new float[count];
    double[][] said = new double[PARTS][count];
    float[][] deviations = new float[PARTS][count];
    float[] outputs = new float[count * width];
    float[] spread = new float[count * width];
    int next = 0;
    for (int c = 0; c < width; c++) {
      for (int part = 0; part < PARTS; part++) {
        if (weights[c * PARTS + part] > 0) {
          float[] opinion = opinions[part / 2];
          boolean process = part != AS_IT_IS;
          if (process) {
            asked.predict(processes.get(next++), at, opinion, mean, deviations[part]);
          }
          for (int r = 0; r < count; r++) {
            said[part][r] = (double) opinion[r * width + c] + (process ? mean[r] : 0);
          }
        }
      }
      for (int r = 0; r < count; r++) {
        double all = 0;
        for (int part = 0; part < PARTS; part++) {
          all += weights[c * PARTS + part] * said[part][r];
        }
        // Of the mixture: what each is unsure of, and how far they are apart.
        double variance = 0;
        for (int part = 0; part < PARTS; part++) {
          double apart = said[part][r] - all;
          double own = deviations[part][r];
          variance += weights[c * PARTS + part] * (own * own + apart * apart);
        }
        outputs[r * width + c] = (float) (all * units[c]);
        spread[r * width + c] = (float) (Math.sqrt(variance) * units[c]);
      }
    }
    return new Corrected(outputs, spread);
  }

  @Override
  public List<Asked> asked(Rows rows) {
    float[] at = scaled(rows, shift, scale);
    List<Asked> asked = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      if (hasProcess(weights, i)) {
        float[] said = opinion(i % PARTS / 2, rows, linear, units);
        double unit = units[i / PARTS];
        asked.add(new Asked(processes.get(asked.size()), at, said, i / PARTS, weights[i] * unit * unit));
      }
    }
    return asked;
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("gp.units", Entry.row(units));
    entries.put("gp.shift", Entry.row(shift));
    entries.put("gp.scale", Entry.row(scale));
    entries.put("gp.weights", Entry.row(weights));
    entries.put("gp.x", Entry.row(x));
    (processes.isEmpty() ? RowFacts.NONE : processes.get(0).facts()).put(entries);
    entries.put("gp.o", Entry.row(Entries.joined(processes.stream().map(GaussianProcess::o).toList())));
    entries.put("gp.y", Entry.row(Entries.joined(processes.stream().map(GaussianProcess::y).toList())));
    entries.put("gp.kernels", Entry.row(Entries.joined(processes.stream().map(GaussianProcess::kernel).toList())));
    if (linear != null) {
      entries.putAll(linear.entries());
    }
    return entries;
  }

  static CoKrigingCorrection read(Map<String, Entry> entries, int inputs, int common, int width) {
    float[] units = Entries.takePositive(entries, "gp.units", width);
    float[] shift = Entries.take(entries, "gp.shift", inputs);
    float[] scale = Entries.takePositive(entries, "gp.scale", inputs);
    float[] weights = Entries.takeShares(entries, "gp.weights", width, PARTS);
    int count = 0;
    for (int i = 0; i < weights.length; i++) {
      count += hasProcess(weights, i) ? 1 : 0;
    }
    LinearCorrection linear = asksLinear(weights) ? LinearCorrection.read(entries, common, width) : null;
    float[] x = Entries.takeRows(entries, "gp.x", inputs);
    int n = x.length / inputs;
    float[] o = Entries.take(entries, "gp.o", count * n * width);
    float[] y = Entries.take(entries, "gp.y", count * n);
    RowFacts facts = RowFacts.take(entries, n);
    float[] kernels = Entries.take(entries, "gp.kernels", count * (inputs + GaussianProcess.others(true, facts)));
    return new CoKrigingCorrection(
        units, shift, scale, linear, weights, x, GaussianProcess.cut(count, inputs, x, o, y, facts, kernels));
  }
}
