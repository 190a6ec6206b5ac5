package org.pacnet.internal.format;

import java.util.Locale;
import org.pacnet.error.DataException;

/** What a target may be called. */
public final class TargetNames {

  /** What no target is called. */
  public static final String NONE = "";

  private static final int LONGEST = 1000;

  private TargetNames() {}

  /** Throws a {@link DataException} unless it can be a target's name. */
  public static void check(String name) {
    if (name.isBlank() || name.length() > LONGEST || name.chars().anyMatch(Character::isISOControl)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "a target's name can't be '%s': it is up to %d characters, not all of them blank, and none"
                  + " a line break or another control character",
              name.codePoints()
                  .limit(40)
                  .map(c -> Character.isISOControl(c) ? ' ' : c)
                  .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append),
              LONGEST),
          "name");
    }
  }
}
