package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Device;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.internal.engine.FitOutcome;
import org.pacnet.internal.engine.FitRange;
import org.pacnet.internal.engine.NativeNetwork;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.Monitor;
import org.pacnet.result.Phase;

/** A target's network that others teach, each as far as it is near; docs/methods.md has how (after Vid2Act; Pan et al. 2023). */
final class TaughtFit {

  // Of what counts all alike, how much of that a teacher counts who is far.
  private static final double LEAST = 0.1;
  // Of rows without labels: what teachers say of more says little more, and costs as much as learning from them.
  private static final int MOST_OTHERS = 256;

  private TaughtFit() {}

  /**
   * What was learnt.
   *
   * @param network all of the student's parameters
   * @param shares how near each teacher is, on average over the target's rows
   */
  record Learned(float[] network, double[] shares, FitOutcome outcome) {}

  /**
   * Learns it.
   *
   * @param range of the student's network without teachers
   * @param start all of its parameters
   * @param teachers all parameters of each
   * @param likely the logarithm of how likely each makes the rows, but for a constant: where its relevance begins
   * @param rows of the target
   * @param others features of rows without labels, [rows, inputs], on which the teachers are followed too; null for none
   */
  static Learned run(
      Phases phases,
      Schema schema,
      FitRange range,
      float[] start,
      List<float[]> teachers,
      double[] likely,
      EncodedData rows,
      @Nullable FloatBuffer others,
      TransferConfig settings,
      Monitor monitor) {
    int count = teachers.size();
    FloatBuffer chosen = others == null ? FloatBuffer.allocate(0) : Phases.evenly(others, others.remaining() / schema.inputWidth(), MOST_OTHERS);
    MadeRows both = MadeRows.of(rows, chosen, RowWeights.of(rows, settings));
    float[] base = phases.features(start, both);
    List<float[]> said = teachers.stream().map(teacher -> phases.features(teacher, both)).toList();
    double strength = settings.strength() / apart(said, base);
    try (NativeNetwork network = NetworkDescription.taught(settings.network(), schema, count, strength, LEAST / count)) {
      List<TensorInfo> tensors = network.tensors();
      List<TensorInfo> one = phases.tensorsOf(schema);
      network.initialize(0); // of which the projection is taken
      float[] all = network.parameters();
      System.arraycopy(start, 0, all, 0, start.length);
      for (int k = 0; k < count; k++) {
        all[all.length - count + k] = (float) likely[k];
      }
      network.setParameters(all);
      List<byte[]> movable = new ArrayList<>();
      List<Double> pull = new ArrayList<>();
      for (TensorInfo tensor : tensors) {
        boolean student = tensor.index() < one.size();
        movable.add(student ? range.trainable().of(one.get(tensor.index())) : MaskBits.allKept(tensor.size()));
        pull.add(student ? range.pull().get(tensor.index()) : 0.0);
      }
      FitRange wider = new FitRange(new MaskBits(tensors, movable), pull, null, false, List.of());
      TransferConfig how = settings.toBuilder().compute(c -> c.device(Device.CPU)).objective(o -> o.balanced(false)).build();
      FitOutcome outcome = phases.fit(network, Phase.CALIBRATE, how, wider, both.with(said), monitor);
      float[] learnt = network.parameters();
      float[] student = Arrays.copyOf(learnt, start.length);
      float[] relevance = Arrays.copyOfRange(learnt, learnt.length - count - tensors.get(tensors.size() - 2).size(), learnt.length);
      return new Learned(student, shares(phases.features(student, both), said, rows.rows(), both.rows(), relevance), outcome);
    }
  }

  // How far teachers are from the base on average, as a mean square of a feature: what they teach is told in this unit.
  private static double apart(List<float[]> teachers, float[] base) {
    double sum = 0;
    for (float[] teacher : teachers) {
      for (int i = 0; i < base.length; i++) {
        double off = (double) teacher[i] - base[i];
        sum += off * off;
      }
    }
    return Math.max(sum / base.length / teachers.size(), 1e-9);
  }

  // The mean over the first rows of the softmax over teachers of relevance · (what the teacher's head is given, what the student's is) + bias.
  private static double[] shares(float[] own, List<float[]> teachers, int rows, int all, float[] relevance) {
    int features = own.length / all;
    int count = teachers.size();
    double[] mean = new double[count];
    double[] logits = new double[count];
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < count; k++) {
        double logit = relevance[relevance.length - count + k];
        for (int f = 0; f < features; f++) {
          int at = 2 * k * features + f;
          logit += (double) relevance[at] * teachers.get(k)[r * features + f] + (double) relevance[at + features] * own[r * features + f];
        }
        logits[k] = logit;
      }
      double most = Arrays.stream(logits).max().orElseThrow();
      double sum = Arrays.stream(logits).map(logit -> Math.exp(logit - most)).sum();
      for (int k = 0; k < count; k++) {
        mean[k] += Math.exp(logits[k] - most) / sum / rows;
      }
    }
    return mean;
  }
}
