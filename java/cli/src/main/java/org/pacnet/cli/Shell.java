package org.pacnet.cli;

/** How a POSIX shell is told a word. */
final class Shell {

  private Shell() {}

  static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./,:=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
