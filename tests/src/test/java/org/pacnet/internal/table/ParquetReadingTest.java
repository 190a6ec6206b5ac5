package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.categorical;
import static org.pacnet.internal.table.Tables.classification;
import static org.pacnet.internal.table.Tables.parquet;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.values;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

class ParquetReadingTest {
  @TempDir Path dir;

  private Data table(String select) throws SQLException {
    return parquet(dir, "t'able.parquet", select);
  }

  private static Schema learn(Data data) {
    return SchemaLearner.learn(data, regression("y"));
  }

  private static float[] features(Data data) {
    return values(Encoder.training(data, learn(data), Set.of(), ReadMonitor.NONE).features());
  }

  @Test
  void numbersAndTruthValuesOfEveryTypeAreNumeric() throws SQLException {
    Data data =
        table(
            "SELECT 1::TINYINT AS a, 2::UBIGINT AS b, 3::HUGEINT AS c, 4.25::DECIMAL(9,2) AS d,"
                + " 0.5::FLOAT AS e, true AS f, 7::BIGINT AS y");
    assertArrayEquals(new float[] {1, 2, 3, 4.25f, 0.5f, 1}, features(data));
  }

  @Test
  void textGoesByItsContentsAsInATextFile() throws SQLException {
    Data data = table("SELECT * FROM (VALUES ('1.5', 'b', 0), ('2', 'a', 0)) AS t(num, cat, y)");
    assertArrayEquals(new float[] {1.5f, 0, 1, 2, 1, 0}, features(data));
  }

  @Test
  void anEnumIsText() throws SQLException {
    Data data = table("SELECT v::ENUM('lo', 'hi') AS x, 0 AS y FROM (VALUES ('lo'), ('hi')) t(v)");
    assertEquals(List.of("hi", "lo"), learn(data).inputs().get(0).categories());
  }

  @Test
  void nullsEmptyTextAndNaAreMissing() throws SQLException {
    Data data =
        table(
            "SELECT * FROM (VALUES ('a', 1, 0), ('', 1, 0), ('NA', 1, 0), ('b', NULL, 0))"
                + " AS t(x, z, y)");
    Schema schema = SchemaLearner.learn(data, regression(Missing.DROP, "y"));
    assertEquals(List.of("a"), schema.inputs().get(0).categories());
    assertEquals("{1, 2, 3}", Encoder.training(data, schema, Set.of(), ReadMonitor.NONE).dropped().toString());
  }

  @Test
  void mixedTextIsNamedByRowAndColumn() throws SQLException {
    Data data = table("SELECT * FROM (VALUES ('1', 0), ('x?', 0)) AS t(\"my temp\", y)");
    assertDataError(
        () -> learn(data), "file t'able.parquet, row 2, column my temp: 'x?' is not a number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1, 2]",
        "{'a': 1}",
        "'x'::BLOB",
        "['a']::ENUM('a', 'b')[]"
      })
  void valuesThatAreNeitherNumbersNorTextAreRefusedByColumn(String value) throws SQLException {
    Data data = table("SELECT 1 AS a, %s AS odd, 0 AS y".formatted(value));
    assertDataError(() -> learn(data), "file t'able.parquet, column odd", "cannot be used");
  }

  @Test
  void anUnusedColumnMayHoldAnything() throws SQLException {
    Schema schema = learn(table("SELECT 1 AS a, 0 AS y"));
    Data more = table("SELECT {'p': [1], 'q': {'r': 2}} AS s, 5 AS a, DATE '2024-01-01' AS d");
    assertArrayEquals(new float[] {5}, values(Encoder.prediction(more, schema).features()));
  }

  @Test
  void notANumberAndInfinityAreRefusedAlsoAsCategoriesAndClasses() throws SQLException {
    Data nan = table("SELECT * FROM (VALUES (1.0::DOUBLE, 0), ('nan'::DOUBLE, 1)) AS t(x, y)");
    assertDataError(() -> learn(nan), "row 2, column x", "nan is not a finite number");
    assertDataError(
        () -> SchemaLearner.learn(nan, categorical(regression("y"), "x")), "row 2, column x", "nan");
    Data inf = table("SELECT * FROM (VALUES (0, 1.0::FLOAT), (1, 'inf'::FLOAT)) AS t(x, y)");
    assertDataError(
        () -> SchemaLearner.learn(inf, classification("y")), "row 2, column y", "inf is not a finite");
  }

  @Test
  void aWholeNumberIsTheSameClassInEveryType() throws SQLException {
    Data doubles = table("SELECT * FROM (VALUES (0, 10.0::DOUBLE), (0, 9), (0, 2.5)) AS t(x, y)");
    assertEquals(List.of("2.5", "9", "10"), SchemaLearner.learn(doubles, classification("y")).classes());
    Data floats = table("SELECT * FROM (VALUES (0, 10::FLOAT), (0, 0.1)) AS t(x, y)");
    assertEquals(List.of("0.1", "10"), SchemaLearner.learn(floats, classification("y")).classes());
    Data decimals = table("SELECT 0 AS x, v::DECIMAL(5,2) AS y FROM (VALUES (1), (1.5)) AS t(v)");
    assertEquals(List.of("1", "1.5"), SchemaLearner.learn(decimals, classification("y")).classes());
    Data truths = table("SELECT 0 AS x, v AS y FROM (VALUES (true), (false)) AS t(v)");
    assertEquals(List.of("false", "true"), SchemaLearner.learn(truths, classification("y")).classes());
  }

  @Test
  void aFileThatIsNoParquetIsNamedInOneLine() throws IOException {
    Path file = dir.resolve("fake.parquet");
    Files.writeString(file, "x,y\n1,2\n this is a text file");
    assertDataError(() -> learn(Data.files("" + file)), "file fake.parquet", "Parquet");
    Files.writeString(file, "");
    assertDataError(() -> learn(Data.files("" + file)), "file fake.parquet", "Parquet");
  }

  @Test
  void aTableWithoutRowsIsRefused() throws SQLException {
    Data data = table("SELECT 1 AS x, 0 AS y WHERE false");
    assertDataError(() -> learn(data), "file t'able.parquet", "no rows");
  }

  @Test
  void parquetAndTextFilesMixInOneGlob() throws IOException, SQLException {
    Tables.csv(dir, "a.csv", "x,y", "1,0");
    parquet(dir, "b.parquet", "SELECT 0 AS y, 2.5 AS x");
    assertArrayEquals(new float[] {1, 2.5f}, features(Data.files(dir + "/*.{csv,parquet}")));
  }

  @Test
  void moreThanFitsIsToldBeforeItIsRead() {
    Reading reading = new Reading(ReadMonitor.NONE);
    reading.checkRoom("t", 2_000_000, 269); // 268 inputs of 2 million rows are just below 2 GiB
    DataException e = assertThrows(DataException.class, () -> reading.checkRoom("t", 2_000_000, 270));
    assertEquals("t: 2000000 rows of 270 columns are more than the 2 GiB that fit; use fewer rows or columns", e.getMessage());
    reading.inPieces(); // which have a buffer each
    reading.checkRoom("t", 2_000_000, 270);
  }
}
