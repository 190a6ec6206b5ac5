package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.classification;
import static org.pacnet.internal.table.Tables.csv;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.standardized;
import static org.pacnet.internal.table.Tables.values;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.Provenance;
import org.pacnet.data.ReadMonitor;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;

class EncoderTest {
  @TempDir Path dir;

  private Data source() throws IOException {
    return csv(dir, "source.csv", "a,colour,b,y", "0,red,10,1", "2,blue,10,5", "4,green,10,9");
  }

  @Test
  void rowsBecomeWhatHandComputes() throws IOException {
    Schema schema = SchemaLearner.learn(source(), standardized("y"));
    // a: mean 2, std sqrt(8/3); b: constant; y: mean 5, std sqrt(32/3)
    Data target = csv(dir, "target.csv", "y,b,a,colour", "5,12,2,green", "13,10,6,blue");
    EncodedData encoded = Encoder.training(target, schema, Set.of(), ReadMonitor.NONE);
    float a = (float) (4 / Math.sqrt(8.0 / 3));
    float y = (float) (8 / Math.sqrt(32.0 / 3));
    assertEquals(2, encoded.rows());
    assertEquals(2, encoded.tableRows());
    assertArrayEquals(
        new float[] {0, 0, 1, 0, 2, a, 1, 0, 0, 0}, values(encoded.features()), 1e-6f);
    assertArrayEquals(new float[] {0, y}, values(encoded.labels()), 1e-6f);
    assertTrue(encoded.dropped().isEmpty());
  }

  @Test
  void buffersAreDirectAndOfNativeOrderAndEachCallGivesAFreshView() throws IOException {
    EncodedData encoded = Encoder.training(source(), SchemaLearner.learn(source(), regression("y")), Set.of(), ReadMonitor.NONE);
    assertTrue(encoded.features().isDirect());
    assertTrue(encoded.labels().isDirect());
    assertEquals(ByteOrder.nativeOrder(), encoded.features().order());
    assertEquals(ByteOrder.nativeOrder(), encoded.labels().order());
    encoded.features().get();
    assertEquals(3 * 5, encoded.features().remaining());
  }

  @Test
  void severalLabelsStandInTheOrderOfTheSchema() throws IOException {
    Data data = csv(dir, "a.csv", "p,x,q", "1,0,10", "2,0,20");
    Schema schema = SchemaLearner.learn(data, regression("q", "p"));
    assertArrayEquals(new float[] {10, 1, 20, 2}, values(Encoder.training(data, schema, Set.of(), ReadMonitor.NONE).labels()));
  }

