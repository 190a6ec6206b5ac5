package org.pacnet;

/** Among which weights the largest are kept. */
public enum PruningScope {
  /** All prunable weights of the network together. */
  GLOBAL,
  /** Each weight matrix by itself, with the same ratio. */
  PER_LAYER
}
