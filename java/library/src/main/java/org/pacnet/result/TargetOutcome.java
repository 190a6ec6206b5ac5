package org.pacnet.result;

import org.jspecify.annotations.Nullable;
import org.pacnet.error.PacNetException;

/**
 * What became of one of many targets.
 *
 * @param name of the target
 * @param report of its Calibrate; null where there is a problem
 * @param tuning what was tried before; null where nobody asked for it
 * @param problem why it was not learnt; null where it was
 * @param resumed whether it was there already, learnt from the same rows
 */
public record TargetOutcome(
    String name,
    @Nullable PhaseReport report,
    @Nullable Tuning tuning,
    @Nullable PacNetException problem,
    boolean resumed) {}
