package org.pacnet.error;

/** There is no GPU that this build can use, or it failed; the message says what to do. */
public final class DeviceException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public DeviceException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
