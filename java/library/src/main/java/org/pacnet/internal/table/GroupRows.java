package org.pacnet.internal.table;

import java.util.List;
import org.pacnet.data.Data;

/** Some rows of a table, by {@link Groups}. */
final class GroupRows extends Data.Held {
  final List<String> columns;
  final List<Boolean> texts;
  final List<Block> blocks;

  /**
   * Holds them.
   *
   * @param texts by column, whether its values were read as text
   */
  GroupRows(String name, List<String> columns, List<Boolean> texts, List<Block> blocks) {
    super(name);
    this.columns = columns;
    this.texts = texts;
    this.blocks = blocks;
  }
}
