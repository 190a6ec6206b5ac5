package org.pacnet.internal.learn;

import org.pacnet.config.TransferConfig;
import org.pacnet.internal.engine.FitRange;

/**
 * A fit that is the same for many targets but for their rows.
 *
 * @param how as resolved for each of them
 * @param range what it may move
 * @param start the parameters that it begins with
 */
public record SharedFit(TransferConfig how, FitRange range, float[] start) {}
