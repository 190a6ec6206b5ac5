package org.pacnet.error;

/** The caller asked for the work to stop before it was done; nothing was kept of it. */
public final class CancelledException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public CancelledException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public CancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}
