package org.pacnet.data;

import java.util.Map;

/**
 * A table that can be read as often as needed. Nothing is opened or looked at before it is used, so
 * problems with the contents are reported by whoever reads.
 */
public sealed interface Data permits FileData, ColumnData, SqlData {

  /**
   * The table in one file, or in all files that a glob matches, in the order of their names.
   *
   * <p>Files are read by extension: {@code .csv}, {@code .tsv}, {@code .txt} (each also with {@code
   * .gz}; UTF-8, with a header), {@code .parquet}, and {@code .json}, {@code .jsonl}, {@code .ndjson}
   * (one object a row). A text file's fields are separated by a
   * comma, semicolon, tab or bar, whichever its header has most of; in {@code .tsv} always by a
   * tab. All files of one glob must have the same columns, in any order.
   *
   * @param pathOrGlob a path, or a pattern such as {@code data/*.parquet}; a path that exists is
   *     never taken for a pattern
   */
  static Data files(String pathOrGlob) {
    return new FileData(pathOrGlob);
  }

  /**
   * What a query selects, in the SQL of DuckDB: {@code SELECT … FROM 'data/*.parquet' JOIN 'tools.csv'
   * USING (tool)}. It runs on one thread and must give the same rows in the same order each time:
   * where it does not keep an order by itself, ORDER BY is for the query to say. It reaches files,
   * never a network.
   */
  static Data sql(String query) {
    return new SqlData(query);
  }

  /**
   * The table made of {@code columns}, in their iteration order. The arrays are not copied.
   *
   * @param columns values by column name, all of one length; NaN is refused when read, not taken
   *     for a missing value
   * @throws org.pacnet.error.DataException if there is no column or the lengths differ
   */
  static Data columns(Map<String, double[]> columns) {
    return new ColumnData(columns);
  }

  /** What to call the table in messages: the file name or glob without its folder. */
  String name();
}
