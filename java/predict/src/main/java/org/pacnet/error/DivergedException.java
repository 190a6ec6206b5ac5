package org.pacnet.error;

/** Training diverged: the loss is no longer a finite number. */
public final class DivergedException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public DivergedException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public DivergedException(String message, Throwable cause) {
    super(message, cause);
  }
}
