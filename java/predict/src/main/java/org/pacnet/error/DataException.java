package org.pacnet.error;

import java.util.List;

/**
 * The user's data or settings do not fit.
 *
 * <p>The message names the file, row (1-based, header not counted) and column where there are any,
 * and says what to do.
 */
public final class DataException extends PacNetException {

  private static final long serialVersionUID = 2;

  private final List<String> settings;

  /**
   * @param message one line
   * @param settings the settings it is about, by their names in {@code TransferConfig} or as
     *     parameters: for a caller who has other names for them, as the command line does
   */
  public DataException(String message, String... settings) {
    super(message, null);
    this.settings = List.of(settings);
  }

  /** With the reason that the JVM or a library gave. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
    this.settings = List.of();
  }

  /** With both. */
  public DataException(String message, Throwable cause, String... settings) {
    super(message, cause);
    this.settings = List.of(settings);
  }

  /** The settings that the message is about, often none. */
  public List<String> settings() {
    return settings;
  }
}
