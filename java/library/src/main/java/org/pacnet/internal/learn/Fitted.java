package org.pacnet.internal.learn;

import org.pacnet.internal.engine.FitOutcome;

/**
 * What one of many targets that were fitted together learnt.
 *
 * @param outcome how its fit went
 * @param parameters of its network
 * @param diverged the epoch whose loss was not finite; 0: none, otherwise the parameters are those of the start
 * @param seconds its share of what all took
 */
public record Fitted(FitOutcome outcome, float[] parameters, long diverged, double seconds) {}
