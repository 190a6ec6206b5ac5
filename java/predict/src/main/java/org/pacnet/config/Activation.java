package org.pacnet.config;

/** The function behind each hidden layer. The order is that of the native core's constants. */
public enum Activation {
  /** max(0, z). */
  RELU,
  /** tanh z. */
  TANH,
  /** 1 / (1 + exp(-z)). */
  SIGMOID,
  /** x·Φ(x) in its exact form (Hendrycks and Gimpel 2016). */
  GELU,
  /** x·sigmoid(x). */
  SILU
}
