package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.result.Monitor;

/** Tables by query, and JSON: the same phases, files and commands as for any other table. */
class QueryTest {

  @TempDir Path folder;
  private Path source;
  private Path target;

  @BeforeEach
  void makeFiles() {
    source = Samples.csv(folder.resolve("source.csv"), 60, 0, 1);
    target = Samples.csv(folder.resolve("target.csv"), 20, 1, 2);
  }

  private static double[] trained(Data data) {
    TransferConfig config = Samples.quick().build();
    try (Model model = Model.train(data, config, new Monitor())) {
      return model.predict(data).numbers("prediction_y");
    }
  }

  @Test
  void aTargetWithClassesIsReadOnce(@TempDir Path own) {
    Path source = Samples.csv(own.resolve("s.csv"), 60, 0, 1);
    TransferConfig classes =
        Samples.quick("grade").columns(c -> c.ignored("y")).objective(o -> o.task(Task.CLASSIFICATION)).build();
    // At each time that it is asked it has other classes.
    String query = "SELECT a, b, tool, 'c' || CAST(floor(1e9 * random()) AS BIGINT) AS grade FROM '" + source + "' LIMIT 20";
    try (Model model = Model.train(Data.files(source), classes, new Monitor())) {
      model.prune();
      model.allocate(Data.files(source), new Monitor());
      model.calibrate("t", Data.sql(query), new Monitor());
      assertEquals(20, model.classes("t").size());
    }
  }

  @Test
  void aQueryOfAllOfAFileGivesTheBitsOfTheFile() {
    double[] expected = trained(Data.files(source.toString()));
    assertArrayEquals(expected, trained(Data.sql("SELECT * FROM '" + source + "'")));
    assertArrayEquals(expected, trained(Data.sql("from '" + source + "'")));
  }

  @Test
  void joinsTransferAndPredict() throws IOException {
    Path tools =
        Samples.write(folder.resolve("tools.csv"), "tool,age\nT0,1.5\nT1,7\nT2,3\n");
    String join = "SELECT a, b, age, y FROM '%s' JOIN '" + tools + "' USING (tool) ORDER BY a";
    Path model = folder.resolve("model");
    Cli.warned("rows that the target was learnt from", "transfer", "--source", join.formatted(source), "--target", join.formatted(target),
        "--test", join.formatted(target), "--label", "y", "--hidden", "8", "--source-epochs", 1,
        "--target-epochs", 1, "--out", model);
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--input", join.formatted(target), "--out", out);
    assertEquals("a,b,age,y,prediction_y,spread_y", Files.readAllLines(out).get(0));
    assertEquals(21, Files.readAllLines(out).size());
    try (Model loaded = Model.load(model)) {
      assertEquals(64, loaded.reports().get(0).data().sha256().length());
      assertNotEquals(
          loaded.reports().get(0).data().sha256(),
          loaded.targets().get("target").data().sha256());
    }
  }

  @Test
  void wrongQueriesAreOneLineAndNothingLeavesTheMachine() {
    for (String query :
        new String[] {
          "SELECT * FROM 'nowhere.csv'",
          "SELECT nix FROM '" + source + "'",
          "SELECT * FROM",
          "SELECT 1 AS y); DROP TABLE x; (SELECT 2 AS y",
          "SELECT * FROM 'https://example.invalid/x.parquet'",
          "SELECT DATE '2024-01-01' AS d, 1 AS y"
        }) {
      Cli cli =
          Cli.run("train", "--source", query, "--label", "y", "--out", folder.resolve("model"));
      assertEquals(2, cli.exitCode(), cli.toString());
      assertEquals(1, cli.err().lines().count(), cli.toString());
      assertTrue(cli.err().contains("query"), cli.toString());
    }
  }

