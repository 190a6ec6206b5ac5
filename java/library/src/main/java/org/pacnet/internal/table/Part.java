package org.pacnet.internal.table;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Messages;

/**
 * One file of a table, or the columns in memory: rows in a fixed order, read as often as asked for.
 * Columns go by their index in {@link #columns()}.
 */
interface Part {

  /** What to call it in messages, such as "file a.csv". */
  String name();

  /** A place in it, for messages: "file a.csv, row 17, column temp". */
  default String at(long row, String column) {
    return String.format(Locale.ROOT, "%s, row %d, column %s", name(), row, Messages.name(column));
  }

  /** Distinct names, even if case is ignored. */
  List<String> columns();

  /**
   * The type of a column that holds neither numbers nor text, which can only be passed on, or null.
   *
   * @param text whether its values are wanted as text, which a date can be
   */
  @Nullable String unusableType(int column, boolean text);

  long rows();

  /** Reads the columns that are asked for, which must be usable, into memory. */
  List<Block> load(List<Request> requests);

  /**
   * A select statement for all columns in their order, under any names.
   *
   * @param typed whether text that is a number, and no more than that, is to become one; otherwise every
   *     text field is as it was in the file
   */
  String select(boolean typed) throws SQLException;

  /**
   * A column to read.
   *
   * @param column its index
   * @param text whether its values are wanted as text even where they are numbers
   */
  record Request(int column, boolean text) {}
}
