package org.pacnet.cli;

import org.pacnet.data.Data;

/** What an option that names a table means. */
final class Tables {

  private Tables() {}

  /** A query where the text begins with SELECT, FROM or ATTACH, else a file or a pattern. */
  static Data of(String text) {
    return text.matches("(?is)\\s*(SELECT|FROM|ATTACH)\\s.*") ? Data.sql(text) : Data.files(text);
  }
}
