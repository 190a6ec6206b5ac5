package org.pacnet.result;

import org.jspecify.annotations.Nullable;

/**
 * How good networks of the source are on rows of the source that they have not seen, beside linear models of the same rows: what the
 * number of epochs was chosen by.
 *
 * @param rows that were held out in turn
 * @param network error of the network with the number of epochs that was taken: share of wrong classes, or mean RMSE of the labels, in
 *     the label's unit
 * @param linear that of ridge or, for classes, logistic regression; null where there are too many columns
 */
public record HeldOut(int rows, double network, @Nullable Double linear) {}
