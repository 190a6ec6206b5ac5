package org.pacnet;

/** Where a model is trained. */
public enum Device {
  /** The CPU, until it is known from measurements where a GPU is faster. */
  AUTO,
  CPU,
  /** An NVIDIA GPU; an error where there is none. */
  CUDA
}
