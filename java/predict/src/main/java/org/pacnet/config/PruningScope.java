package org.pacnet.config;

/** Among which weights the largest are kept; docs/methods.md has the rules. */
public enum PruningScope {
  /**
   * All prunable weights of the network together, but of each matrix at least half the share that is
   * kept over all, so that no layer loses everything.
   */
  GLOBAL,
  /** Each weight matrix by itself, with the same ratio. */
  PER_LAYER,
  /** All prunable weights together and nothing else, as in the paper: a small layer can end up empty. */
  PLAIN,
  /** Whichever the seed says: to see what magnitude is good for. */
  RANDOM
}
