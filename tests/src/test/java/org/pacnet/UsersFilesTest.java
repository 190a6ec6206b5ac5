package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the user has lying about is still there afterwards, and long work does not end in a typo. */
class UsersFilesTest {

  @TempDir Path folder;
  private Path source;
  private Path target;
  private Path model;

  @BeforeEach
  void makeFiles() {
    source = Samples.csv(folder.resolve("source.csv"), 60, 0, 1);
    target = Samples.csv(folder.resolve("target.csv"), 20, 1, 2);
    model = folder.resolve("model");
  }

  private Object[] transfer(Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("transfer", "--source", source, "--target", target, "--method", "pac"));
    words.addAll(List.of("--label", "y", "--hidden", "8,8"));
    words.addAll(List.of("--source-epochs", 1, "--target-epochs", 1, "--out", model));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private static void assertRefused(String word, Object... arguments) {
    Cli cli = Cli.run(arguments);
    assertEquals(2, cli.exitCode(), cli.toString());
    assertEquals(1, cli.err().lines().count(), cli.toString());
    assertTrue(cli.err().contains(word), cli.toString());
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aFileNeverTakesTheNameOfADirectory() throws IOException {
    Cli.ok(transfer());
    Path precious = Files.createDirectory(folder.resolve("precious"));
    Files.writeString(precious.resolve("thesis.txt"), "ten years");
    for (Path out : List.of(precious, model, Path.of("."))) {
      assertRefused("is a directory", "export", "--model", model, "--name", "target", "--out", out);
    }
    Path csvFolder = Files.createDirectory(folder.resolve("folder.csv"));
    assertRefused(
        "is a directory", "predict", "--model", model, "--input", target, "--out", csvFolder);
    assertEquals("ten years", Files.readString(precious.resolve("thesis.txt")));
    Model.load(model).close();
  }

  @Test
  void whatLiesInAModelsDirectoryStaysAndIsNamed() throws IOException {
    Cli.ok(transfer());
    Cli.ok("predict", "--model", model, "--input", target, "--out", model.resolve("p.csv"));
    Cli.ok("export", "--model", model, "--name", "target", "--out", model.resolve("w.safetensors"));
    Path note =
        Files.writeString(Samples.file(model, "targets/target").resolve("note.txt"), "mine");
    Files.createDirectory(model.resolve("figures"));
    for (Object[] command :
        List.of(
            new Object[] {"allocate", "--model", model, "--source", source, "--overwrite"},
            new Object[] {"prune", "--model", model, "--ratio", 0.7},
            transfer("--overwrite", "--seed", 9))) {
      Cli cli = Cli.ok(command);
      for (String name : List.of("p.csv", "w.safetensors", "figures", "note.txt")) {
        assertTrue(cli.out().contains(name), name + " is not in " + cli.out());
      }
    }
    assertTrue(Files.size(model.resolve("p.csv")) > 100);
    assertTrue(Files.size(model.resolve("w.safetensors")) > 100);
    assertTrue(Files.isDirectory(model.resolve("figures")));
    assertEquals("mine", Files.readString(note));
    // Beside that there is the new model and nothing of the old ones.
    assertEquals(
        1, names(model).stream().filter(n -> n.matches("base-.*\\.safetensors")).count());
    assertEquals(
        List.of("note.txt"), names(note.getParent()));
  }

  @Test
  void anotherProgramsModelJsonIsNotReplaced() throws IOException {
    Files.createDirectory(model);
    Files.writeString(model.resolve("model.json"), "{\"format\":\"layers-model\"}");
    assertRefused("not pacnet's", transfer("--overwrite"));
    assertEquals(List.of("model.json"), names(model));
  }

  @Test
  void theWorkingDirectoryStaysTheOneItIs() throws IOException {
    Files.createDirectory(model);
    Object inode = Files.getAttribute(model, "unix:ino");
    Cli.ok(transfer());
    Cli.ok(transfer("--overwrite", "--seed", 3));
    assertEquals(inode, Files.getAttribute(model, "unix:ino"));
  }

  @Test
  void theDemoLeavesTheUsersDataAlone() throws IOException {
    Path data = Files.createDirectory(folder.resolve("mydata"));
    Files.writeString(data.resolve("source.csv"), "mine");
    assertRefused("source.csv", "demo", "--out", data);
    assertEquals("mine", Files.readString(data.resolve("source.csv")));
    assertEquals(List.of("source.csv"), names(data));
  }

  @Test
  void symbolicLinksAreFollowedAndPermissionsKept() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    model = Files.createSymbolicLink(folder.resolve("model"), real);
    Cli.ok(transfer());
    assertTrue(Files.isSymbolicLink(model) && Files.exists(real.resolve("model.json")));

    Path secret = folder.resolve("secret.csv");
    Cli.ok("predict", "--model", model, "--input", target, "--out", secret);
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path link = Files.createSymbolicLink(folder.resolve("link.csv"), Path.of("secret.csv"));
    long before = Files.size(secret);
    Cli.ok("predict", "--model", model, "--source-task", "--input", source, "--out", link);
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.size(secret) > before);
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));

    Path dangling =
        Files.createSymbolicLink(folder.resolve("dangling.csv"), folder.resolve("made.csv"));
    Cli.ok("predict", "--model", model, "--input", target, "--out", dangling);
    assertTrue(Files.isRegularFile(folder.resolve("made.csv")));
  }

  @Test
  void whatCanBeCheckedIsCheckedBeforeTheTraining() throws IOException {
    // So many epochs that a test which starts them does not end.
    Object[] forever = {"--source-epochs", 1_000_000_000};
    assertRefused("typo.csv", with(forever, "--test", folder.resolve("typo.csv")));
    Path unlabelled = Samples.write(folder.resolve("unlabelled.csv"), "a,b,tool,grade\n1,2,T1,low\n");
    assertRefused("unlabelled.csv", with(forever, "--test", unlabelled));
    Path strange = Samples.write(folder.resolve("strange.csv"), "a,b,tool,grade,y\n1,2,T9,low,3\n");
    assertRefused("T9", with(forever, "--test", strange));
    assertRefused("--exclude", with(forever, "--exclude", "nix"));
    model = source.resolve("below/a/file");
    assertRefused("source.csv is no directory", with(forever));
    model = Path.of("/proc/pacnet-model");
    assertRefused("/proc", with(forever));
    assertFalse(Files.exists(folder.resolve("model")));
  }

  private Object[] with(Object[] first, Object... more) {
    List<Object> words = new ArrayList<>(List.of(transfer(first)));
    int given = words.indexOf("--source-epochs");
    words.subList(given, given + 2).clear();
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void missingDirectoriesAreMadeAndGoAgainIfTheWorkFails() throws IOException {
    model = folder.resolve("a/b/model");
    assertRefused("row 1", transfer("--label", "grade"));
    assertFalse(Files.exists(folder.resolve("a")));
    Cli.ok(transfer());
    Model.load(model).close();
  }

  @Test
  void failureWithJsonPrintsOneObject() {
    Cli cli = Cli.run(transfer("--ratio", 7, "--json"));
    assertEquals(2, cli.json().get("error").get("code").asInt());
    assertTrue(cli.json().get("error").get("message").asText().contains("--ratio"), cli.out());
    Cli usage = Cli.run("inspect", "--json", "--frob");
    assertEquals(2, usage.json().get("error").get("code").asInt());
  }

  /** Whatever a command reads, and a model's own files, are no place to write to. */
  @Test
  void whatIsReadIsNotWrittenOnto() throws Exception {
    Cli.ok(transfer("--name", "t"));
    List<Path> all = new ArrayList<>(List.of(source, target));
    try (Stream<Path> files = Files.walk(model)) {
      files.filter(Files::isRegularFile).forEach(all::add);
    }
    Map<Path, byte[]> before = new HashMap<>();
    for (Path file : all) {
      before.put(file, Files.readAllBytes(file));
    }
    for (Path file : all) {
      if (file.startsWith(model)) {
        assertRefused("name another file", "report", "--model", model, "--out", file);
        assertRefused("name another file", "export", "--model", model, "--name", "t", "--out", file);
        assertRefused("name another file", "evaluate", "--model", model, "--name", "t", "--input", target, "--report", file);
      }
    }
    assertRefused("name another file", "predict", "--model", model, "--name", "t", "--input", target, "--out", target);
    assertRefused("name another file", "predict", "--model", model, "--name", "t", "--input", folder + "/t*.csv", "--out", target);
    assertRefused("name another file", "predict", "--model", model, "--name", "t", "--input", "SELECT * FROM '" + target + "'", "--out", target);
    assertRefused("name another file", "transfer", "--source", source, "--target", target, "--label", "y", "--report", source, "--out", folder.resolve("other"));
    for (Path file : all) {
      assertArrayEquals(before.get(file), Files.readAllBytes(file), file.toString());
    }
    // Beside them there is room.
    Cli.ok("report", "--model", model, "--out", folder.resolve("page.html"));
    Cli.ok("report", "--model", model, "--out", folder.resolve("page.html"));
  }

  // Who opens a model of many targets looks into their folders only if somebody died while they wrote; and a lock that was found stays
  // until somebody has.
  @Test
  void whatADeadProcessLeftInATargetsFolderGoesWithTheNextThatHasTheWhole() throws IOException {
    Cli.ok(transfer());
    String name = names(model).stream().filter(n -> n.startsWith("targets-")).findFirst().orElseThrow();
    Path targets = model.resolve(name);
    Path left = targets.resolve("target").resolve("pruned-0123456789abcdef.safetensors");
    Files.write(left, new byte[100]);
    Files.createFile(model.resolve(".pacnet.lock"));
    try (ModelPlace place = ModelPlace.forTarget(model, "other", false);
        Model opened = place.load()) {
      assertTrue(Files.exists(left));
      assertEquals(Set.of("target"), opened.targetNames());
    }
    assertTrue(Files.exists(model.resolve(".pacnet.lock")));
    Cli.ok("inspect", "--model", model);
    assertFalse(Files.exists(left));
    assertFalse(Files.exists(model.resolve(".pacnet.lock")));
    Cli.ok("predict", "--model", model, "--name", "target", "--input", target, "--out", folder.resolve("p.csv"));
  }
}
