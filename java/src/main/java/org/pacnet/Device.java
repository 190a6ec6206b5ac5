package org.pacnet;

/** Where a model is trained. */
public enum Device {
  /** The GPU where this build and the machine have one, else the CPU. */
  AUTO,
  CPU,
  /** An NVIDIA GPU; an error where there is none. */
  CUDA
}
