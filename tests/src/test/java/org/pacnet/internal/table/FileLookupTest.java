package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.pacnet.internal.table.Tables.assertDataError;
import static org.pacnet.internal.table.Tables.csv;
import static org.pacnet.internal.table.Tables.gzip;
import static org.pacnet.internal.table.Tables.regression;
import static org.pacnet.internal.table.Tables.values;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.error.DataException;
import org.pacnet.internal.base.PathGlob;
import org.pacnet.internal.base.UnpackedLibrary;

class FileLookupTest {
  @TempDir Path dir;

  private float[] features(Data data) {
    return values(Encoder.training(data, SchemaLearner.learn(data, regression("y")), Set.of(), ReadMonitor.NONE).features());
  }

  private Data at(String pathOrGlob) {
    return Data.files(dir + "/" + pathOrGlob);
  }

  @Test
  void aGlobReadsItsFilesInTheOrderOfTheirNames() throws IOException {
    csv(dir, "part_b.csv", "x,y", "3,0");
    csv(dir, "part_a.csv", "y,x", "0,1", "0,2");
    csv(dir, "other.csv", "x,y", "9,0");
    assertArrayEquals(new float[] {1, 2, 3}, features(at("part_*.csv")));
  }

  @Test
  void aDoubleStarFindsFilesAtEveryDepth() throws IOException {
    Files.createDirectories(dir.resolve("sub/deep"));
    csv(dir, "a.csv", "x,y", "1,0");
    csv(dir.resolve("sub/deep"), "b.csv", "x,y", "2,0");
    assertArrayEquals(new float[] {1, 2}, features(at("**/*.csv")));
  }

  @Test
  void aGlobLeavesHiddenFilesOut() throws IOException {
    csv(dir, "a.csv", "x,y", "1,0");
    csv(dir, "._a.csv", "x,y", "7,0");
    assertArrayEquals(new float[] {1}, features(at("*.csv")));
  }

  @Test
  void rowNumbersOfAGlobCountWithinEachFile() throws IOException {
    csv(dir, "a.csv", "x,y", "1,0", "2,0");
    csv(dir, "b.csv", "x,y", "3,0", "bad,0");
    Data data = at("*.csv");
    assertDataError(
        () -> SchemaLearner.learn(data, regression("y")), "file b.csv, row 2, column x: 'bad'");
  }

  @Test
  void filesOfOneGlobMustHaveTheSameColumns() throws IOException {
    csv(dir, "a.csv", "x,z,y", "1,1,0");
    csv(dir, "b.csv", "x,y", "3,0");
    assertDataError(
        () -> SchemaLearner.learn(at("*.csv"), regression("y")), "file b.csv lacks column z", "a.csv");
    csv(dir, "b.csv", "x,z,y,w", "3,0,0,0");
    assertDataError(
        () -> SchemaLearner.learn(at("*.csv"), regression("y")), "file b.csv has column w", "a.csv");
  }

  @Test
  void pathsWithQuotesSpacesAndWildcardsAreRead() throws IOException {
    Path odd = Files.createDirectories(dir.resolve("it's [1] a=b"));
    Data data = csv(odd, "o'b[rien] *?.csv", "x,y", "5,0");
    csv(odd, "o'br XX.csv", "x,y", "9,0");
    assertArrayEquals(new float[] {5}, features(data));
  }

  @Test
  void aFileNamedLikeAGlobIsReadAloneEvenIfTheGlobMatchesOthers() throws IOException {
    Data data = csv(dir, "a*.csv", "x,y", "5,0");
    csv(dir, "ab.csv", "x,y", "9,0");
    assertArrayEquals(new float[] {5}, features(data));
  }

  @Test
  void aFolderNamedLikeAPartitionAddsNoColumn() throws IOException {
    Path partition = Files.createDirectories(dir.resolve("year=2020"));
    Data data = csv(partition, "a.csv", "x,y", "5,0");
    assertEquals(1, SchemaLearner.learn(data, regression("y")).inputWidth());
  }

  @Test
  void gzippedTextAndEveryTextExtensionAreRead() throws IOException {
    assertArrayEquals(new float[] {4}, features(gzip(dir, "a.csv.gz", "x,y", "4,0")));
    assertArrayEquals(new float[] {4}, features(gzip(dir, "a.tsv.gz", "x\ty", "4\t0")));
    assertArrayEquals(new float[] {4}, features(csv(dir, "a.tsv", "x\ty", "4\t0")));
    assertArrayEquals(new float[] {4}, features(csv(dir, "a.txt", "x;y", "4;0")));
    assertArrayEquals(new float[] {4}, features(csv(dir, "A.CSV", "x|y", "4|0")));
  }

  @Test
  void aDamagedGzipFileIsNamed() throws IOException {
    csv(dir, "plain.csv.gz", "x,y", "1,2");
    assertDataError(() -> features(at("plain.csv.gz")), "plain.csv.gz", "gzip");
    gzip(dir, "cut.csv.gz", "x,y", "1,2", "3,4");
    Path cut = dir.resolve("cut.csv.gz");
    byte[] bytes = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length - 10));
    assertDataError(() -> features(at("cut.csv.gz")), "cut.csv.gz", "gzip");
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertDataError(() -> features(at("none.csv")), "none.csv", "does not exist");
    assertDataError(() -> features(at("*.csv")), "no file matches", "*.csv");
    assertDataError(() -> features(at("none/*.csv")), "no file matches", "none/*.csv");
    assertDataError(() -> features(Data.files(" ")), "path of the data is empty");
  }

  @Test
  void anInvalidGlobIsNamed() {
    assertDataError(() -> features(at("a[.csv")), "a[.csv", "not a valid glob");
  }

  @Test
  void aDirectoryIsNotAFile() {
    assertDataError(() -> features(Data.files(dir.toString())), "is a directory", "/*.csv");
  }

  @Test
  void anUnknownExtensionIsNamedWithTheKnownOnes() throws IOException {
    Data data = csv(dir, "table.xlsx", "x,y", "1,2");
    assertDataError(() -> features(data), "table.xlsx", ".csv", ".parquet");
  }

  @Test
  void nothingIsReadBeforeItIsUsed() {
    assertEquals("part_*.csv", Data.files("/nowhere/at all/part_*.csv").name());
  }

  @Test
  void aPipeIsRefusedAndNotWaitedFor(@TempDir Path dir) throws Exception {
    Path pipe = dir.resolve("pipe.csv");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    DataException e =
        assertThrows(DataException.class, () -> PathGlob.expand(pipe.toString()));
    assertTrue(e.getMessage().contains("no regular file"), e.getMessage());
  }

  // As other programs have them, however old: they may be in use.
  @Test
  void onlyTheLibrariesThatThisProcessLoadedGo(@TempDir Path dir) throws IOException {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    Path others = Files.writeString(folder.resolve("libduckdb_java1234567.so"), "x");
    try {
      Files.setLastModifiedTime(others, FileTime.from(Instant.now().minusSeconds(3600)));
      SchemaLearner.learn(csv(dir, "a.csv", "x,y", "1,2", "2,3"), regression("y"));
      UnpackedLibrary.delete("libduckdb_java");
      assertTrue(Files.exists(others));
    } finally {
      Files.deleteIfExists(others);
    }
    String maps = Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
    assertTrue(maps.contains("libduckdb_java"), maps);
    maps.lines()
        .filter(line -> line.contains(folder + "/libduckdb_java"))
        .forEach(line -> assertTrue(line.endsWith("(deleted)"), line));
  }
}
