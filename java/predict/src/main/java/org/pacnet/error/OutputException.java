package org.pacnet.error;

/**
 * A result could not be written: the disk is full, say, or a folder went away. What was there before
 * is as it was.
 */
public final class OutputException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public OutputException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public OutputException(String message, Throwable cause) {
    super(message, cause);
  }
}
