package org.pacnet.result;

/**
 * A row that is worth measuring.
 *
 * @param row of the candidates, from 0
 * @param varianceLeft the mean variance of the predictions for all candidates once this row and those suggested before it are
 *     measured, as a share of what it is now, in [0, 1]
 */
public record Suggestion(int row, double varianceLeft) {}
