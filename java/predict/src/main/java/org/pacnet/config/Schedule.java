package org.pacnet.config;

/** The learning rate over the steps of a phase. The order is that of the native core's constants. */
public enum Schedule {
  /** The same rate throughout. */
  CONSTANT,
  /** Half a cosine from the learning rate to zero (Loshchilov and Hutter 2017). */
  COSINE,
  /** A straight line from the learning rate to zero. */
  LINEAR
}
