package org.pacnet.error;

/**
 * Base of everything that PAC-Net throws on purpose; catch it to handle any failure of a run.
 *
 * <p>Unchecked: most callers can do nothing but show the message, which is a single line.
 */
public class PacNetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public PacNetException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public PacNetException(String message, Throwable cause) {
    super(message, cause);
  }
}
