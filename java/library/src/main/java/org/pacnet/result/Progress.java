package org.pacnet.result;

/**
 * A finished epoch, or a part of a stack that was learnt.
 *
 * @param phase the phase that runs
 * @param epoch 1-based; of a stack the part, learnt from all rows or for a fold
 * @param epochs how many there are at most; early stopping can end sooner
 * @param trainLoss mean over the rows of the epoch, without the L2 term; NaN of a stack
 * @param validationLoss mean over the held-out rows; NaN without validation
 */
public record Progress(
    Phase phase, long epoch, long epochs, double trainLoss, double validationLoss) {}
