package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.categorical;
import static org.pacnet.internal.table.Tables.classification;
import static org.pacnet.internal.table.Tables.csv;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.standardized;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Data;
import org.pacnet.data.Schema;

class SchemaTest {
  @TempDir Path dir;

  @Test
  void columnsKeepTheirOrderKindAndStatistics() throws IOException {
    Data data = csv(dir, "a.csv", "b,y,a,c", "2,10,red,5", "4,20,blue,5", "6,60,red,5");
    Schema schema = SchemaLearner.learn(data, standardized("y"));
    double stdB = Math.sqrt(8.0 / 3);
    double stdY = Math.sqrt((400 + 100 + 900) / 3.0);
    assertEquals(
        List.of(
            new Schema.Input("b", ColumnKind.NUMERIC, List.of(), 4, stdB, 4, new Schema.Range(2, 6)),
            new Schema.Input("a", ColumnKind.CATEGORICAL, List.of("blue", "red"), 0, 1, 0, null),
            new Schema.Input("c", ColumnKind.NUMERIC, List.of(), 5, 1, 5, new Schema.Range(5, 5))),
        schema.inputs());
    assertEquals("y", schema.labels().get(0).name());
    assertEquals(30, schema.labels().get(0).mean(), 1e-12);
    assertEquals(stdY, schema.labels().get(0).std(), 1e-12);
    assertEquals(4, schema.inputWidth());
    assertEquals(1, schema.outputWidth());
    assertFalse(schema.classification());
  }

