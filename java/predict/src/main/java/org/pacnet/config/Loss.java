package org.pacnet.config;

/** What training minimises, a mean over rows. The order is that of the native core's constants. */
public enum Loss {
  /** Squared error. */
  MSE,
  /** Absolute error. */
  MAE,
  /** Squared up to {@link Objective#huberDelta()}, absolute beyond (Huber 1964). */
  HUBER,
  /** −log softmax(output)[class]: the loss of every classification. */
  CROSS_ENTROPY
}
