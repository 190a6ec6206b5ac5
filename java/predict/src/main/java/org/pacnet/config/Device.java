package org.pacnet.config;

/** Where a model is trained. Prune and predictions are the CPU's in any case. */
public enum Device {
  /** An NVIDIA GPU where there is one and a training step is large enough for it to be faster; otherwise the CPU. */
  AUTO,
  /** The processor. */
  CPU,
  /** An NVIDIA GPU; an error where there is none. */
  CUDA
}
