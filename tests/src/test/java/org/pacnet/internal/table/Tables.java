package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.function.Executable;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;

/** Makes tables and looks at what becomes of them. */
public final class Tables {
  private Tables() {}

  static Data csv(Path directory, String name, String... lines) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, String.join("\n", lines) + "\n");
    return Data.files(file.toString());
  }

  static Data gzip(Path directory, String name, String... lines) throws IOException {
    Path file = directory.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return Data.files(file.toString());
  }

  /** A Parquet file with the result of a query. */
  static Data parquet(Path directory, String name, String select) throws SQLException {
    Path file = directory.resolve(name);
    try (Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", null);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "COPY (%s) TO %s (FORMAT parquet)".formatted(select, Duck.literal("" + file)));
    }
    return Data.files(file.toString());
  }

  /** The rows of a query, each with its values as text, null as "null", joined by bars. */
  static List<String> query(String sql) throws SQLException {
    try (Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", null);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(result.getString(i)));
        }
        rows.add(String.join("|", row));
      }
      return rows;
    }
  }

  static DataOptions regression(String... labels) {
    return new DataOptions(List.of(labels), false, Set.of(), Set.of(), Set.of(), Missing.ERROR, Missing.WORDS, false, false);
  }

  static DataOptions regression(Missing missing, String... labels) {
    return new DataOptions(List.of(labels), false, Set.of(), Set.of(), Set.of(), missing, Missing.WORDS, false, false);
  }

  static DataOptions standardized(String... labels) {
    return new DataOptions(List.of(labels), false, Set.of(), Set.of(), Set.of(), Missing.ERROR, Missing.WORDS, true, true);
  }

  static DataOptions classification(String label) {
    return new DataOptions(List.of(label), true, Set.of(), Set.of(), Set.of(), Missing.ERROR, Missing.WORDS, false, false);
  }

  static DataOptions categorical(DataOptions options, String... columns) {
    return new DataOptions(
        options.labels(),
        options.classification(),
        Set.of(columns),
        options.dates(),
        options.ignored(),
        options.missing(),
        options.missingWords(),
        options.standardizeInputs(),
        options.standardizeLabels());
  }

  static DataOptions dates(DataOptions options, String... columns) {
    return new DataOptions(
        options.labels(),
        options.classification(),
        options.categorical(),
        Set.of(columns),
        options.ignored(),
        options.missing(),
        options.missingWords(),
        options.standardizeInputs(),
        options.standardizeLabels());
  }

  static float[] values(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  /**
   * Runs what must fail, and checks that it does so in one line that holds all of {@code parts}.
   */
  static void assertDataError(Executable action, String... parts) {
    String message = assertThrows(DataException.class, action).getMessage();
    assertFalse(message.contains("\n"), () -> "several lines: " + message);
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
    }
  }
}
