package org.pacnet;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Calibrate learnt for one target.
 *
 * @param name of the target in its model
 * @param config that Calibrate ran with
 * @param classes of the target's own output layer; null where it shares the source's
 * @param values at the pruned positions of the base, in order; those of an own output layer excepted
 * @param head the own output layer's weights and biases; null where it shares the source's
 * @param report of the Calibrate phase
 */
record TargetModel(
    String name,
    TransferConfig config,
    @Nullable List<String> classes,
    float[] values,
    float @Nullable [] head,
    PhaseReport report) {}
