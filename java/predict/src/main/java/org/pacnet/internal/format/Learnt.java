package org.pacnet.internal.format;

/**
 * What a network of a target learnt.
 *
 * @param values at the pruned positions of the base, in order, but for those of its own tensors
 * @param own the values of its {@link OwnTensors}, one tensor behind the other; often none
 */
public record Learnt(float[] values, float[] own) {}
