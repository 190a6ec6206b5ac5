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
 * @param report of the Calibrate phase
 */
record TargetModel(
    String name,
    TransferConfig config,
    @Nullable List<String> classes,
    List<Learnt> networks,
    @Nullable Correction correction,
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
}
