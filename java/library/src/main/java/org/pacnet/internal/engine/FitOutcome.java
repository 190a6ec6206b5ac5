package org.pacnet.internal.engine;

import java.util.List;

/**
 * How a fit went.
 *
 * @param epochsRun finished epochs
 * @param bestEpoch 1-based, whose weights were taken
 * @param cancelled the listener asked to stop: the parameters are those of before
 * @param trainLosses one an epoch
 * @param validationLosses one an epoch, empty without validation
 */
public record FitOutcome(
    long epochsRun,
    long bestEpoch,
    boolean cancelled,
    List<Double> trainLosses,
    List<Double> validationLosses) {}
