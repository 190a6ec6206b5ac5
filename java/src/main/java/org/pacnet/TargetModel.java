package org.pacnet;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.correction.Correction;

/**
 * What Calibrate learnt for one target.
 *
 * @param name of the target in its model
 * @param config that Calibrate ran with
 * @param classes of the target's own output layer; null where it shares the source's
 * @param networks one, several for an ensemble, or none where the method trains none: then the base
 * @param correction what stands behind the networks; null for nothing
 * @param residuals how far predictions of rows were off that had not been seen, in the order of the rows,
 *     [rows, labels], in standardised units and without sign; null where nobody asked for intervals
 * @param report of the Calibrate phase
 */
record TargetModel(
    String name,
    TransferConfig config,
    @Nullable List<String> classes,
    List<Learnt> networks,
    @Nullable Correction correction,
    float @Nullable [] residuals,
    PhaseReport report) {

  /**
   * What a network learnt.
   *
   * @param values at the pruned positions of the base, in order, but for those of its own tensors
   * @param own the values of its {@link OwnTensors}, one tensor behind the other; often none
   */
  record Learnt(float[] values, float[] own) {}

  TargetModel {
    networks = List.copyOf(networks);
  }

  TargetModel withResiduals(float[] unseen) {
    return new TargetModel(name, config, classes, networks, correction, unseen, report);
  }
}
