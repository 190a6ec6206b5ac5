package org.pacnet.config;

/** What is predicted. */
public enum Task {
  /** One or more real numbers. */
  REGRESSION,
  /** One of a set of classes. */
  CLASSIFICATION
}
