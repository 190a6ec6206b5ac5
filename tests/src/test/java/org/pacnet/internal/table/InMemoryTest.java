package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.classification;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.values;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Missing;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.error.CancelledException;

/** Tables that a program has: arrays of every kind, and rows that are pulled. */
class InMemoryTest {

  @TempDir private Path dir;

  private static Map<String, Object> columns(Object... namesAndArrays) {
    Map<String, Object> columns = new LinkedHashMap<>();
    for (int i = 0; i < namesAndArrays.length; i += 2) {
      columns.put((String) namesAndArrays[i], namesAndArrays[i + 1]);
    }
    return columns;
  }

  private static float[] features(Data data, DataOptions options) {
    return values(Encoder.learn(data, options, SideColumns.NONE, ReadMonitor.NONE).rows().features());
  }

  @Test
  void arraysOfEveryKindAreColumns() {
    Data data =
        Data.columns(
            columns(
                "d", new double[] {0.5, 1.5},
                "f", new float[] {0.1f, 2},
                "l", new long[] {3, -4},
                "i", new int[] {5, 6},
                "b", new boolean[] {true, false},
                "s", new String[] {"red", "blue"},
                "y", new double[] {1, 2}));
    assertArrayEquals(
        new float[] {0.5f, 0.1f, 3, 5, 1, 0, 1, 1.5f, 2, -4, 6, 0, 1, 0},
        features(data, regression("y")));
  }

  @Test
  void theirTextIsThatOfAFile() {
    assertEquals(List.of("0.1", "10"), classes(new float[] {0.1f, 10}));
    assertEquals(List.of("2.5", "3"), classes(new double[] {2.5, 3}));
    assertEquals(List.of("-1", "9007199254740993"), classes(new long[] {9007199254740993L, -1}));
    assertEquals(List.of("false", "true"), classes(new boolean[] {true, false}));
    assertEquals(List.of("No", "no"), classes(new String[] {"no", "No"}));
  }

  private static List<String> classes(Object labels) {
    Data data = Data.columns(columns("x", new double[] {1, 2}, "y", labels));
    return SchemaLearner.learn(data, classification("y")).classes();
  }

  @Test
  void nullAndMissingWordsAreMissing() {
    Data data =
        Data.columns(
            columns("s", new String[] {"a", null, "", "N/A", "b"}, "y", new int[] {1, 2, 3, 4, 5}));
    DataOptions drop = regression(Missing.DROP, "y");
    Encoder.Learned learned = Encoder.learn(data, drop, SideColumns.NONE, ReadMonitor.NONE);
    assertEquals("{1, 2, 3}", learned.rows().dropped().toString());
    assertDataError(() -> SchemaLearner.learn(data, regression("y")), "in-memory columns, row 2, column s");
  }

  @Test
  void rowsArePulledEachTimeTheyAreRead() {
    List<List<?>> rows = new ArrayList<>();
    rows.add(List.of(1, "u", 2.5));
    rows.add(Arrays.asList(null, "v", 3L));
    rows.add(List.of(7f, "u", true));
    Data data = Data.rows(List.of("x", "s", "y"), rows);
    DataOptions drop = regression(Missing.DROP, "y");
    Encoder.Learned learned = Encoder.learn(data, drop, SideColumns.NONE, ReadMonitor.NONE);
    assertArrayEquals(new float[] {1, 1, 7, 1}, values(learned.rows().features()));
    assertArrayEquals(new float[] {2.5f, 1}, values(learned.rows().labels()));
    rows.remove(0);
    EncodedData again =
        Encoder.training(data, learned.schema(), Set.of(), ReadMonitor.NONE);
    assertArrayEquals(new float[] {7, 1}, values(again.features()));
  }

  @Test
  void rowsAndColumnsThatDoNotFitAreNamed() {
    Data uneven = Data.rows(List.of("x", "y"), List.of(List.of(1, 2), List.of(3)));
    assertDataError(() -> SchemaLearner.learn(uneven, regression("y")), "rows, row 2", "1 values", "2 columns");
    Data odd = Data.rows(List.of("x", "y"), List.of(List.of(1, Path.of("z"))));
    assertDataError(() -> SchemaLearner.learn(odd, regression("y")), "row 1, column y");
    Data twice = Data.rows(List.of("y", "y"), List.of(List.of(1, 2)));
    assertDataError(() -> SchemaLearner.learn(twice, regression("y")), "column y is there twice");
    assertDataError(() -> Data.columns(columns("x", new char[1])), "column x", "char[]");
    assertDataError(
        () -> Data.columns(columns("x", new int[1], "y", new float[2])), "column x has 1 rows");
  }

  @Test
  void everyKindIsWrittenBesideItsPredictions() throws Exception {
    Data data =
        Data.columns(
            columns(
                "f", new float[] {0.1f, 2},
                "l", new long[] {3, -4},
                "b", new boolean[] {true, false},
                "s", new String[] {null, "blue"}));
    Path out = dir.resolve("out.csv");
    PredictionWriter.write(
        data,
        Missing.WORDS,
        new BitSet(),
        List.of(PredictionColumn.numbers("p", new double[] {1, 2})),
        out);
    assertEquals("f,l,b,s,p\n0.1,3,true,,1.0\n2.0,-4,false,blue,2.0\n", Files.readString(out));
  }

  @Test
  void exactPathsAreNeverPatterns() throws Exception {
    Path odd = Files.writeString(dir.resolve("a*.csv"), "x,y\n1,2\n");
    Files.writeString(dir.resolve("ab.csv"), "x,y\n5,2\n");
    Path last = Files.writeString(dir.resolve("0.csv"), "y,x\n2,9\n");
    assertArrayEquals(new float[] {1, 9}, features(Data.files(odd, last), regression("y")));
    assertDataError(
        () -> SchemaLearner.learn(Data.files(dir.resolve("none.csv")), regression("y")), "none.csv does not exist");
  }

  @Test
  void aCancelledReadingEndsAndSaysSo() throws Exception {
    StringBuilder csv = new StringBuilder("x,y\n");
    for (int i = 0; i < 200_000; i++) {
      csv.append(i).append(",1\n");
    }
    Data file = Data.files(Files.writeString(dir.resolve("long.csv"), csv));
    Data endless = Data.sql("SELECT sum(a.range) AS x, 1 AS y FROM range(10000000) a, range(10000000) b");
    List<List<Integer>> some = List.of(List.of(1, 2));
    Iterable<List<Integer>> forever =
        () -> java.util.stream.Stream.generate(() -> some.get(0)).iterator();
    for (Data data : List.of(file, endless, Data.rows(List.of("x", "y"), forever))) {
      long start = System.nanoTime();
      ReadMonitor after =
          new ReadMonitor() {
            @Override
            public void onRows(String table, long rows) {}

            @Override
            public boolean isCancelled() {
              return data == file || System.nanoTime() - start > 200_000_000L;
            }
          };
      assertThrows(
          CancelledException.class, () -> Encoder.learn(data, regression("y"), SideColumns.NONE, after), data.name());
    }
  }
}