  @Test
  void jsonLinesAreATable() throws IOException {
    Path json = folder.resolve("rows.jsonl");
    StringBuilder text = new StringBuilder();
    Files.readAllLines(source).stream()
        .skip(1)
        .map(line -> line.split(",", -1))
        .forEach(
            f ->
                text.append(
                    "{\"a\":%s,\"b\":%s,\"tool\":\"%s\",\"y\":%s,\"grade\":\"%s\"}\n"
                        .formatted(f[0], f[1], f[2], f[3], f[4])));
    Files.writeString(json, text);
    assertArrayEquals(
        trained(Data.files(source.toString())), trained(Data.files(json.toString())));
  }

  @Test
  void databasesAreReadAsFilesAndByQueries() throws Exception {
    double[] expected = trained(Data.files(source.toString()));
    Path one = folder.resolve("one.duckdb");
    Path two = folder.resolve("it's two.db");
    write(one, "CREATE TABLE \"odd name\" AS FROM '" + source + "'");
    write(two, "CREATE TABLE runs AS FROM '" + source + "'", "CREATE TABLE other (x INT)");
    assertArrayEquals(expected, trained(Data.files(one.toString())));
    String quoted = two.toString().replace("'", "''");
    assertArrayEquals(
        expected, trained(Data.sql("ATTACH '" + quoted + "' AS lab; SELECT * FROM lab.runs")));
    Cli both = train(two.toString());
    assertEquals(2, both.exitCode());
    assertTrue(both.err().contains("it's two.db has the tables main.\"other\", main.\"runs\""), both.err());
    Cli.ok("train", "--source", "attach '" + quoted + "' as lab; from lab.runs", "--label", "y",
        "--hidden", "4", "--source-epochs", 1, "--out", folder.resolve("attached"));
    Cli written = train("ATTACH '" + one + "' AS lab; CREATE TABLE lab.more (x INT)");
    assertEquals(2, written.exitCode());
    assertTrue(written.err().contains("query: "), written.err());
  }

  @Test
  void sqliteIsRefusedByName() throws IOException {
    Path file = folder.resolve("lab.sqlite");
    Files.write(file, "SQLite format 3\0 and so on".getBytes(StandardCharsets.UTF_8));
    Cli refused = train(file.toString());
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("lab.sqlite is an SQLite database"), refused.err());
  }

  private Cli train(String from) {
    return Cli.run("train", "--source", from, "--label", "y", "--out", folder.resolve("no"));
  }

  private static void write(Path database, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** What follows a query that closes its brackets, or is none: nothing of it is run. */
  @Test
  void oneQueryAndNothingElse() throws IOException {
    Path written = folder.resolve("written.csv");
    Path database = folder.resolve("new.duckdb");
    String copy = "COPY (SELECT 42) TO '" + written + "'";
    for (String query :
        List.of(
            "SELECT 1 AS y, 2 AS a) ; " + copy + "; SELECT * FROM (SELECT 1 AS y, 2 AS a",
            "SELECT 1 AS y, 2 AS a; " + copy,
            "FROM (" + copy + ")",
            "SELECT 1 AS y; ATTACH '" + database + "' AS other",
            "ATTACH '" + database + "' AS other; SELECT 1 AS y, 2 AS a",
            "SELECT 1 AS y, 2 AS a; SET threads = 4",
            "SELECT 1 AS y; LOAD httpfs",
            "FROM 'https://localhost:9/x.csv'")) {
      Cli run = train(query);
      assertEquals(2, run.exitCode(), query + run);
      assertEquals(1, run.err().lines().count(), run.err());
      assertFalse(Files.exists(written), query);
      assertFalse(Files.exists(database), query);
    }
    // A semicolon at the end is no second statement, nor is one in a text.
    assertEquals(0, Cli.run("train", "--source", "SELECT a, b, y, ';' AS c FROM '" + source + "';", "--label", "y",
        "--source-epochs", 1, "--hidden", "4", "--out", folder.resolve("yes")).exitCode());
  }
}
