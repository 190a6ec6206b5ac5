package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that could be read, but not as they were meant. */
class LyingDataTest {

  @TempDir Path folder;

  private Path table(String name, String header, int rows, IntFunction<String> row) {
    StringBuilder text = new StringBuilder(header).append('\n');
    for (int i = 0; i < rows; i++) {
      text.append(row.apply(i)).append('\n');
    }
    return Samples.write(folder.resolve(name), text.toString());
  }

  private Object[] train(Path source, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--source", source, "--hidden", "4"));
    words.addAll(List.of("--source-epochs", 1, "--out", folder.resolve("model"), "--overwrite"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private static void assertRefused(List<String> expected, Object... arguments) {
    Cli cli = Cli.run(arguments);
    assertEquals(2, cli.exitCode(), cli.toString());
    for (String word : expected) {
      assertTrue(cli.err().contains(word), "'" + word + "' is not in " + cli);
    }
  }

  @Test
  void numbersThatAreWrittenForPeopleAreNoCategories() {
    for (String format : List.of("%d,5", "%d %%", "$%d", "1.%03d,0", "€ %d")) {
      Path file =
          table("people.csv", "price;y", 30, i -> String.format(Locale.ROOT, format, i) + ";" + i);
      assertRefused(List.of("people.csv", "price", "look like numbers"), train(file, "--label", "y"));
      Cli.ok(train(file, "--label", "y", "--categorical", "price"));
    }
  }

  @Test
  void aThousandTextsAreNoCategories() {
    Path file = table("ids.csv", "id,x,y", 150, i -> "part-" + i + "," + i % 7 + "," + i);
    assertRefused(List.of("ids.csv", "id", "150", "--ignore"), train(file, "--label", "y"));
    Cli.ok(train(file, "--label", "y", "--categorical", "id"));
    Cli.ok(train(file, "--label", "y", "--ignore", "id"));
  }

  @Test
  void ignoredColumnsMayComeAlongAndAreKeptInPredictions() throws IOException {
    Path source = table("s.csv", "id,x,y", 50, i -> "part-" + i + "," + i % 7 + "," + i % 7);
    Path target = table("t.csv", "id,x,y", 9, i -> "other-" + i + "," + i + "," + (i + 1));
    Path bare = table("b.csv", "x,y", 9, i -> i + "," + (i + 1));
    Path model = folder.resolve("model");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--ignore", "id",
        "--hidden", 4, "--source-epochs", 1, "--target-epochs", 1, "--out", model);
    Cli.ok("calibrate", "--model", model, "--target", bare, "--name", "b", "--target-epochs", 1);
    Cli.ok("allocate", "--model", model, "--source", source, "--overwrite");
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--source-task", "--input", target, "--out", out);
    assertEquals("id,x,y,prediction_y", Files.readAllLines(out).get(0));
    assertTrue(Files.readAllLines(out).get(1).startsWith("other-0,0,1,"));
    assertRefused(List.of("nix"), train(source, "--label", "y", "--ignore", "nix"));
    assertRefused(List.of("column y"), train(source, "--label", "y", "--ignore", "y"));
  }

  private Object[] classify(Path source, Path target, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("transfer", "--source", source, "--target", target));
    words.addAll(List.of("--label", "c", "--task", "classification", "--hidden", 4));
    words.addAll(List.of("--source-epochs", 1, "--target-epochs", 1));
    words.addAll(List.of("--out", folder.resolve("model"), "--overwrite"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void classesThatAreSpelledOtherwiseAreNotNewOnes() {
    String[][] pairs = {{"0", "0.0"}, {"True", "true"}, {"Yes", "yes"}, {"5", "5 "}};
    for (String[] pair : pairs) {
      Path source = table("s.csv", "x,c", 20, i -> i + "," + (i % 2 == 0 ? pair[0] : "other"));
      Path target = table("t.csv", "x,c", 8, i -> i + ",\"" + (i % 2 == 0 ? pair[1] : "other") + '"');
      assertRefused(
          List.of("t.csv", "'" + pair[1] + "'", "'" + pair[0] + "'", "--new-classes"),
          classify(source, target));
      Cli.ok(classify(source, target, "--new-classes"));
    }
    Path source = table("s.csv", "x,c", 20, i -> i + "," + (i % 2 == 0 ? "a" : "b"));
    Path target = table("t.csv", "x,c", 8, i -> i + "," + (i % 2 == 0 ? "u" : "v"));
    Cli.ok(classify(source, target)); // truly new ones need no asking
  }

  @Test
  void classesThatDifferInCaseOnlyPredict() throws IOException {
    Path source = table("s.csv", "x,c", 20, i -> i + "," + (i % 2 == 0 ? "Yes" : "yes"));
    Cli.ok(classify(source, source));
    for (String file : List.of("out.csv", "out.parquet")) {
      Cli cli =
          Cli.ok("predict", "--model", folder.resolve("model"), "--input", source, "--out",
              folder.resolve(file));
      assertTrue(cli.out().contains("probability_Yes, probability_yes (2)"), cli.out());
    }
    assertEquals(
        "x,c,prediction,probability_Yes,probability_yes (2)",
        Files.readAllLines(folder.resolve("out.csv")).get(0));
  }

  @Test
  void aLabelMayHaveACommaInItsName() {
    Path file = table("s.csv", "x,\"a, b\",c", 20, i -> i + "," + i + "," + i);
    assertEquals(2, Cli.run(train(file, "--label", "a")).exitCode());
    Cli cli = Cli.ok(train(file, "--label", "a, b", "--label", "c", "--json"));
    assertEquals(2, cli.json().get("phase").get("after").get("labels").size());
  }

  @Test
  void droppedRowsAreCounted() {
    Path source = table("s.csv", "x,y", 40, i -> (i % 10 == 0 ? "" : i) + "," + i);
    Path target = table("t.csv", "x,y", 8, i -> (i == 3 ? "" : i) + "," + i);
    Cli cli =
        Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--missing",
            "drop", "--hidden", 4, "--source-epochs", 1, "--target-epochs", 1, "--out",
            folder.resolve("m"));
    assertTrue(cli.out().contains("36 rows (4 left out"), cli.out());
    assertTrue(cli.out().contains("7 rows (1 left out"), cli.out());
  }

  @Test
  void theWordsForAMissingValueAreSettableAndKept() throws IOException {
    Path source = folder.resolve("s.csv");
    Files.writeString(source, "x,y\n1,1\nNULL,2\nnan,3\n4,4\nN/A,5\n");
    Path model = folder.resolve("words");
    Cli byDefault =
        Cli.ok("train", "--source", source, "--label", "y", "--missing", "drop", "--hidden", "4",
            "--source-epochs", 1, "--out", model, "--json");
    assertEquals(3, byDefault.json().get("phase").get("data").get("dropped").asInt());
    Files.writeString(source, "x,y\n1,1\n?,2\n-,3\n4,4\n");
    Cli.ok("train", "--source", source, "--label", "y", "--missing", "drop", "--missing-words", "?,-",
        "--hidden", "4", "--source-epochs", 1, "--out", model, "--overwrite");
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--source-task", "--input", source, "--out", out);
    assertTrue(Files.readAllLines(out).get(2).endsWith("?,2,"), Files.readString(out));
    Files.writeString(source, "x,y\n1,1\nNULL,2\n4,4\n");
    Cli none =
        Cli.run("train", "--source", source, "--label", "y", "--missing", "drop", "--missing-words",
            "", "--out", model, "--overwrite");
    assertEquals(2, none.exitCode());
    assertTrue(none.err().contains("row 2, column x: 'NULL' is not a number"), none.err());
  }
}