  @Test
  void withoutStandardisingMeanIsZeroAndStdOneButTheFillIsKept() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "2,10", "4,20");
    Schema schema = SchemaLearner.learn(data, regression("y"));
    assertEquals(
        List.of(new Schema.Input("x", ColumnKind.NUMERIC, List.of(), 0, 1, 3, new Schema.Range(2, 4))),
        schema.inputs());
    assertEquals(
        List.of(new Schema.Label("y", 0, 1, new Schema.Range(10, 20))), schema.labels());
  }

  @Test
  void statisticsAreTakenOverTheRowsThatAreUsed() throws IOException {
    Data data = csv(dir, "a.csv", "x,c,y", "1,u,1", "3,u,3", "100,,5", "200,v,", ",w,9");
    DataOptions options =
        new DataOptions(
            List.of("y"), false, Set.of(), Set.of(), Set.of(), Missing.DROP, Missing.WORDS, true, true);
    Schema schema = SchemaLearner.learn(data, options);
    assertEquals(2, schema.inputs().get(0).mean());
    assertEquals(1, schema.inputs().get(0).std());
    assertEquals(List.of("u"), schema.inputs().get(1).categories());
    assertEquals(2, schema.labels().get(0).mean());
  }

  @Test
  void withMeanTheStatisticsAreThoseOfTheValuesThatAreThere() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,0", "NA,0", "3,0");
    Schema schema =
        SchemaLearner.learn(
            data,
            new DataOptions(
                List.of("y"), false, Set.of(), Set.of(), Set.of(), Missing.MEAN, Missing.WORDS, true, true));
    assertEquals(
        new Schema.Input("x", ColumnKind.NUMERIC, List.of(), 2, 1, 2, new Schema.Range(1, 3)),
        schema.inputs().get(0));
  }

  @Test
  void textInADroppedRowStillDecidesTheKind() throws IOException {
    Data data = csv(dir, "a.csv", "x,z,y", "1,1,0", "oops,,0");
    assertDataError(
        () -> SchemaLearner.learn(data, regression(Missing.DROP, "y")), "row 2, column x: 'oops'");
  }

  @Test
  void classesAreSortedAsNumbersIfAllAreNumbersAndElseAsText() throws IOException {
    Data numbers = csv(dir, "n.csv", "x,y", "1,10", "1,9", "1,-2", "1,9");
    Schema schema = SchemaLearner.learn(numbers, classification("y"));
    assertEquals(List.of("-2", "9", "10"), schema.classes());
    assertEquals(3, schema.outputWidth());
    assertTrue(schema.classification());
    assertEquals(List.of(new Schema.Label("y", 0, 1, null)), schema.labels());
    Data text = csv(dir, "t.csv", "x,y", "1,10", "1,9", "1,b");
    assertEquals(List.of("10", "9", "b"), SchemaLearner.learn(text, classification("y")).classes());
  }

  @Test
  void severalLabelsKeepTheOrderOfTheOptions() throws IOException {
    Data data = csv(dir, "a.csv", "y1,x,y2", "1,5,10", "3,5,30");
    Schema schema = SchemaLearner.learn(data, standardized("y2", "y1"));
    assertEquals(
        List.of(
            new Schema.Label("y2", 20, 10, new Schema.Range(10, 30)),
            new Schema.Label("y1", 2, 1, new Schema.Range(1, 3))),
        schema.labels());
    assertEquals(2, schema.outputWidth());
  }

  @Test
  void aMissingLabelColumnIsNamedWithTheColumnsThereAre() throws IOException {
    Data data = csv(dir, "a.csv", "x,z,y", "1,2,3");
    assertDataError(
        () -> SchemaLearner.learn(data, regression("target")), "file a.csv", "column target", "x, z, y");
    assertDataError(
        () -> SchemaLearner.learn(data, categorical(regression("y"), "colour")),
        "file a.csv",
        "column colour",
        "categorical");
  }

  @Test
  void atLeastOneInputColumnIsNeeded() throws IOException {
    Data data = csv(dir, "a.csv", "y,z", "1,2");
    assertDataError(() -> SchemaLearner.learn(data, regression("z", "y")), "file a.csv", "input column");
  }

  @Test
  void aLabelOfOneClassIsRefused() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,cat", "2,cat");
    assertDataError(() -> SchemaLearner.learn(data, classification("y")), "column y", "class cat");
  }

  @Test
  void textIsNoLabelOfARegression() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,2", "1,cat");
    assertDataError(
        () -> SchemaLearner.learn(data, regression("y")), "file a.csv, row 2, column y: 'cat'");
  }

  @Test
  void aValueThatIsMissingIsNamedWithWhatToDo() throws IOException {
    Data input = csv(dir, "a.csv", "x,y", "1,2", "NA,3");
    assertDataError(
        () -> SchemaLearner.learn(input, regression("y")),
        "file a.csv, row 2, column x",
        "the value is missing");
    Data label = csv(dir, "b.csv", "x,y", "1,2", "1,");
    assertDataError(
        () -> SchemaLearner.learn(label, regression("y")),
        "file b.csv, row 2, column y",
        "label is missing",
        "(drop)");
    assertEquals(
        new Schema.Range(2, 2),
        SchemaLearner.learn(label, regression(Missing.MEAN, "y")).labels().get(0).range());
    Data category = csv(dir, "c.csv", "x,y", "u,2", ",3", ",4");
    assertDataError(
        () -> SchemaLearner.learn(category, regression(Missing.MEAN, "y")),
        "file c.csv, row 2, column x",
        "(drop)");
  }

  @Test
  void aTableOfWhichNothingIsLeftIsRefused() throws IOException {
    Data data = csv(dir, "a.csv", "x,z,y", "1,,2", ",1,3");
    assertDataError(
        () -> SchemaLearner.learn(data, regression(Missing.DROP, "y")), "a.csv", "2 rows", "none is left");
    Data empty = csv(dir, "b.csv", "x,z,y", "1,,2", "2,,3");
    assertDataError(
        () -> SchemaLearner.learn(empty, regression(Missing.MEAN, "y")), "b.csv, column z", "missing");
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    assertDataError(() -> regression(), "no label column");
    assertDataError(() -> regression("a", "a"), "column a", "twice");
    assertDataError(
        () -> categorical(regression("a"), "a", "b"), "column a", "label", "categorical");
    assertDataError(
        () ->
            new DataOptions(
                List.of("a", "b"),
                true,
                Set.of(),
                Set.of(),
                Set.of(),
                Missing.ERROR,
                Missing.WORDS,
                true,
                true),
        "one label",
        "a, b");
  }

  @Test
  void inMemoryColumnsAreATableToo() {
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("x", new double[] {1, 3});
    columns.put("y", new double[] {2, 4});
    Schema schema = SchemaLearner.learn(Data.columns(columns), standardized("y"));
    assertEquals(
        List.of(
            new Schema.Input(
                "x", ColumnKind.NUMERIC, List.of(), 2, 1, 2, new Schema.Range(1, 3))),
        schema.inputs());
    columns.put("y", new double[] {7, 10});
    Data data = Data.columns(columns);
    assertEquals(List.of("7", "10"), SchemaLearner.learn(data, classification("y")).classes());
  }

  @Test
  void inMemoryColumnsAreCheckedToo() {
    assertDataError(() -> Data.columns(Map.of()), "no column");
    Map<String, double[]> uneven = new LinkedHashMap<>();
    uneven.put("x", new double[2]);
    uneven.put("y", new double[3]);
    assertDataError(() -> Data.columns(uneven), "column x has 2", "column y has 3");
    Map<String, double[]> empty = Map.of("x", new double[0], "y", new double[0]);
    assertDataError(() -> SchemaLearner.learn(Data.columns(empty), regression("y")), "no rows");
    Data nan = Data.columns(Map.of("x", new double[] {1, Double.NaN}, "y", new double[2]));
    assertDataError(
        () -> SchemaLearner.learn(nan, regression("y")), "in-memory columns, row 2, column x", "nan");
    assertDataError(
        () -> SchemaLearner.learn(nan, categorical(regression("y"), "x")), "row 2, column x", "nan");
  }

  @Test
  void aTargetMayBringItsOwnClasses() throws IOException {
    Data data = csv(dir, "a.csv", "x,y", "1,a", "2,b");
    Schema schema = SchemaLearner.learn(data, classification("y"));
    Schema other = schema.withClasses(List.of("10", "9", "10"));
    assertEquals(List.of("9", "10"), other.classes());
    assertEquals(schema.inputs(), other.inputs());
    assertEquals(List.of("a", "b"), schema.classes());
    assertDataError(() -> schema.withClasses(List.of("z", "z")), "column y", "class z");
    Schema numbers = SchemaLearner.learn(csv(dir, "b.csv", "x,y", "1,2"), regression("y"));
    assertThrows(IllegalStateException.class, () -> numbers.withClasses(List.of("a", "b")));
  }

  // A setting that the simulator holds fixed: its sum is off by its rounding, and so is its
  // deviation.
  @Test
  void whatIsConstantButForItsRoundingIsConstant() {
    int rows = 2000;
    double[] fixed = new double[rows];
    double[] noisy = new double[rows];
    double[] close = new double[rows];
    double[] y = new double[rows];
    for (int i = 0; i < rows; i++) {
      fixed[i] = 0.1;
      noisy[i] = -300 * (1 + (i % 2) * 1e-9);
      close[i] = 1e6 + i % 2;
      y[i] = 0.7;
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("fixed", fixed);
    columns.put("noisy", noisy);
    columns.put("close", close);
    columns.put("y", y);
    Schema schema = SchemaLearner.learn(Data.columns(columns), standardized("y"));
    assertEquals(0.1, schema.inputs().get(0).mean());
    assertEquals(1, schema.inputs().get(0).std());
    assertEquals(1, schema.inputs().get(1).std());
    assertEquals(0.5, schema.inputs().get(2).std(), 1e-9);
    assertEquals(0.7, schema.labels().get(0).mean());
    assertEquals(1, schema.labels().get(0).std());
    // Another value of what was fixed is as far away as it is, and not by 1e14.
    columns.replaceAll(
        (name, values) -> new double[] {name.equals("fixed") ? 0.2 : ((double[]) values)[0]});
    assertEquals(0.1f, Encoder.prediction(Data.columns(columns), schema).features().get(0), 1e-7f);
  }
}
