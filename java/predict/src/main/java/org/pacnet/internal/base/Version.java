package org.pacnet.internal.base;

/** The version of this library. */
public final class Version {

  public static final String PACNET = "0.1.0";

  private Version() {}
}
