package org.pacnet.error;

/**
 * The user's data or options do not fit.
 *
 * <p>The message names the file, row (1-based, header not counted) and column where there are any,
 * and says what to do.
 */
public final class DataException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public DataException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
