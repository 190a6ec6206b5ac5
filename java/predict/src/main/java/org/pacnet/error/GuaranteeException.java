package org.pacnet.error;

/**
 * A value that a training phase must leave alone has moved.
 *
 * <p>This is a fault of the library, never of the data: the result must not be used.
 */
public final class GuaranteeException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public GuaranteeException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public GuaranteeException(String message, Throwable cause) {
    super(message, cause);
  }
}
