package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.categorical;
import static org.pacnet.internal.table.Tables.csv;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.values;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

class CsvReadingTest {
  @TempDir Path dir;

  private Data text(String contents) throws IOException {
    Path file = dir.resolve("data.csv");
    Files.writeString(file, contents);
    return Data.files(file.toString());
  }

  private static Schema learn(Data data) {
    return SchemaLearner.learn(data, regression("y"));
  }

  private static float[] features(Data data) {
    return values(Encoder.training(data, learn(data), Set.of(), ReadMonitor.NONE).features());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void everyKindOfLineEndIsRead(String end) throws IOException {
    Data data = text(String.join(end, "x,y", "1,0", "2,0", ""));
    assertArrayEquals(new float[] {1, 2}, features(data));
  }

  @Test
  void theLastLineNeedsNoEnd() throws IOException {
    assertArrayEquals(new float[] {1, 2}, features(text("x,y\n1,0\n2,0")));
  }

  @Test
  void aByteOrderMarkIsNotPartOfAName() throws IOException {
    assertEquals("x", learn(text("\uFEFFx,y\n1,0\n")).inputs().get(0).name());
  }

  @Test
  void namesWithQuotesSeparatorsSpacesAndLettersOfAnyKindAreKept() throws IOException {
    Data data =
        text("\"a, \"\"b\"\"\",it's,\u6e29\u5ea6 \u00b0C,select,\"two\nlines\",y\n1,2,3,4,5,0\n");
    assertEquals(
        List.of("a, \"b\"", "it's", "\u6e29\u5ea6 \u00b0C", "select", "two\nlines"),
        learn(data).inputs().stream().map(Schema.Input::name).toList());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5}, features(data));
  }

  @Test
  void quotedFieldsMayHoldSeparatorsQuotesAndLineEnds() throws IOException {
    Data data = text("x,y\n\"a,1\",0\n\"b\"\"2\"\"\",0\n\"c\n3\",0\n");
    assertEquals(List.of("a,1", "b\"2\"", "c\n3"), learn(data).inputs().get(0).categories());
  }

  @Test
  void emptyLinesBetweenRowsAreNotRows() throws IOException {
    Data data = text("x,y\n1,0\n\n2,0\n\n\n3,bad\n\n");
    assertDataError(() -> learn(data), "file data.csv, row 3, column y: 'bad'");
  }

  @Test
  void inASingleColumnAnEmptyLineIsAMissingValue() throws IOException {
    Schema schema = SchemaLearner.learn(text("x,y\n1,0\n3,0\n"), regression(Missing.DROP, "y"));
    EncodedData encoded = Encoder.prediction(text("x\n5\n\n7\n"), schema);
    assertArrayEquals(new float[] {5, 7}, values(encoded.features()));
    assertEquals("{1}", encoded.dropped().toString());
  }

  @Test
  void numbersAreReadInEveryUsualNotation() throws IOException {
    assertArrayEquals(
        new float[] {-1.5f, 2000, 0.5f, 7, 12},
        features(text("x,y\n-1.5,0\n2e3,0\n.5,0\n+7,0\n 12 ,0\n")));
  }

  @Test
  void digitsGroupedByUnderscoresAreNoNumber() throws IOException {
    Data data = text("x,y\n1,0\n1_000,0\n");
    assertDataError(() -> learn(data), "row 2, column x: '1_000' is not a number");
  }

  @Test
  void aColumnOfNumbersAndTextIsRefusedWhicheverComesFirst() throws IOException {
    Data numberFirst = text("temp,y\n1,0\n2,0\nabc,0\n");
    assertDataError(
        () -> learn(numberFirst),
        "file data.csv, row 3, column temp: 'abc' is not a number",
        "declare the column categorical");
    Data textFirst = text("temp,y\nabc,0\n2,0\n");
    assertDataError(
        () -> learn(textFirst), "file data.csv, row 1, column temp: 'abc' is not a number");
  }

  @Test
  void aColumnOfNumbersAndTextIsReadAsCategoriesIfDeclaredSo() throws IOException {
    Data data = text("x,y\n01,0\nabc,0\n1,0\n");
    Schema schema = SchemaLearner.learn(data, categorical(regression("y"), "x"));
    assertEquals(List.of("01", "1", "abc"), schema.inputs().get(0).categories());
  }

  @ParameterizedTest
  @ValueSource(strings = {"NAN", "-nan", "inf", "-Infinity", "1e400"})
  void whatIsNotFiniteIsRefused(String value) throws IOException {
    Data data = text("x,y\n1,0\n" + value + ",0\n");
    assertDataError(() -> learn(data), "file data.csv, row 2, column x", "not a finite number");
    Data label = text("y,x\n1,0\n" + value + ",0\n");
    assertDataError(() -> learn(label), "file data.csv, row 2, column y", "not a finite number");
  }

  @Test
  void whatIsTooLargeForAFloatIsRefused() throws IOException {
    Data data = text("x,y\n1,0\n-1e39,0\n");
    assertDataError(
        () -> learn(data), "file data.csv, row 2, column x", "too large for a 32-bit float");
  }

  @Test
  void aRowWithTooFewFieldsIsNamed() throws IOException {
    Data data = text("x,z,y\n1,1,0\n\"two\nlines\",2,0\n3,0\n");
    assertDataError(
        () -> learn(data), "file data.csv, row 3: it has 2 fields but the header has 3");
  }

  @Test
  void aRowWithTooManyFieldsIsNamedEvenIfTheLastIsEmpty() throws IOException {
    Data data = text("x,y\n1,0\n2,0,\n");
    assertDataError(
        () -> learn(data), "file data.csv, row 2: it has 3 fields but the header has 2");
  }

  @Test
  void aQuoteThatIsNeverClosedIsNamedByItsRow() throws IOException {
    Data data = text("x,y\n1,0\n\"2,0\n3,0\n4,0\n");
    assertDataError(() -> learn(data), "file data.csv, row 2", "never closed");
  }

  @Test
  void textAfterAClosingQuoteIsNamedByItsRow() throws IOException {
    Data data = text("x,y\n1,0\n\"2\"b,0\n");
    assertDataError(() -> learn(data), "file data.csv, row 2", "after a closing quote");
  }

  @Test
  void mixedLineEndsAreRefused() throws IOException {
    assertDataError(() -> learn(text("x,y\n1,0\r\n2,0\n")), "file data.csv", "LF", "CRLF");
  }

  @Test
  void textThatIsNoUtf8IsNamedByItsRow() throws IOException {
    Path file = dir.resolve("latin.csv");
    Files.write(file, "x,y\na,1\n\u00e9t\u00e9,2\n".getBytes(StandardCharsets.ISO_8859_1));
    assertDataError(
        () -> learn(Data.files(file.toString())), "file latin.csv, row 2", "not valid UTF-8");
    Files.write(file, "\u00e9,y\na,1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertDataError(
        () -> learn(Data.files(file.toString())), "file latin.csv, header", "not valid UTF-8");
  }

  @Test
  void badUtf8BehindTheFirstBufferIsNamedByItsRow() throws IOException {
    Path file = dir.resolve("long.csv");
    byte[] bytes = ("x,y\n" + "1.25,0\n".repeat(30_000)).getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xff;
    Files.write(file, bytes);
    assertDataError(
        () -> learn(Data.files(file.toString())), "file long.csv, row 30000", "not valid UTF-8");
  }

  @Test
  void aFileWithoutHeaderOrRowsIsRefused() throws IOException {
    assertDataError(() -> learn(text("")), "file data.csv", "is empty");
    assertDataError(() -> learn(text("x,y\n")), "file data.csv", "no rows");
    assertDataError(() -> learn(text("\nx,y\n1,2\n")), "file data.csv", "first line is empty");
  }

  @Test
  void namesMustTellColumnsApart() throws IOException {
    assertDataError(
        () -> learn(text("x,y,x\n1,2,3\n")), "file data.csv", "column x", "twice", "1 and 3");
    assertDataError(() -> learn(text("x,X,y\n1,2,3\n")), "x and X", "upper and lower case");
    assertDataError(() -> learn(text(",x,y\n0,1,2\n")), "file data.csv", "column 1 has no name");
  }

  @Test
  void manyRowsAndColumnsComeThroughInOrder() throws IOException {
    StringBuilder lines = new StringBuilder("y");
    int columns = 40;
    for (int j = 0; j < columns; j++) {
      lines.append(",c").append(j);
    }
    int rows = 5000;
    for (int i = 0; i < rows; i++) {
      lines.append("\n0");
      for (int j = 0; j < columns; j++) {
        lines.append(',').append(i * columns + j);
      }
    }
    float[] features = features(text(lines + "\n"));
    assertEquals(rows * columns, features.length);
    for (int k = 0; k < features.length; k++) {
      assertEquals(k, features[k]);
    }
  }

  @Test
  void aSeparatorInsideQuotedNamesDoesNotDecide() throws IOException {
    Data data = csv(dir, "semicolons.csv", "\"a,b,c,d\";y", "1.5;0");
    assertArrayEquals(new float[] {1.5f}, features(data));
  }
}
