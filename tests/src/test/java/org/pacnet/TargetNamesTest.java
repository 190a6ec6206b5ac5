package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;

/** A target is called what the data call it. */
class TargetNamesTest {

  @TempDir Path folder;

  private static final List<String> NAMES =
      List.of("New York", "Zürich", "Fab", "fab", "a/b", "..", ".hidden", "100%", "%46ab", "日本", "x".repeat(900), "x".repeat(899) + "y", "a\\b:c?");

  private Path table() throws IOException {
    List<String> lines = new ArrayList<>(List.of("city,x,y"));
    for (int r = 0; r < 6 * NAMES.size(); r++) {
      lines.add(String.format(Locale.ROOT, "\"%s\",%d,%d", NAMES.get(r / 6), r % 6, r % 5 + r / 6));
    }
    return Files.write(folder.resolve("cities.csv"), lines);
  }

  private Path model() throws IOException {
    Path place = folder.resolve("model");
    Data source = Data.columns(java.util.Map.of("x", new double[] {0, 1, 2, 3, 4, 5}, "y", new double[] {0, 1, 2, 3, 4, 5}));
    try (Model model = Model.train(source, Samples.quick().hidden(4).build(), new Monitor())) {
      model.prune();
      model.allocate(source, new Monitor());
      model.save(place, false);
    }
    return place;
  }

  private static List<String> folders(Path model) throws IOException {
    try (Stream<Path> all = Files.walk(model)) {
      return all.filter(path -> path.endsWith("target.json")).map(path -> path.getParent().getFileName().toString()).toList();
    }
  }

  @Test
  void anyTextIsANameAndGoesThroughEveryCommand() throws IOException {
    Path model = model();
    Path table = table();
    Cli learnt = Cli.run("calibrate", "--model", model, "--target", table, "--group-by", "city", "--target-epochs", "2");
    assertEquals(0, learnt.exitCode(), learnt.toString());
    Set<String> lower = new HashSet<>();
    for (String name : folders(model)) {
      assertTrue(name.matches("[a-z0-9_-][a-z0-9_.-]*|(?:[a-z0-9_.-]|%[0-9A-F]{2}|%%)+"), name);
      assertTrue(lower.add(name.toLowerCase(Locale.ROOT)), name);
      assertTrue(name.length() <= 255, name);
    }
    assertEquals(NAMES.size(), lower.size());
    try (Model again = Model.load(model)) {
      assertEquals(new TreeSet<>(NAMES), new TreeSet<>(again.targetNames()));
      assertEquals(new TreeSet<>(NAMES), new TreeSet<>(again.targets().keySet()));
      assertTrue(again.damagedTargets().isEmpty(), again.damagedTargets().toString());
    }
    Path out = folder.resolve("out.csv");
    Cli predicted = Cli.run("predict", "--model", model, "--input", table, "--group-by", "city", "--out", out);
    assertEquals(0, predicted.exitCode(), predicted.toString());
    // One more, in the place of the one that is there.
    Cli one = Cli.run("calibrate", "--model", model, "--target", table, "--name", "New York", "--overwrite", "--target-epochs", "1");
    assertEquals(2, one.exitCode(), one.toString()); // the column city was not in the source
    Path plain = Files.write(folder.resolve("plain.csv"), List.of("x,y", "1,2", "2,3", "3,4"));
    assertEquals(2, Cli.run("calibrate", "--model", model, "--target", plain, "--name", "New York").exitCode(), "it is there");
    Cli.ok("calibrate", "--model", model, "--target", plain, "--name", "New York", "--overwrite", "--target-epochs", "1");
    assertEquals(NAMES.size(), folders(model).size());
  }

  @Test
  void aFolderThatAnEarlierVersionMadeIsFoundAndWrittenAgain() throws IOException {
    Path model = model();
    Path plain = Files.write(folder.resolve("plain.csv"), List.of("x,y", "1,2", "2,3", "3,4"));
    Cli.ok("calibrate", "--model", model, "--target", plain, "--name", "Fab2", "--target-epochs", "1");
    assertEquals(List.of("%46ab2"), folders(model));
    Path made;
    try (Stream<Path> all = Files.walk(model)) {
      made = all.filter(path -> path.endsWith("%46ab2")).findFirst().orElseThrow();
    }
    Files.move(made, made.resolveSibling("Fab2"));
    double[] before;
    try (Model again = Model.load(model)) {
      assertEquals(Set.of("Fab2"), again.targetNames());
      before = again.predict("Fab2", Data.files(plain.toString())).numbers("prediction_y");
    }
    Cli.ok("calibrate", "--model", model, "--target", plain, "--name", "Fab2", "--overwrite", "--target-epochs", "1");
    assertEquals(List.of("Fab2"), folders(model));
    try (Model again = Model.load(model)) {
      assertArrayEquals(before, again.predict("Fab2", Data.files(plain.toString())).numbers("prediction_y"));
      again.save(folder.resolve("copy"), false);
    }
    assertEquals(List.of("%46ab2"), folders(folder.resolve("copy")));
  }

  @Test
  void whatIsNoNameIsRefusedInOneLine() throws IOException {
    try (Model model = Model.load(model())) {
      for (String name : List.of("", "  ", "a\nb", "\u0000", "x".repeat(1001))) {
        String message = assertThrows(DataException.class, () -> model.calibrate(name, Samples.columns(5, 0, 1), new Monitor())).getMessage();
        assertTrue(message.startsWith("a target's name can't be"), message);
        assertFalse(message.contains("\n"), message);
        assertTrue(message.length() < 300, message);
      }
    }
  }
}
