package org.pacnet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Calibrate learnt for one target.
 *
 * @param name of the target in its model
 * @param config that Calibrate ran with
 * @param classes of the target's own output layer; null where it shares the source's
 * @param values at the pruned positions of the base, in order, but for those of its own tensors
 * @param own the values of its {@link OwnTensors}, one tensor behind the other; often none
 * @param report of the Calibrate phase
 */
record TargetModel(
    String name,
    TransferConfig config,
    @Nullable List<String> classes,
    float[] values,
    float[] own,
    PhaseReport report) {}
