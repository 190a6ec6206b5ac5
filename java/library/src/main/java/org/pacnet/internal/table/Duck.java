package org.pacnet.internal.table;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;
import org.pacnet.error.DataException;
import org.pacnet.error.NativeException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.base.Machine;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.base.UnpackedLibrary;

/**
 * A DuckDB database in memory for one operation, with one thread (which also keeps rows in order)
 * and without any reach to the network. It starts when first used: in-memory columns, which need
 * none, would otherwise wait longer for it than a small target takes to train.
 */
final class Duck implements AutoCloseable {
  private static final int LOOK_MILLIS = 50;
  private static final Pattern SENTENCE = Pattern.compile("\"exception_message\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final Reading reading;
  private @Nullable DuckDBConnection connection;
  private volatile @Nullable Statement running;
  private volatile boolean closed;
  private int tables;

  Duck(Reading reading) {
    this.reading = reading;
  }

  private static DuckDBConnection connect() {
    Properties settings = new Properties();
    settings.setProperty("threads", "1");
    settings.setProperty("memory_limit", Machine.tableMemory() / 1024 + "KiB");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    // Otherwise the driver holds a whole result in memory.
    settings.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    try {
      // Not by DriverManager, which sees only drivers of the caller's class loader.
      Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", settings);
      try (Statement statement = connection.createStatement()) {
        // Moments with a time zone are written in this one, whatever the machine's is.
        statement.execute("SET TimeZone = 'UTC'");
        statement.execute("SET lock_configuration = true");
      }
      return connection.unwrap(DuckDBConnection.class);
    } catch (SQLException e) {
      throw new NativeException("DuckDB does not start: " + reason(e), e);
    } catch (LinkageError | IllegalStateException e) {
      // What the driver throws where it can't unpack or load its library.
      Throwable cause = Causes.root(e);
      throw new NativeException(
          "DuckDB does not start ("
              + Messages.name(String.valueOf(cause.getMessage()))
              + "): it needs a temporary folder ("
              + System.getProperty("java.io.tmpdir")
              + ") with 80 MB of room, from which libraries may be loaded; name one in TMPDIR",
          e);
    }
  }

  DuckDBConnection connection() {
    DuckDBConnection open = connection;
    if (open == null) {
      open = connect();
      UnpackedLibrary.delete("libduckdb_java");
      connection = open;
      Thread watch = new Thread(this::watch, "pacnet-watch");
      watch.setDaemon(true);
      watch.start();
    }
    return open;
  }

  // DuckDB does not heed an interruption of the thread that it works for: another one looks for it.
  private void watch() {
    while (!closed) {
      try {
        Thread.sleep(LOOK_MILLIS);
        Statement statement = running;
        if (statement != null && reading.isStopped()) {
          statement.cancel();
        }
      } catch (InterruptedException e) {
        return;
      } catch (SQLException e) {
        // It has ended meanwhile.
      }
    }
  }

  /** What to cancel if the reading is to end; null when it is over. */
  void running(@Nullable Statement statement) {
    running = statement;
  }

  Reading reading() {
    return reading;
  }

  /** The error for a table that can't be read. */
  PacNetException unreadable(String name, long row, SQLException e) {
    return failed(
        String.format(Locale.ROOT, "%s cannot be read after row %d: %s", name, row, reason(e)), e);
  }

  /** The error for a statement that failed: the message, unless the reading was to end. */
  PacNetException failed(String message, SQLException e) {
    return reading.isStopped() ? Reading.cancelled(e) : new DataException(message, e);
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection().createStatement()) {
      running(statement);
      statement.execute(sql);
    } finally {
      running(null);
    }
  }

  /** The one number that {@code sql} selects. */
  long number(String sql) throws SQLException {
    try (Statement statement = connection().createStatement()) {
      running(statement);
      try (ResultSet result = statement.executeQuery(sql)) {
        result.next();
        return result.getLong(1);
      }
    } finally {
      running(null);
    }
  }

  /** A name that no table has yet. */
  String newTable() {
    return "loaded" + tables++;
  }

  /** One thing of all columns of a query: {@code column_name} or {@code column_type}. */
  List<String> describe(String sql, String what) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = connection().createStatement();
        ResultSet result = statement.executeQuery("DESCRIBE " + sql)) {
      while (result.next()) {
        found.add(result.getString(what));
      }
    }
    return List.copyOf(found);
  }

  /** The texts that {@code sql} selects in its one column. */
  List<String> texts(String sql) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = connection().createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        found.add(result.getString(1));
      }
    }
    return List.copyOf(found);
  }

  /**
   * Opens a DuckDB database for reading.
   *
   * @throws DataException if it is an SQLite database: DuckDB would fetch an extension for it
   */
  void attach(Path file, String name) throws SQLException {
    if (isSqlite(file)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "file %s is an SQLite database, for which DuckDB needs an extension from the network;"
                  + " write its table to a file: sqlite3 -header -csv %s 'SELECT * FROM t' > t.csv",
              file.getFileName(),
              file.getFileName()));
    }
    execute(
        String.format(
            Locale.ROOT,
            "ATTACH %s AS %s (TYPE duckdb, READ_ONLY)",
            literal(file.toAbsolutePath().toString()),
            identifier(name)));
  }

  private static boolean isSqlite(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(15), StandardCharsets.ISO_8859_1).equals("SQLite format 3");
    } catch (IOException e) {
      return false; // which DuckDB then says better
    }
  }

  /** {@code text} as an SQL string. */
  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** {@code name} as an SQL identifier. */
  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** An SQL string by which DuckDB finds the file itself, whatever characters are in its path. */
  static String input(Path file) {
    // An absolute path is neither an address nor relative to a home folder, and a wildcard in a set
    // of its own stands for itself.
    return literal(file.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]"));
  }

  /** What DuckDB says, without its class of error, its hints and its list of settings. */
  static String reason(SQLException e) {
    String text = String.valueOf(e.getMessage());
    // A write that fails in the background comes as JSON, with the sentence in one of its fields.
    Matcher sentence = SENTENCE.matcher(text);
    String first = (sentence.find() ? sentence.group(1) : text).lines().findFirst().orElse("");
    return Messages.name(first.replaceFirst("^([A-Z]\\w* )+Error: ", ""));
  }

  @Override
  public void close() {
    closed = true;
    if (connection == null) {
      return;
    }
    try {
      connection.close();
    } catch (SQLException e) {
      throw new DataException("DuckDB does not close: " + reason(e), e);
    }
  }
}