  @Test
  void classesBecomeTheirIndices() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,10", "1,9", "1,2", "1,9");
    Schema schema = SchemaLearner.learn(data, classification("y"));
    assertArrayEquals(new float[] {2, 1, 0, 1}, values(Encoder.training(data, schema, Set.of(), ReadMonitor.NONE).labels()));
  }

  @Test
  void inMemoryColumnsAndFilesAreEncodedAlike() throws IOException {
    Schema schema = SchemaLearner.learn(csv(dir, "a.csv", "x,y", "1,0", "5,1"), standardized("y"));
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("y", new double[] {0, 1});
    columns.put("x", new double[] {3, 7});
    EncodedData encoded = Encoder.training(Data.columns(columns), schema, Set.of(), ReadMonitor.NONE);
    assertArrayEquals(new float[] {0, 2}, values(encoded.features()));
    assertArrayEquals(new float[] {-1, 1}, values(encoded.labels()));
  }

  @Test
  void droppedRowsAreCountedOverAllFiles() throws IOException {
    csv(dir, "p1.csv", "x,y", "1,0", ",0", "3,0");
    csv(dir, "p2.csv", "x,y", "NA,0", "5,", "6,0");
    Data data = Data.files(dir + "/p*.csv");
    Schema schema = SchemaLearner.learn(data, regression(Missing.DROP, "y"));
    EncodedData training = Encoder.training(data, schema, Set.of(), ReadMonitor.NONE);
    assertArrayEquals(new float[] {1, 3, 6}, values(training.features()));
    assertEquals(3, training.labels().remaining());
    assertEquals("{1, 3, 4}", training.dropped().toString());
    assertEquals(3, training.provenance().rows());
    assertEquals(6, training.tableRows());
    EncodedData prediction = Encoder.prediction(data, schema);
    assertArrayEquals(new float[] {1, 3, 5, 6}, values(prediction.features()));
    assertEquals("{1, 3}", prediction.dropped().toString());
  }

  @Test
  void withMeanAMissingNumberBecomesTheMeanOfTheSource() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,0", "3,0");
    Data target = csv(dir, "t.csv", "x,y", ",0", "7,0");
    Schema plain = SchemaLearner.learn(data, regression(Missing.MEAN, "y"));
    assertArrayEquals(new float[] {2, 7}, values(Encoder.training(target, plain, Set.of(), ReadMonitor.NONE).features()));
    Schema scaled =
        SchemaLearner.learn(
            data, new DataOptions(List.of("y"), false, Set.of(), Set.of(), Set.of(), Missing.MEAN, Missing.WORDS, true, true));
    assertArrayEquals(new float[] {0, 5}, values(Encoder.training(target, scaled, Set.of(), ReadMonitor.NONE).features()));
  }

  @Test
  void predictionNeedsNoLabelsAndIgnoresOtherColumns() throws IOException {
    Schema schema = SchemaLearner.learn(source(), regression("y"));
    Data data = csv(dir, "p.csv", "note,b,a,colour", "hello,1,2,red");
    EncodedData encoded = Encoder.prediction(data, schema);
    assertArrayEquals(new float[] {2, 0, 0, 1, 1}, values(encoded.features()));
    assertEquals(0, encoded.labels().capacity());
    Data labelled = csv(dir, "q.csv", "y,b,a,colour", "unknown,1,2,red");
    assertEquals(0, Encoder.prediction(labelled, schema).labels().capacity());
  }

  @Test
  void evaluationNeedsLabelsAndIgnoresOtherColumns() throws IOException {
    Schema schema = SchemaLearner.learn(source(), regression("y"));
    Data data = csv(dir, "p.csv", "note,b,a,colour,y", "hello,1,2,red,7");
    assertArrayEquals(new float[] {7}, values(Encoder.evaluation(data, schema, ReadMonitor.NONE).labels()));
    Data without = csv(dir, "q.csv", "b,a,colour", "1,2,red");
    assertDataError(() -> Encoder.evaluation(without, schema, ReadMonitor.NONE), "file q.csv lacks column y");
  }

  @Test
  void aTargetMustHaveTheColumnsOfTheSourceAndNoOthers() throws IOException {
    Schema schema = SchemaLearner.learn(source(), regression("y"));
    Data lacks = csv(dir, "t.csv", "a,y", "1,2");
    assertDataError(
        () -> Encoder.training(lacks, schema, Set.of(), ReadMonitor.NONE), "file t.csv lacks columns colour, b", "a, y");
    Data more = csv(dir, "t.csv", "a,colour,b,y,extra,other", "1,red,2,3,4,5");
    assertDataError(() -> Encoder.training(more, schema, Set.of(), ReadMonitor.NONE), "file t.csv has columns extra, other");
    Data anotherCase = csv(dir, "t.csv", "A,colour,b,y", "1,red,2,3");
    assertDataError(() -> Encoder.training(anotherCase, schema, Set.of(), ReadMonitor.NONE), "file t.csv");
  }

  @Test
  void valuesThatTheSchemaHasNoPlaceForAreNamed() throws IOException {
    Schema schema = SchemaLearner.learn(source(), regression("y"));
    Data unseen = csv(dir, "t.csv", "a,colour,b,y", "1,red,2,3", "1,pink,2,3");
    assertDataError(
        () -> Encoder.training(unseen, schema, Set.of(), ReadMonitor.NONE),
        "file t.csv, row 2, column colour",
        "'pink'",
        "blue, green, red");
    Data text = csv(dir, "t.csv", "a,colour,b,y", "many,red,2,3");
    assertDataError(
        () -> Encoder.prediction(text, schema),
        "file t.csv, row 1, column a: 'many' is not a number");
    Data label = csv(dir, "t.csv", "a,colour,b,y", "1,red,2,high");
    assertDataError(
        () -> Encoder.training(label, schema, Set.of(), ReadMonitor.NONE),
        "file t.csv, row 1, column y: 'high' is not a number");
    Data infinite = csv(dir, "t.csv", "a,colour,b,y", "1,red,inf,3");
    assertDataError(
        () -> Encoder.training(infinite, schema, Set.of(), ReadMonitor.NONE), "file t.csv, row 1, column b", "not a finite");
    Data large = csv(dir, "t.csv", "a,colour,b,y", "1,red,2,1e39");
    assertDataError(
        () -> Encoder.training(large, schema, Set.of(), ReadMonitor.NONE), "file t.csv, row 1, column y", "too large");
  }

  @Test
  void ofManyCategoriesOnlyTenAreListed() throws IOException {
    String[] lines = new String[26];
    lines[0] = "x,y";
    for (int i = 1; i < lines.length; i++) {
      lines[i] = "k%02d,0".formatted(i);
    }
    Schema schema = SchemaLearner.learn(csv(dir, "a.csv", lines), regression("y"));
    Data unseen = csv(dir, "t.csv", "x,y", "zz,0");
    assertDataError(() -> Encoder.training(unseen, schema, Set.of(), ReadMonitor.NONE), "k01, k02", "k10 and 15 more");
  }

  @Test
  void aNumberThatIsTooLargeOnceItIsScaledIsNamed() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1e-10,0", "2e-10,0");
    Schema schema = SchemaLearner.learn(data, standardized("y"));
    Data target = csv(dir, "t.csv", "x,y", "1e35,0");
    assertDataError(
        () -> Encoder.training(target, schema, Set.of(), ReadMonitor.NONE), "file t.csv, row 1, column x", "too large");
  }

  @Test
  void aMissingValueIsNamed() throws IOException {
    Schema schema = SchemaLearner.learn(source(), regression("y"));
    Data number = csv(dir, "t.csv", "a,colour,b,y", "NA,red,2,3");
    assertDataError(
        () -> Encoder.training(number, schema, Set.of(), ReadMonitor.NONE),
        "file t.csv, row 1, column a",
        "the value is missing");
    Data category = csv(dir, "t.csv", "a,colour,b,y", "1,,2,3");
    assertDataError(() -> Encoder.training(category, schema, Set.of(), ReadMonitor.NONE), "file t.csv, row 1, column colour");
    Schema mean = new Schema(schema.inputs(), schema.labels(), schema.classes(), Missing.MEAN, Missing.WORDS);
    assertDataError(
        () -> Encoder.training(category, mean, Set.of(), ReadMonitor.NONE), "row 1, column colour", "(drop)");
    Data label = csv(dir, "u.csv", "a,colour,b,y", "1,red,2,", "1,blue,2,3");
    assertDataError(() -> Encoder.training(label, schema, Set.of(), ReadMonitor.NONE), "file u.csv, row 1, column y", "label");
    assertEquals("{0}", Encoder.training(label, mean, Set.of(), ReadMonitor.NONE).dropped().toString());
  }

  @Test
  void aTableOfWhichNothingIsLeftIsRefused() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,0");
    Schema schema = SchemaLearner.learn(data, regression(Missing.DROP, "y"));
    Data empty = csv(dir, "t.csv", "x,y", ",0", "NA,1");
    assertDataError(() -> Encoder.training(empty, schema, Set.of(), ReadMonitor.NONE), "t.csv", "2 rows", "none is left");
    assertDataError(() -> Encoder.prediction(empty, schema), "t.csv", "none is left");
  }

  @Test
  void classesOfATargetAreFoundAndUnknownOnesRefused() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,cat", "2,dog");
    DataOptions options = new DataOptions(List.of("y"), true, Set.of(), Set.of(), Set.of(), Missing.DROP, Missing.WORDS, false, false);
    Schema schema = SchemaLearner.learn(data, options);
    Data target = csv(dir, "t.csv", "x,y", "1,emu", "2,cat", ",owl", "3,", "4,emu");
    assertDataError(
        () -> Encoder.training(target, schema, Set.of(), ReadMonitor.NONE), "file t.csv, row 1, column y", "'emu'", "cat, dog");
    Encoder.Learned read = Encoder.target(target, schema, schema::withClasses, OwnInputs.NONE, SideColumns.NONE, Set.of(), ReadMonitor.NONE);
    assertEquals(List.of("cat", "emu"), read.schema().classes());
    assertArrayEquals(new float[] {1, 0, 1}, values(read.rows().labels()));
  }

  @Test
  void aMissingClassIsRefusedAlsoWhenOnlyClassesAreLookedFor() throws IOException {
    Schema schema = SchemaLearner.learn(csv(dir, "a.csv", "x,y", "1,u", "2,v"), classification("y"));
    Data target = csv(dir, "t.csv", "x,y", "1,u", "2,");
    assertDataError(
        () -> Encoder.target(target, schema, schema::withClasses, OwnInputs.NONE, SideColumns.NONE, Set.of(), ReadMonitor.NONE), "file t.csv, row 2, column y", "label");
  }

  @Test
  void tooManyFeaturesForOneBufferAreRefusedWithTheWidestColumn() throws IOException {
    // 5000 categories times 120000 rows of 4 bytes are more than 2 GiB.
    StringBuilder lines = new StringBuilder("id,y\n");
    for (int i = 0; i < 120_000; i++) {
      lines.append("id").append(i % 5000).append(",0\n");
    }
    Path file = dir.resolve("ids.csv");
    Files.writeString(file, lines);
    Data data = Data.files(file.toString());
    Schema schema = SchemaLearner.learn(data, Tables.categorical(regression("y"), "id"));
    assertDataError(
        () -> Encoder.training(data, schema, Set.of(), ReadMonitor.NONE), "ids.csv", "120000 rows", "2 GiB", "column id alone");
  }

  @Test
  void theDigestIsThatOfTheFilesInTheOrderOfTheirNames()
      throws IOException, NoSuchAlgorithmException {
    csv(dir, "p2.csv", "x,y", "2,0");
    csv(dir, "p1.csv", "x,y", "1,0");
    Data data = Data.files(dir + "/p*.csv");
    EncodedData encoded = Encoder.training(data, SchemaLearner.learn(data, regression("y")), Set.of(), ReadMonitor.NONE);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update("x,y\n1,0\nx,y\n2,0\n".getBytes(StandardCharsets.UTF_8));
    assertEquals(
        new Provenance("p*.csv", 2, 0, HexFormat.of().formatHex(digest.digest()), List.of()),
        encoded.provenance());
  }

  @Test
  void theDigestOfInMemoryColumnsIsThatOfNamesAndValues() throws NoSuchAlgorithmException {
    int rows = 10_000;
    double[] x = new double[rows];
    double[] y = new double[rows];
    ByteBuffer bytes = ByteBuffer.allocate(4 + 2 * 8 * rows).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 'x').put((byte) 0);
    for (int i = 0; i < rows; i++) {
      x[i] = i / 3.0;
      bytes.putDouble(x[i]);
    }
    bytes.put((byte) 'y').put((byte) 0);
    for (int i = 0; i < rows; i++) {
      y[i] = -i;
      bytes.putDouble(y[i]);
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("y", y);
    Data data = Data.columns(columns);
    EncodedData encoded = Encoder.training(data, SchemaLearner.learn(data, regression("y")), Set.of(), ReadMonitor.NONE);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.array());
    assertEquals(
        new Provenance("in-memory columns", rows, 0, HexFormat.of().formatHex(digest), List.of()),
        encoded.provenance());
  }

  @Test
  void aFileThatChangesWhileItIsReadIsRefused(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("moving.csv");
    Files.writeString(file, "x,y\n1,2\n3,4\n");
    try (Source source = Source.open(Data.files(file.toString()), Missing.WORDS, ReadMonitor.NONE)) {
      assertEquals(2, source.provenance(2, 0, List.of()).rows());
      Files.writeString(file, "x,y\n1,2\n3,5\n5,6\n");
      DataException e = assertThrows(DataException.class, () -> source.provenance(2, 0, List.of()));
      assertTrue(e.getMessage().contains("moving.csv changed"), e.getMessage());
    }
  }
}
