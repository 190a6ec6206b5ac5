package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

/** What names a row, a group or a class keeps every digit and letter on every way in and out. */
class IdentifiersTest {

  @TempDir Path dir;

  private static final List<String> IDS = List.of("9007199254740992", "9007199254740993");

  private static List<String> texts(Data data, String column) {
    return List.of(Groups.values(data, column, Missing.WORDS));
  }

  // name: type, one a column
  private List<String> parquet(Path file) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet rows = statement.executeQuery("DESCRIBE SELECT * FROM '" + file + "'")) {
      while (rows.next()) {
        columns.add(rows.getString(1) + " " + rows.getString(2));
      }
    }
    return columns;
  }

  @Test
  void aTextFileKeepsInParquetWhatANumberWouldLose() throws IOException, SQLException {
    Path in = dir.resolve("in.csv");
    Files.write(
        in,
        List.of(
            "account,zip,day,count,share,printed,mixed,flag,long",
            "12345678901234567890,01234,03/04/2026,12,0.5,0.1234567890123456,1,true,0.12345678901234567890",
            "12345678901234567891,80331,13/04/2026,-3,1e-3,100.25,x,false,1"));
    Path out = dir.resolve("out.parquet");
    PredictionWriter.write(Data.files(in), Missing.WORDS, new BitSet(), List.of(PredictionColumn.numbers("p", new double[] {1, 2})), out);
    assertEquals(
        List.of(
            "account VARCHAR", "zip VARCHAR", "day VARCHAR", "count BIGINT", "share DOUBLE", "printed DOUBLE", "mixed VARCHAR",
            "flag VARCHAR", "long VARCHAR", "p DOUBLE"),
        parquet(out));
    assertEquals(List.of("12345678901234567890", "12345678901234567891"), texts(Data.files(out), "account"));
    assertEquals(List.of("01234", "80331"), texts(Data.files(out), "zip"));
    assertEquals(List.of("03/04/2026", "13/04/2026"), texts(Data.files(out), "day"));
    assertEquals(List.of("0.12345678901234567890", "1"), texts(Data.files(out), "long"));
  }

  @Test
  void decimalsOfAnyLengthAreTheirOwnGroups() {
    for (String type : List.of("DECIMAL(20, 0)", "DECIMAL(30, 5)", "HUGEINT", "BIGINT", "VARCHAR")) {
      Data data =
          Data.sql(
              String.format(
                  Locale.ROOT, "SELECT CAST(id AS %s) AS id FROM (VALUES ('%s'), ('%s')) AS t(id)", type, IDS.get(0), IDS.get(1)));
      assertEquals(IDS, texts(data, "id"), type);
    }
  }

  @Test
  void decimalsHaveOneSpellingOnEveryPath() throws IOException {
    List<String> expected = List.of("1.5", "-20", "0.001", "0");
    String values = "(VALUES ('1.500'), ('-20.000'), ('0.001'), ('0.000')) AS t(x)";
    for (String type : List.of("DECIMAL(10, 3)", "DECIMAL(38, 10)", "DOUBLE")) {
      String query = "SELECT CAST(x AS " + type + ") AS x FROM " + values;
      assertEquals(expected, texts(Data.sql(query), "x"), type);
    }
    Object[] exact = {new BigDecimal("1.500"), new BigDecimal("-20.000"), new BigDecimal("0.001"), new BigDecimal("0E-3")};
    List<List<Object>> rows = new ArrayList<>();
    for (Object value : exact) {
      rows.add(List.of(value));
    }
    assertEquals(expected, texts(Data.rows(List.of("x"), rows), "x"));
    Object[] doubles = {1.5, -20.0, 0.001, 0.0};
    assertEquals(expected, texts(Data.columns(java.util.Map.of("x", doubles)), "x"));
  }

  @Test
  void rowsInMemoryKeepEveryDigitInBothKindsOfFile() throws SQLException {
    BigInteger large = new BigInteger("123456789012345678901234567890");
    List<List<Object>> rows =
        List.of(
            List.of(9007199254740993L, large, new BigDecimal("0.1234567890123456789"), 0.5),
            List.of(7L, BigInteger.ONE, new BigDecimal("2"), 1));
    Data data = Data.rows(List.of("id", "large", "exact", "x"), rows);
    for (String name : List.of("out.csv", "out.parquet")) {
      Path out = dir.resolve(name);
      PredictionWriter.write(data, Missing.WORDS, new BitSet(), List.of(PredictionColumn.numbers("p", new double[] {1, 2})), out);
      assertEquals(List.of("9007199254740993", "7"), texts(Data.files(out), "id"), name);
      assertEquals(List.of(large.toString(), "1"), texts(Data.files(out), "large"), name);
      assertEquals("0.1234567890123456789", texts(Data.files(out), "exact").get(0), name);
    }
    assertEquals(
        List.of("id BIGINT", "large DECIMAL(30,0)", "exact DECIMAL(20,19)", "x DOUBLE", "p DOUBLE"), parquet(dir.resolve("out.parquet")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-03-04", "04/03/26", "4.3.2026", "2026-03-04 12:30:00", "2026-03-04T12:30:00.5Z", "4 March 2026", "Mar 4, 2026", "12:30", "1:05 pm"
      })
  void datesAreNoCategories(String date) throws IOException {
    Path file = dir.resolve("dates.csv");
    Files.write(file, List.of("x,\"when\",y", "1,\"" + date + "\",2", "2,\"" + date + "\",3"));
    DataException refused = assertThrows(DataException.class, () -> SchemaLearner.learn(Data.files(file), Tables.regression("y")));
    assertTrue(refused.getMessage().contains("column when: dates and times such as '" + date + "'"), refused.getMessage());
    assertTrue(refused.getMessage().contains("ignore the column"), refused.getMessage());
  }

  @Test
  void oneRuleForDatesOfEveryKindOfTable() {
    for (String type : List.of("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR")) {
      Data data =
          Data.sql("SELECT 1 AS x, CAST('2026-03-04' AS " + type + ") AS \"when\", 2 AS y UNION ALL SELECT 2, CAST('2026-03-05' AS " + type + "), 3");
      DataException refused = assertThrows(DataException.class, () -> SchemaLearner.learn(data, Tables.regression("y")));
      assertTrue(refused.getMessage().contains("column when: dates and times"), refused.getMessage());
      assertTrue(refused.getMessage().contains("categorical"), refused.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2.3", "10-20-30", "AB-12:30", "March", "2026", "A4/3/26"})
  void whatOnlyLooksLikeOneIsACategory(String text) throws IOException {
    Path file = dir.resolve("codes.csv");
    Files.write(file, List.of("x,code,y", "1," + text + ",2", "2,other,3"));
    Schema schema = SchemaLearner.learn(Data.files(file), new DataOptions(List.of("y"), false, java.util.Set.of("code"), java.util.Set.of(), java.util.Set.of(), Missing.ERROR, Missing.WORDS, true, true));
    assertEquals(2, schema.inputs().get(1).categories().size());
    assertArrayEquals(new String[] {text, "other"}, Groups.values(Data.files(file), "code", Missing.WORDS));
  }

  @Test
  void aLabelOfTwoBillionDigitsIsAName() throws IOException {
    Path file = dir.resolve("hex.csv");
    Files.write(file, List.of("x,y", "1,5e2000000000", "2,a0", "3,5e2000000000"));
    DataOptions options = new DataOptions(List.of("y"), true, java.util.Set.of(), java.util.Set.of(), java.util.Set.of(), Missing.ERROR, Missing.WORDS, true, true);
    assertEquals(List.of("5e2000000000", "a0"), SchemaLearner.learn(Data.files(file), options).classes());
  }
}
