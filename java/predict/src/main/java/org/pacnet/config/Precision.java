package org.pacnet.config;

/**
 * How exactly a GPU multiplies matrices. Weights, sums and the optimizer are of 32 bits in every one, and what is frozen
 * stays as it is, bit for bit.
 */
public enum Precision {
  /** With 24 bits of fraction, as the CPU does. */
  FP32,
  /** TensorFloat-32: factors are rounded to 11 bits of fraction. */
  TF32,
  /** LibTorch's autocast to bfloat16: factors and activations have 8 bits of fraction. */
  BF16
}
