package org.pacnet.error;

/** The native code failed in a way that has no exception of its own. */
public final class NativeException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public NativeException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public NativeException(String message, Throwable cause) {
    super(message, cause);
  }
}
