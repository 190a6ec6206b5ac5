package org.pacnet.config;

/** How gradients move weights, in PyTorch's definitions. The order is that of the native core's. */
public enum Optimizer {
  /** Kingma and Ba 2015, with β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
  ADAM,
  /** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
  ADAMW,
  /** Stochastic gradient descent with momentum. */
  SGD
}
