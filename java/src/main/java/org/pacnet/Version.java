package org.pacnet;

/** The version of this library. */
final class Version {

  static final String PACNET = "0.1.0";

  private Version() {}
}
