package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.csv;
import static org.pacnet.internal.table.Tables.parquet;
import static org.pacnet.internal.table.Tables.query;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;

class PredictionWriterTest {
  @TempDir Path dir;

  private static BitSet rows(int... rows) {
    BitSet set = new BitSet();
    for (int row : rows) {
      set.set(row);
    }
    return set;
  }

  private static PredictionColumn numbers(double... values) {
    return PredictionColumn.numbers("prediction", values);
  }

  private List<String> fileNames() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void textStaysAsItIsAndPredictionsComeAfterIt() throws IOException {
    Data data =
        csv(
            dir,
            "in.csv",
            "id,\"a, b\",when,n\u00f6te",
            "007,1.50,2024-01-02,\"say \"\"hi\"\", x\"",
            "NA,,\"\",true",
            "1e3,nan,2024-1-2,\"two\nlines\"");
    Path out = dir.resolve("o'ut.csv");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(0.5, -2, 1e-7)), out);
    assertEquals(
        """
        id,"a, b",when,n\u00f6te,prediction
        007,1.50,2024-01-02,"say ""hi"", x",0.5
        NA,,"",true,-2.0
        1e3,nan,2024-1-2,"two
        lines",1e-07
        """,
        Files.readString(out));
    assertEquals(List.of("in.csv", "o'ut.csv"), fileNames());
  }

  @Test
  void droppedRowsHaveNoPrediction() throws IOException {
    Data data = csv(dir, "in.csv", "x", "", "2", "3", "4");
    Path out = dir.resolve("out.csv");
    List<PredictionColumn> columns =
        List.of(
            PredictionColumn.texts("class", new String[] {"a", "b,c"}),
            PredictionColumn.numbers("p(a)", new double[] {0.75, 0.25}));
    PredictionWriter.write(data, Missing.WORDS, rows(0, 2), columns, out);
    assertEquals("x,class,p(a)\n,,\n2,a,0.75\n3,,\n4,\"b,c\",0.25\n", Files.readString(out));
  }

  @Test
  void intoParquetTextGetsTheTypesOfItsContents() throws IOException, SQLException {
    Data data = csv(dir, "in.csv", "whole,part,day,word", "1,1.5,2024-01-02,x", "NA,2,2024-02-03,");
    Path out = dir.resolve("out.parquet");
    PredictionWriter.write(data, Missing.WORDS, rows(1), List.of(numbers(0.125)), out);
    assertEquals(
        List.of("whole|BIGINT", "part|DOUBLE", "day|VARCHAR", "word|VARCHAR", "prediction|DOUBLE"),
        query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '%s')".formatted(out)));
    assertEquals(
        List.of("1|1.5|2024-01-02|x|0.125", "null|2.0|2024-02-03|null|null"),
        query("SELECT * FROM '%s'".formatted(out)));
  }

  @Test
  void aTypeThatOnlyTheLastRowsShowIsSeen() throws IOException, SQLException {
    String[] lines = new String[30_002];
    lines[0] = "x";
    for (int i = 1; i < lines.length - 1; i++) {
      lines[i] = Integer.toString(i);
    }
    lines[lines.length - 1] = "word";
    Data data = csv(dir, "in.csv", lines);
    double[] values = new double[lines.length - 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }
    Path out = dir.resolve("out.parquet");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(values)), out);
    assertEquals(List.of("word|30001.0"), query("SELECT * FROM '%s' OFFSET 30000".formatted(out)));
    assertEquals(
        List.of("30000"),
        query("SELECT count(*) FROM '%s' WHERE TRY_CAST(x AS DOUBLE) = prediction".formatted(out)));
  }

  @Test
  void parquetColumnsOfEveryTypeArePassedOn() throws IOException, SQLException {
    Data data = parquet(dir, "in.parquet", "SELECT 1::UTINYINT AS a, [1, 2] AS l, {'u': 'v'} AS s");
    Path out = dir.resolve("out.parquet");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(3)), out);
    assertEquals(
        List.of("1|[1, 2]|{'u': v}|3.0|UTINYINT"),
        query("SELECT a, l, s::VARCHAR, prediction, typeof(a) FROM '%s'".formatted(out)));
    Path text = dir.resolve("out.csv");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(3)), text);
    assertTrue(Files.readString(text).startsWith("a,l,s,prediction\n1,\"[1, 2]\","));
  }

  @Test
  void inMemoryColumnsArePassedOn() throws IOException {
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("b", new double[] {1, 2});
    columns.put("a", new double[] {0.5, 1e10});
    Path out = dir.resolve("out.csv");
    PredictionWriter.write(Data.columns(columns), Missing.WORDS, rows(0), List.of(numbers(9)), out);
    assertEquals("b,a,prediction\n1.0,0.5,\n2.0,10000000000.0,9.0\n", Files.readString(out));
  }

  @Test
  void theFilesOfAGlobAreWrittenOneAfterTheOtherWithTheColumnsOfTheFirst() throws IOException {
    csv(dir, "p1.csv", "x,z", "1,a");
    csv(dir, "p2.csv", "z,x", "b,2", "c,3");
    Path out = dir.resolve("out.csv");
    PredictionWriter.write(Data.files(dir + "/p*.csv"), Missing.WORDS, rows(1), List.of(numbers(10, 30)), out);
    assertEquals("x,z,prediction\n1,a,10.0\n2,b,\n3,c,30.0\n", Files.readString(out));
  }

  @Test
  void tabsAndGzipGoByTheExtension() throws IOException {
    Data data = csv(dir, "in.csv", "x,z", "1,\"a,b\"");
    Path tabs = dir.resolve("out.tsv");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), tabs);
    assertEquals("x\tz\tprediction\n1\ta,b\t2.0\n", Files.readString(tabs).replace("\"", ""));
    Path zipped = dir.resolve("out.csv.gz");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), zipped);
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(zipped)), StandardCharsets.UTF_8))) {
      assertEquals(List.of("x,z,prediction", "1,\"a,b\",2.0"), reader.lines().toList());
    }
  }

  @Test
  void anOlderFileIsReplaced() throws IOException {
    Data data = csv(dir, "in.csv", "x", "1");
    Path out = dir.resolve("out.csv");
    Files.writeString(out, "something old and longer than what replaces it");
    PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), out);
    assertEquals("x,prediction\n1,2.0\n", Files.readString(out));
  }

  @Test
  void aNameThatIsTakenIsRefused() throws IOException {
    Data data = csv(dir, "in.csv", "x,Prediction", "1,2");
    Path out = dir.resolve("out.csv");
    assertDataError(
        () -> PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), out),
        "file in.csv",
        "column prediction",
        "input");
    Data other = csv(dir, "in.csv", "x", "1");
    assertDataError(
        () -> PredictionWriter.write(other, Missing.WORDS, rows(), List.of(numbers(2), numbers(3)), out),
        "column prediction",
        "another prediction");
    assertFalse(Files.exists(out));
  }

  @Test
  void anOutputOfNoKnownKindIsRefused() throws IOException {
    Data data = csv(dir, "in.csv", "x", "1");
    for (String name : List.of("out.xlsx", "out", "out.txt", "out.parquet.gz")) {
      assertDataError(
          () -> PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), dir.resolve(name)),
          name,
          ".csv",
          ".parquet");
    }
    Path directory = Files.createDirectory(dir.resolve("dir.csv"));
    Files.writeString(directory.resolve("precious"), "kept");
    assertDataError(
        () -> PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), directory),
        "is a directory");
    assertEquals("kept", Files.readString(directory.resolve("precious")));
  }

  @Test
  void theInputIsNotOverwritten() throws IOException {
    Data data = csv(dir, "in.csv", "x", "1");
    Path same = dir.resolve("../" + dir.getFileName() + "/in.csv");
    assertDataError(
        () -> PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(2)), same), "also the input");
    assertEquals("x\n1\n", Files.readString(dir.resolve("in.csv")));
  }

  @Test
  void columnsMustHaveAValueForEveryRowThatIsNotDropped() throws IOException {
    Data data = csv(dir, "in.csv", "x", "1", "2");
    Path out = dir.resolve("out.csv");
    assertThrows(
        IllegalArgumentException.class,
        () -> PredictionWriter.write(data, Missing.WORDS, rows(0), List.of(numbers(1, 2)), out));
    assertThrows(
        IllegalArgumentException.class,
        () -> PredictionWriter.write(data, Missing.WORDS, rows(7), List.of(numbers(1)), out));
    assertFalse(Files.exists(out));
  }

  @Test
  void nothingIsLeftBehindByAFailure() throws IOException, SQLException {
    // Only while they are copied does it show that these columns have no common type.
    parquet(dir, "p1.parquet", "SELECT {'a': 1} AS x");
    parquet(dir, "p2.parquet", "SELECT DATE '2024-01-01' AS x");
    Path out = dir.resolve("out.csv");
    Files.writeString(out, "old");
    Data data = Data.files(dir + "/p*.parquet");
    assertDataError(
        () -> PredictionWriter.write(data, Missing.WORDS, rows(), List.of(numbers(1, 2)), out), "out.csv");
    assertEquals("old", Files.readString(out));
    assertEquals(List.of("out.csv", "p1.parquet", "p2.parquet"), fileNames());
  }

  // As DuckDB says it of a full disk.
  @Test
  void whatWentWrongInTheBackgroundIsASentence() {
    String said =
        "Async write failed for range [offset=0, size=18]: {\"exception_type\":\"IO\",\"exception_message\":\"Could not write file \\\"a.csv\\\": No"
            + " space left on device\",\"errno\":\"28\"}";
    assertEquals("Could not write file \\\"a.csv\\\": No space left on device", Duck.reason(new SQLException(said)));
    assertEquals("no such table", Duck.reason(new SQLException("Catalog Error: no such table")));
  }
}
