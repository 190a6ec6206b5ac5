package org.pacnet.internal.correction;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.SafeTensors.Entry;

/**
 * A Gaussian process for each output, on what the source leaves or on the target alone; squared
 * exponential with a length for each input, and noise.
 *
 * @param residual whether it is added to the source's outputs
 * @param processes one an output, all of the same rows
 */
public record GaussianCorrection(boolean residual, List<GaussianProcess> processes) implements Correction {

  @Override
  public Corrected apply(Rows rows, @Nullable Networks networks, Processes asked) {
    int width = rows.width();
    float[] at = rows.copied();
    float[] outputs = new float[rows.rows() * width];
    float[] spread = new float[rows.rows() * width];
    float[] mean = new float[rows.rows()];
    float[] deviation = new float[rows.rows()];
    for (int c = 0; c < width; c++) {
      asked.predict(processes.get(c), at, new float[0], mean, deviation);
      for (int r = 0; r < rows.rows(); r++) {
        outputs[r * width + c] = mean[r] + (residual ? rows.outputs()[r * width + c] : 0);
        spread[r * width + c] = deviation[r];
      }
    }
    return new Corrected(outputs, spread);
  }

  @Override
  public List<Asked> asked(Rows rows) {
    float[] at = rows.copied();
    List<Asked> asked = new ArrayList<>();
    for (GaussianProcess process : processes) {
      asked.add(new Asked(process, at, new float[0], asked.size(), process.unit() * process.unit()));
    }
    return asked;
  }

  @Override
  public Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put("gp.residual", Entry.row(new float[] {residual ? 1 : 0}));
    entries.put("gp.x", Entry.row(processes.get(0).x()));
    processes.get(0).facts().put(entries);
    entries.put("gp.y", Entry.row(Entries.joined(processes.stream().map(GaussianProcess::y).toList())));
    entries.put("gp.kernels", Entry.row(Entries.joined(processes.stream().map(GaussianProcess::kernel).toList())));
    return entries;
  }

  static GaussianCorrection read(Map<String, Entry> entries, int inputs, int width) {
    boolean residual = Entries.take(entries, "gp.residual", 1)[0] != 0;
    float[] x = Entries.takeRows(entries, "gp.x", inputs);
    int n = x.length / inputs;
    float[] y = Entries.take(entries, "gp.y", n * width);
    RowFacts facts = RowFacts.take(entries, n);
    float[] kernels = Entries.take(entries, "gp.kernels", width * (inputs + GaussianProcess.others(false, facts)));
    return new GaussianCorrection(residual, GaussianProcess.cut(width, inputs, x, new float[0], y, facts, kernels));
  }
}
