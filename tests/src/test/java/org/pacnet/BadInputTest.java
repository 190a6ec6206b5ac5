package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input: exit code 2, one line that names what is wrong, nothing left behind. */
class BadInputTest {

  @TempDir Path folder;
  private Path source;
  private Path target;

  @BeforeEach
  void makeFiles() {
    source = Samples.csv(folder.resolve("source.csv"), 50, 0, 1);
    target = Samples.csv(folder.resolve("target.csv"), 20, 1, 2);
  }

  private Set<String> tree() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      files.forEach(file -> names.add(file.toString()));
    }
    return names;
  }

  private void assertRefused(List<String> expected, Object... arguments) throws IOException {
    Set<String> before = tree();
    Cli cli = Cli.run(arguments);
    String what = Arrays.toString(arguments) + " gave " + cli;
    assertEquals(2, cli.exitCode(), what);
    assertEquals("", cli.out(), what);
    assertEquals(1, cli.err().lines().count(), what);
    for (String word : expected) {
      assertTrue(cli.err().contains(word), "'" + word + "' is not in " + what);
    }
    assertEquals(before, tree(), what);
  }

  private Object[] transfer(Path sourceFile, Path targetFile, Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("transfer", "--source", sourceFile, "--target", targetFile));
    words.addAll(List.of("--label", "y", "--hidden", "8", "--source-epochs", 1));
    words.addAll(List.of("--target-epochs", 1, "--out", folder.resolve("model")));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private Path file(String name, String text) {
    return Samples.write(folder.resolve(name), text);
  }

  @Test
  void filesThatCanNotBeRead() throws IOException {
    assertRefused(List.of("nowhere.csv"), transfer(folder.resolve("nowhere.csv"), target));
    assertRefused(List.of("nowhere.csv"), transfer(source, folder.resolve("nowhere.csv")));
    assertRefused(List.of("none-*.csv"), transfer(folder.resolve("none-*.csv"), target));
    assertRefused(List.of("empty.csv"), transfer(file("empty.csv", ""), target));
    assertRefused(List.of("head.csv"), transfer(file("head.csv", "a,b,tool,y,grade\n"), target));
    assertRefused(List.of("data.xlsx"), transfer(file("data.xlsx", "x"), target));
    assertRefused(List.of("fake.parquet"), transfer(file("fake.parquet", "x"), target));
  }

  @Test
  void columnsThatDoNotFit() throws IOException {
    assertRefused(List.of("source.csv", "nix"), transfer(source, target, "--label", "nix"));
    String text = Files.readString(target);
    assertRefused(
        List.of("other.csv", "column c"), transfer(source, file("other.csv", text.replace(",b,", ",c,"))));
    assertRefused(
        List.of("more.csv", "extra"),
        transfer(
            source,
            file("more.csv", text.replace("\n", ",1\n").replaceFirst(",1\n", ",extra\n"))));
    assertRefused(
        List.of("tool.csv", "row 1", "tool", "T9"),
        transfer(source, file("tool.csv", text.replaceFirst(",T[0-9],", ",T9,"))));
    assertRefused(List.of("row 1", "column grade"), transfer(source, target, "--label", "grade"));
  }

  @Test
  void valuesThatAreNoNumbers() throws IOException {
    List<String> lines = Files.readAllLines(target);
    for (String bad : List.of("abc", "nan", "inf", "-Infinity", "1e400", "")) {
      List<String> changed = new ArrayList<>(lines);
      changed.set(7, changed.get(7).replaceFirst("^[^,]*", bad));
      Path file = file("bad.csv", String.join("\n", changed) + "\n");
      assertRefused(List.of("bad.csv", "row 7", "column a"), transfer(source, file));
      Files.delete(file);
    }
  }

  @Test
  void settingsOutOfRange() throws IOException {
    for (Object ratio : List.of(0, 1, -1, 2, "abc", "nan")) {
      assertRefused(List.of("--ratio"), transfer(source, target, "--ratio", ratio));
    }
    for (String option :
        List.of("--batch-size", "--source-epochs", "--target-epochs", "--threads")) {
      for (Object value : List.of(0, -1, "x", "99999999999")) {
        List<Object> words = new ArrayList<>(List.of(transfer(source, target)));
        int given = words.indexOf(option);
        if (given >= 0) {
          words.subList(given, given + 2).clear();
        }
        words.addAll(List.of(option, value));
        assertRefused(List.of(option), words.toArray());
      }
    }
    assertRefused(List.of("--hidden"), transfer(source, target, "--hidden", "8,0"));
    assertRefused(List.of("--hidden"), transfer(source, target, "--hidden", "-3"));
    assertRefused(List.of("--lr"), transfer(source, target, "--lr", "0"));
    assertRefused(List.of("--target-lr"), transfer(source, target, "--target-lr", "-1"));
    assertRefused(List.of("--target-batch-size"), transfer(source, target, "--target-batch-size", "0"));
    assertRefused(List.of("--last-layers", "finetune-last"), transfer(source, target, "--last-layers", "2"));
    assertRefused(
        List.of("--members", "pac-ensemble"), transfer(source, target, "--method", "pac", "--members", "3"));
    assertRefused(
        List.of("--members"), transfer(source, target, "--method", "pac-ensemble", "--members", "1"));
    assertRefused(List.of("--lambda"), transfer(source, target, "--lambda", "-1"));
    assertRefused(List.of("--dropout"), transfer(source, target, "--dropout", "1"));
    assertRefused(List.of("--patience"), transfer(source, target, "--patience", "3"));
    assertRefused(List.of("--weight-decay"), transfer(source, target, "--weight-decay", "1"));
    assertRefused(List.of("--loss"), transfer(source, target, "--loss", "cross_entropy"));
    assertRefused(List.of("--loss"), transfer(source, target, "--loss", "nix"));
    assertRefused(List.of("--exclude"), transfer(source, target, "--exclude", "nix"));
    assertRefused(List.of("--name"), transfer(source, target, "--name", "a\nb"));
    assertRefused(List.of("--device"), transfer(source, target, "--device", "cuda"));
    assertRefused(List.of("--precision"), transfer(source, target, "--device", "cpu", "--precision", "bf16"));
  }

  @Test
  void wrongUsage() throws IOException {
    assertRefused(List.of("--frob"), transfer(source, target, "--frob"));
    assertRefused(List.of("frob"), "frob");
    assertRefused(List.of("--out"), "transfer", "--source", source, "--target", target, "--label", "y");
    assertRefused(List.of("PROBLEM"), "experiment");
    assertRefused(List.of("--methods", "nix"), "experiment", "friedman", "--methods", "nix");
    assertRefused(List.of("--seeds"), "experiment", "friedman", "--seeds", 0);
    assertEquals(2, Cli.run().exitCode());
  }

  @Test
  void modelsThatAreNotThereOrDoNotHaveIt() throws IOException {
    assertRefused(List.of("nowhere"), "inspect", "--model", folder.resolve("nowhere"));
    assertRefused(List.of("holds no model"), "inspect", "--model", folder);
    Cli.ok(transfer(source, target));
    Path model = folder.resolve("model");
    assertRefused(List.of("--overwrite"), transfer(source, target));
    Path out = folder.resolve("out.csv");
    assertRefused(
        List.of("nix", "target"),
        "predict", "--model", model, "--name", "nix", "--input", target, "--out", out);
    assertRefused(
        List.of("--name", "--source-task"),
        "predict", "--model", model, "--name", "target", "--source-task", "--input", target,
        "--out", out);
    assertRefused(
        List.of("out.xls"),
        "predict", "--model", model, "--input", target, "--out", folder.resolve("out.xls"));
    assertRefused(
        List.of("--name"), "export", "--model", model, "--out", folder.resolve("w.safetensors"));
    assertRefused(
        List.of("target", "--overwrite"),
        "calibrate", "--model", model, "--target", target, "--name", "target");
    assertRefused(
        List.of("--device"),
        "calibrate", "--model", model, "--target", target, "--name", "b", "--device", "cuda");
    byte[] bytes = Files.readAllBytes(Samples.file(model, "base"));
    bytes[bytes.length - 1] ^= 1;
    Files.write(Samples.file(model, "base"), bytes);
    assertRefused(List.of("base-"), "inspect", "--model", model);
    assertRefused(
        List.of("base-"),
        "calibrate", "--model", model, "--target", target, "--name", "second");
  }

  @Test
  void whatAFileIsCalledNeitherEndsTheLineNorDrivesTheTerminal() throws IOException {
    Path odd = Files.writeString(folder.resolve("two\nlines\u001b[31m.csv"), "x,y\n1,a\n");
    Cli cli = Cli.run("train", "--source", odd, "--label", "z", "--out", folder.resolve("m"));
    assertEquals(2, cli.exitCode(), cli.toString());
    assertEquals(1, cli.err().lines().count(), cli.toString());
    assertTrue(cli.err().chars().noneMatch(c -> c != '\n' && Character.isISOControl(c)), cli.toString());
    assertTrue(cli.err().contains("two lines"), cli.toString());
    Path far = folder.resolve("x".repeat(200));
    Path deep = far;
    for (int i = 0; i < 12; i++) {
      deep = deep.resolve("y".repeat(200));
    }
    Cli longest = Cli.run("inspect", "--model", deep);
    assertEquals(2, longest.exitCode(), longest.toString());
    assertTrue(longest.err().length() < 1400, longest.err());
  }

  @Test
  void rowsThatTheTargetWasLearntFromAreNoTest() throws IOException {
    Path source = Samples.csv(folder.resolve("source.csv"), 60, 0, 1);
    Path target = Samples.csv(folder.resolve("target.csv"), 12, 1, 2);
    Path copy = Files.copy(target, folder.resolve("copy.csv"));
    Path other = Samples.csv(folder.resolve("other.csv"), 12, 1, 3);
    Object[] words = {"transfer", "--source", source, "--target", target, "--label", "y", "--hidden", "4", "--source-epochs", 1,
      "--target-epochs", 1, "--overwrite", "--out", folder.resolve("same")};
    String said = "has the rows that the target was learnt from";
    assertFalse(Cli.run(words).err().contains(said));
    assertFalse(Cli.run(Cli.and(new Object[] {"--test", other}, words)).err().contains(said));
    for (Path test : List.of(target, copy)) {
      Cli run = Cli.run(Cli.and(new Object[] {"--test", test}, words));
      assertEquals(0, run.exitCode());
      assertTrue(run.err().contains(test.getFileName() + " " + said), run.err());
      assertTrue(run.out().contains("target error (" + test.getFileName() + ")"), run.out());
    }
    String query = "SELECT * FROM '" + other + "' WHERE 1 / 2 < 1";
    assertTrue(Cli.run(Cli.and(new Object[] {"--test", query}, words)).out().contains("target error (query)"));
    Path model = folder.resolve("same");
    assertTrue(Cli.run("evaluate", "--model", model, "--name", "target", "--input", target).err().contains(said));
    assertFalse(Cli.run("evaluate", "--model", model, "--name", "target", "--input", other).err().contains(said));
  }
}
