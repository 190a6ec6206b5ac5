package org.pacnet.result;

/**
 * A finished epoch.
 *
 * @param phase the phase that runs
 * @param epoch 1-based
 * @param epochs how many there are at most; early stopping can end sooner
 * @param trainLoss mean over the rows of the epoch, without the L2 term
 * @param validationLoss mean over the held-out rows; NaN without validation
 */
public record Progress(
    Phase phase, long epoch, long epochs, double trainLoss, double validationLoss) {}
