package org.pacnet.internal.table;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the extension of a file says about its contents. */
enum FileFormat {
  /** Text with one record a line, fields in optional double quotes. */
  TEXT,
  /** Text whose fields are separated by tabs, whatever the header looks like. */
  TAB_SEPARATED,
  PARQUET,
  /** One object a row, or an array of them. */
  JSON,
  /** A DuckDB database with one table. */
  DATABASE;

  /** The format of a file by its name, or null if its extension is none of ours. */
  static @Nullable FileFormat of(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return PARQUET;
    }
    if (name.endsWith(".json") || name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return JSON;
    }
    if (name.matches(".*\\.(duckdb|ddb|db|sqlite|sqlite3)")) {
      return DATABASE;
    }
    String plain = isGzip(name) ? name.substring(0, name.length() - ".gz".length()) : name;
    if (plain.endsWith(".tsv")) {
      return TAB_SEPARATED;
    }
    return plain.endsWith(".csv") || plain.endsWith(".txt") ? TEXT : null;
  }

  static boolean isGzip(String fileName) {
    return fileName.toLowerCase(Locale.ROOT).endsWith(".gz");
  }
}
