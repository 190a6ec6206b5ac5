package org.pacnet.internal.learn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.format.Learnt;
import org.pacnet.internal.format.OwnTensors;
import org.pacnet.result.PhaseReport;

/**
 * What Calibrate learnt for one target.
 *
 * @param name of the target in its model
 * @param config that Calibrate ran with
 * @param classes of the target's own output layer; null where it shares the source's
 * @param inputs of the target's own, behind the source's
 * @param networks one, several for an ensemble, or none where the method trains none: then the base
 * @param correction what stands behind the networks; null for nothing
 * @param residuals how far predictions of rows were off that had not been seen, in the order of the rows,
 *     [rows, labels], in standardised units and without sign; null where nobody asked for intervals
 * @param residualGroups which of those rows belong together, a number from 0 on each; null where each stands for itself
 * @param report of the Calibrate phase
 */
public record TargetModel(
    String name,
    TransferConfig config,
    @Nullable List<String> classes,
    List<Schema.Input> inputs,
    List<Learnt> networks,
    @Nullable Correction correction,
    float @Nullable [] residuals,
    int @Nullable [] residualGroups,
    PhaseReport report) {

  public TargetModel {
    inputs = List.copyOf(inputs);
    networks = List.copyOf(networks);
  }

  /** Which tensors it keeps in full. */
  public OwnTensors ownTensors() {
    return OwnTensors.of(config, classes != null);
  }

  public TargetModel withResiduals(float[] unseen, int @Nullable [] groups) {
    return new TargetModel(name, config, classes, inputs, networks, correction, unseen, groups, report);
  }
}
