package org.pacnet.error;

/** A model directory or file is damaged, was not written by PAC-Net, or is of another version. */
public final class ModelFormatException extends PacNetException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a one-line {@code message}. */
  public ModelFormatException(String message) {
    super(message);
  }

  /** Creates the exception with a one-line {@code message} and what caused it. */
  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
