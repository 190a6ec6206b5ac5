package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Compute;
import org.pacnet.config.Device;
import org.pacnet.config.Method;
import org.pacnet.config.Precision;
import org.pacnet.config.Schedule;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.ModelFormatException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.format.ModelUpgrade;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.result.Monitor;

/** Reading model files: whatever is wrong with one is found, and said with the file's name. */
class ModelFilesTest {

  @TempDir static Path whole;
  @TempDir Path folder;

  @BeforeAll
  static void makeModel() {
    TransferConfig config = Samples.quick().hidden(8, 8).build();
    try (Model model =
        Model.transfer(
            Samples.columns(50, 0, 1), "t", Samples.columns(10, 1, 2), config, new Monitor())) {
      model.save(whole.resolve("m"), false);
    }
  }

  private Path copy() throws IOException {
    Path to = folder.resolve("copy" + System.nanoTime());
    try (Stream<Path> files = Files.walk(whole.resolve("m"))) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(whole.resolve("m").relativize(file).toString()));
      }
    }
    return to;
  }

  private static List<String> files() {
    return List.of(
        "model.json", "source", "mask", "base", "targets/t/target.json", "targets/t/pruned");
  }

  // What is wrong with a target is said to who asks for it; the rest of the model is there.
  private static void use(Path model, String name) {
    try (Model loaded = Model.load(model)) {
      if (name.startsWith("targets/")) {
        loaded.hasOwnClasses(String.valueOf(Path.of(name).getName(1)));
      }
    }
  }

  private static void assertRefused(Path model, String name) {
    PacNetException e =
        assertThrows(PacNetException.class, () -> use(model, name), name + " was accepted");
    assertTrue(
        e.getMessage().contains(Path.of(name).getFileName().toString())
            && e.getMessage().lines().count() == 1,
        e.getMessage());
  }

  @Test
  void theModelItselfLoads() throws IOException {
    Model.load(copy()).close();
  }

  @Test
  void aTruncatedFileIsRefusedAtEveryLength() throws IOException {
    Path model = copy();
    for (String name : files()) {
      byte[] bytes = Files.readAllBytes(Samples.file(model, name));
      // The last byte of a JSON file is its line end, which it can do without.
      for (int length = 0; length < bytes.length - 1; length += Math.max(1, bytes.length / 60)) {
        Files.write(Samples.file(model, name), Arrays.copyOf(bytes, length));
        assertRefused(model, name);
      }
      Files.write(Samples.file(model, name), bytes);
    }
  }

  @Test
  void aFlippedBitInATensorFileIsAlwaysFound() throws IOException {
    Path model = copy();
    for (String name : files()) {
      if (name.endsWith(".json")) {
        continue;
      }
      byte[] bytes = Files.readAllBytes(Samples.file(model, name));
      for (int i = 0; i < bytes.length; i += 1 + bytes.length / 300) {
        bytes[i] ^= (byte) (1 << (i % 8));
        Files.write(Samples.file(model, name), bytes);
        assertRefused(model, name);
        bytes[i] ^= (byte) (1 << (i % 8));
      }
      Files.write(Samples.file(model, name), bytes);
    }
    Model.load(model).close();
  }

  @Test
  void aFlippedBitInJsonIsAlwaysFoundAndCostsNothing() throws IOException {
    Path model = copy();
    for (String name : List.of("model.json", "targets/t/target.json")) {
      byte[] bytes = Files.readAllBytes(Samples.file(model, name));
      for (int i = 0; i < bytes.length; i += 1 + bytes.length / 300) {
        bytes[i] ^= (byte) (1 << (i % 7));
        Files.write(Samples.file(model, name), bytes);
        assertRefused(model, name);
        bytes[i] ^= (byte) (1 << (i % 7));
      }
      Files.write(Samples.file(model, name), bytes);
    }
    // What a damaged model.json does not name was not taken for a leftover.
    use(model, "targets/t");
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    for (String name : files()) {
      Path model = copy();
      Files.delete(Samples.file(model, name));
      // Without its target.json it is no target.
      assertRefused(model, name.equals("targets/t/target.json") ? "targets/t" : name);
    }
  }

  // Replaces a tensor file and puts its hash right, so that what is inside is what is judged.
  private static void replace(Path model, String name, byte[] bytes) throws IOException {
    Files.delete(Samples.file(model, name));
    String hash = sha256(bytes);
    Files.write(model.resolve(name + "-" + hash.substring(0, 16) + ".safetensors"), bytes);
    Path json = model.resolve("model.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode tree = (ObjectNode) mapper.readTree(json.toFile());
    ((ObjectNode) tree.get("sha256")).put(name, hash);
    writeSealed(json, tree);
  }

  private static void writeSealed(Path json, ObjectNode tree) throws IOException {
    Files.write(json, sealed(tree));
  }

  /** A model.json or target.json with the checksum that it should have. */
  static byte[] sealed(ObjectNode tree) throws IOException {
    String none = "0".repeat(64);
    String text = new ObjectMapper().writeValueAsString(tree.put("checksum", none));
    return text.replace(none, sha256(text.getBytes(StandardCharsets.UTF_8))).getBytes(StandardCharsets.UTF_8);
  }

  /** A packed target. */
  static byte[] packed(byte[] json, byte[] tensors) {
    return ByteBuffer.allocate(Integer.BYTES + json.length + tensors.length).putInt(json.length).put(json).put(tensors).array();
  }

  // A JSON file that was edited by someone who knows how to seal it.
  private static void edit(Path json, Consumer<ObjectNode> change) throws IOException {
    ObjectNode tree = (ObjectNode) new ObjectMapper().readTree(json.toFile());
    change.accept(tree);
    writeSealed(json, tree);
  }

  private static ObjectNode child(ObjectNode node, String... names) {
    for (String name : names) {
      node = (ObjectNode) node.get(name);
    }
    return node;
  }

  @Test
  void jsonThatContradictsItselfIsRefusedBeforeItIsUsed() throws IOException {
    List<Consumer<ObjectNode>> faults =
        List.of(
            tree -> child(tree, "config", "objective").put("task", "classification").put("loss", "cross_entropy"),
            tree -> child(tree, "config").put("loss", "cross_entropy"),
            tree -> child(tree, "config").putArray("labels").add("z"),
            tree -> child(tree, "config").putArray("hidden").add(1 << 20).add(1 << 20),
            tree -> child(tree, "config").putArray("hidden").add(8).add(9),
            tree -> child(tree, "schema").putArray("classes").add("a").add("b"),
            tree -> child(tree, "schema").putArray("inputs"),
            tree -> child(tree, "pruning").put("kept", 3),
            tree -> child(tree, "sha256").put("base", "../../etc/passwd"),
            tree -> child(tree, "sha256").put("zz", "../../x"),
            tree -> child(tree, "sha256").put("zz", "0".repeat(64)),
            tree -> child(tree, "sha256").put("mask", "ab"),
            tree -> child(tree, "sha256").remove("source"));
    for (int i = 0; i < faults.size(); i++) {
      Path model = copy();
      edit(model.resolve("model.json"), faults.get(i));
      int number = i;
      ModelFormatException e =
          assertThrows(
              ModelFormatException.class, () -> Model.load(model).close(), () -> "fault " + number);
      assertTrue(e.getMessage().contains(model.toString()), e.getMessage());
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    }
    Path model = copy();
    edit(
        Samples.file(model, "targets/t/target.json"),
        tree -> child(tree, "config", "objective").put("task", "classification").put("loss", "cross_entropy"));
    assertRefused(model, "targets/t/target.json");
  }

  @Test
  void everyExplicitNullIsAnError() throws IOException {
    for (String name : List.of("model.json", "targets/t/target.json")) {
      ObjectNode whole = (ObjectNode) new ObjectMapper().readTree(Samples.file(copy(), name).toFile());
      List<String> allowed = List.of("pruning", "classes", "before", "after", "data", "accuracy", "crossEntropy", "confusion", "horizons", "r2", "lambda", "foldBy", "foldTime", "targetShare", "weight", "balancedAccuracy", "f1", "auc", "heldOut", "normalize", "relatives");
      int tried = 0;
      for (List<String> path : paths(whole)) {
        String last = path.get(path.size() - 1);
        if (last.equals("checksum") || last.equals("image") || last.equals("trajectories") || (allowed.contains(last) && !path.contains("schema"))) {
          continue;
        }
        Path model = copy();
        edit(
            Samples.file(model, name),
            tree -> child(tree, path.subList(0, path.size() - 1).toArray(String[]::new)).putNull(last));
        assertRefused(model, name);
        tried++;
      }
      assertTrue(tried > 40, name + " " + tried);
    }
  }

  // Of all fields in objects, as far as they are reached without a list.
  private static List<List<String>> paths(ObjectNode tree) {
    List<List<String>> found = new ArrayList<>();
    tree.properties()
        .forEach(
            field -> {
              found.add(List.of(field.getKey()));
              if (field.getValue() instanceof ObjectNode child) {
                for (List<String> below : paths(child)) {
                  List<String> path = new ArrayList<>(List.of(field.getKey()));
                  path.addAll(below);
                  found.add(path);
                }
              }
            });
    return found;
  }

  @Test
  void aDamagedTargetAndStrayFilesBlockNobody() throws IOException {
    Path model = copy();
    Path pruned = Samples.file(model, "targets/t/pruned");
    Files.write(pruned, new byte[10]);
    Path targets = Samples.file(model, "targets");
    Files.writeString(targets.resolve("notes.txt"), "mine");
    Files.createDirectory(targets.resolve("empty"));
    try (Model loaded = Model.load(model)) {
      assertEquals(List.of("t"), List.copyOf(loaded.damagedTargets().keySet()));
      assertTrue(loaded.targets().isEmpty());
      loaded.calibrate("u", Samples.columns(10, 1, 3), new Monitor());
      loaded.saveTarget(model, "u", false);
      loaded.calibrate("t", Samples.columns(10, 1, 2), new Monitor());
      loaded.saveTarget(model, "t", true);
    }
    try (Model loaded = Model.load(model)) {
      assertEquals(List.of("t", "u"), List.copyOf(loaded.targets().keySet()));
      assertTrue(loaded.damagedTargets().isEmpty());
    }
    assertEquals("mine", Files.readString(targets.resolve("notes.txt")));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Entry> tensors(Path file) throws IOException {
    return new LinkedHashMap<>(
        SafeTensors.decode(Files.readAllBytes(file), "test").tensors());
  }

  // A packed target with other tensors, and their hash.
  private static byte[] withTensors(byte[] pack, Consumer<Map<String, Entry>> change) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(pack);
    byte[] json = new byte[bytes.getInt()];
    byte[] tensors = new byte[bytes.remaining() - json.length];
    bytes.get(json).get(tensors);
    Map<String, Entry> entries = new LinkedHashMap<>(SafeTensors.decode(tensors, "test").tensors());
    change.accept(entries);
    byte[] changed = SafeTensors.encode(entries, Map.of());
    ObjectNode tree = (ObjectNode) new ObjectMapper().readTree(json);
    child(tree, "sha256").put("pruned", sha256(changed));
    return packed(sealed(tree), changed);
  }

  @Test
  void sharesOfAStackAreSharesOfOne() throws IOException {
    try (Model model = Model.load(copy())) {
      TransferConfig stack = model.config().toBuilder().method(Method.PAC_STACK).target(f -> f.epochs(2)).build();
      model.calibrate("s", Samples.columns(12, 1, 3), stack, new Monitor());
      byte[] pack = model.packTargets(List.of("s")).get("s");
      model.unpackTargets(List.of(withTensors(pack, entries -> {}))); // the packing itself is sound
      for (float[] made : new float[][] {{-1, 1, 1, 0, 0}, {2, 2, 0, 0, 0}, {0, 0, 0, 0, 0}, {Float.NaN, 0, 0, 0, 1}, {1, 0, 0}}) {
        byte[] wrong = withTensors(pack, entries -> entries.put("stack.shares", Entry.row(made)));
        assertThrows(ModelFormatException.class, () -> model.unpackTargets(List.of(wrong)), Arrays.toString(made));
      }
    }
  }

  @Test
  void soundFilesThatDoNotFitTheModelAreRefused() throws IOException {
    Path base = Samples.file(whole.resolve("m"), "base");

    Path model = copy();
    Map<String, Entry> entries = tensors(base);
    float[] first = new float[16];
    Arrays.fill(first, 0.5F); // at pruned positions too
    entries.put("layers.0.weight", Entry.floats(List.of(8L, 2L), first, 0, 16));
    replace(model, "base", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "base");

    model = copy();
    entries = tensors(base);
    entries.put("layers.0.bias", Entry.floats(List.of(8L), new float[] {Float.NaN, 0, 0, 0, 0, 0, 0, 0}, 0, 8));
    replace(model, "base", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "base");

    model = copy();
    entries = tensors(base);
    entries.remove("layers.2.bias");
    replace(model, "base", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "base");

    model = copy();
    entries = tensors(base);
    entries.put("extra", Entry.bytes(new byte[3]));
    replace(model, "base", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "base");

    model = copy();
    entries = tensors(base);
    entries.put("layers.0.weight", Entry.floats(List.of(2L, 8L), new float[16], 0, 16));
    replace(model, "base", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "base");

    model = copy();
    entries = tensors(Samples.file(whole.resolve("m"), "mask"));
    entries.put("layers.0.weight", Entry.bytes(new byte[] {0, 0})); // none kept: the count is off
    replace(model, "mask", SafeTensors.encode(entries, Map.of()));
    assertRefused(model, "mask");
  }

  @Test
  void aTargetOfAnotherBaseIsRefused() throws IOException {
    Path other = folder.resolve("other");
    TransferConfig config = Samples.quick().hidden(8, 8).seed(77).build();
    try (Model model =
        Model.transfer(
            Samples.columns(50, 0, 1), "u", Samples.columns(10, 1, 2), config, new Monitor())) {
      model.save(other, false);
    }
    Path model = copy();
    Path place = Files.createDirectory(Samples.file(model, "targets").resolve("u"));
    for (String name : List.of("target.json", "pruned")) {
      Path from = Samples.file(other, "targets/u/" + name);
      Files.copy(from, place.resolve(from.getFileName()));
    }
    PacNetException e =
        assertThrows(ModelFormatException.class, () -> use(model, "targets/u"));
    assertTrue(e.getMessage().contains("another base"), e.getMessage());
    use(model, "targets/t");

    Path renamed = copy();
    Path t = Samples.file(renamed, "targets/t");
    Files.move(t, t.resolveSibling("v"));
    assertTrue(
        assertThrows(ModelFormatException.class, () -> use(renamed, "targets/v"))
            .getMessage()
            .contains("target.json"));
  }

  @Test
  void anUnknownFormatVersionIsRefused() throws IOException {
    Path model = copy();
    Path json = model.resolve("model.json");
    Files.writeString(
        json, Files.readString(json).replace("\"formatVersion\" : " + ModelUpgrade.VERSION, "\"formatVersion\" : " + (ModelUpgrade.VERSION + 1)));
    PacNetException e =
        assertThrows(ModelFormatException.class, () -> Model.load(model).close());
    assertTrue(e.getMessage().contains("version " + (ModelUpgrade.VERSION + 1)), e.getMessage());
  }

  private static byte[] file(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  @Test
  void readsAFileMadeByHand() {
    byte[] bytes =
        file(
            "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}  ",
            8);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, 1.5F);
    SafeTensors.Contents contents = SafeTensors.decode(bytes, "hand");
    assertEquals(Map.of("k", "v"), contents.metadata());
    Entry entry = contents.tensors().get("w");
    assertEquals(List.of(2L, 1L), entry.shape());
    float[] values = new float[2];
    entry.copyTo(values, 0);
    assertEquals(1.5F, values[1]);
  }

  @Test
  void refusesEveryUnsoundHeader() {
    String w = "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
    List<byte[]> faults =
        List.of(
            new byte[7],
            file("{}", 4), // bytes that belong to nothing
            file("[]", 0),
            file("{" + w + "} x", 8),
            file("{" + w + "," + w + "}", 8), // the same name twice
            file("{" + w.replace("F32", "F64") + "}", 8),
            file("{" + w.replace("[2]", "[3]") + "}", 8),
            file("{" + w.replace("[2]", "[-2]") + "}", 8),
            file("{" + w.replace("[2]", "[4611686018427387904,4]") + "}", 8),
            file("{" + w.replace("[0,8]", "[0,16]") + "}", 8),
            file("{" + w.replace("[0,8]", "[8,0]") + "}", 8),
            file("{" + w.replace("[0,8]", "[4,12]") + "}", 12), // a gap
            file("{" + w.replace("[0,8]", "[0.0,8]") + "}", 8),
            file("{" + w + "," + w.replace("\"w\"", "\"v\"").replace("[0,8]", "[4,12]") + "}", 12),
            file("{" + w.replace("\"shape\":[2],", "") + "}", 8),
            file("{\"__metadata__\":{\"k\":1}," + w + "}", 8),
            ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(Long.MAX_VALUE).array(),
            ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-1).array(),
            ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(100_000_001).array());
    for (byte[] fault : faults) {
      ModelFormatException e =
          assertThrows(
              ModelFormatException.class,
              () -> SafeTensors.decode(fault, "f.safetensors"),
              () -> new String(fault, StandardCharsets.ISO_8859_1));
      assertTrue(e.getMessage().startsWith("f.safetensors "), e.getMessage());
    }
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Map<String, Entry> tensors =
        Map.of("é \"w\"", Entry.floats(List.of(1L, 3L), new float[] {9, 1, -0F, 2}, 1, 3));
    SafeTensors.Contents read =
        SafeTensors.decode(SafeTensors.encode(tensors, Map.of("a", "b")), "x");
    float[] values = new float[3];
    read.tensors().get("é \"w\"").copyTo(values, 0);
    assertEquals(Float.floatToRawIntBits(-0F), Float.floatToRawIntBits(values[1]));
    assertEquals(2F, values[2]);
    assertEquals(Map.of("a", "b"), read.metadata());
  }

  @Test
  void modelsOfEarlierFormatsOpenAndPredictAsTheyDid() throws IOException {
    Path fixtures = Path.of(System.getProperty("pacnet.root"), "tests", "fixtures");
    List<Path> models;
    try (Stream<Path> files = Files.list(fixtures)) {
      models = files.filter(f -> f.getFileName().toString().matches("model-v[0-9]+")).toList();
    }
    assertFalse(models.isEmpty());
    for (Path path : models) {
      Path expected = path.resolveSibling(path.getFileName() + "-predicted.csv");
      List<String> lines = Files.readAllLines(expected);
      try (Model model = Model.load(path)) {
        int column = List.of(lines.get(0).split(",", -1)).indexOf("prediction_y");
        double[] predicted =
            model.predict("t", withoutPredictions(lines, column)).numbers("prediction_y");
        assertEquals(lines.size() - 1, predicted.length);
        for (int r = 0; r < predicted.length; r++) {
          double then = Double.parseDouble(lines.get(r + 1).split(",", -1)[column]);
          assertEquals(then, predicted[r], 1e-5 * Math.abs(then)); // another machine rounds otherwise
        }
      }
    }
  }

  private Data withoutPredictions(List<String> lines, int column) throws IOException {
    List<String> inputs =
        lines.stream()
            .map(line -> String.join(",", List.of(line.split(",", -1)).subList(0, column)))
            .toList();
    return Data.files(Files.write(folder.resolve("inputs.csv"), inputs).toString());
  }

  @Test
  void settingsThatWereSideBySideAreFoundInTheirParts() {
    Path fixtures = Path.of(System.getProperty("pacnet.root"), "tests", "fixtures");
    try (Model model = Model.load(fixtures.resolve("model-v6"))) {
      TransferConfig told =
          TransferConfig.builder("y").hidden(6, 6).source(f -> f.epochs(20)).target(f -> f.epochs(50)).build();
      assertEquals(told, model.config());
      assertEquals(told.toBuilder().method(Method.COKRIGING).build(), model.config("t"));
    }
  }

  @Test
  void whatComputesIsNoPartOfAModel() throws IOException {
    Path directory = folder.resolve("computed");
    TransferConfig config = Samples.quick().compute(c -> c.threads(2).device(Device.CPU)).build();
    try (Model model =
        Model.transfer(Samples.columns(50, 0, 1), "t", Samples.columns(10, 1, 2), config, new Monitor())) {
      model.save(directory, false);
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path json : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        assertFalse(Json.MAPPER.readTree(json.toFile()).get("config").has("compute"), json.toString());
      }
    }
    Compute other = new Compute(3, Device.AUTO, Precision.TF32);
    try (Model model = Model.load(directory, other)) {
      assertEquals(config.toBuilder().compute(other).build(), model.config());
    }
  }

  @Test
  void aSettingThatAnOldFileDoesNotKnowIsItsDefault() throws IOException {
    Path model = copy();
    edit(
        model.resolve("model.json"),
        tree -> {
          ObjectNode config = child(tree, "config");
          config.remove("calibrate");
          child(config, "columns").remove("ignored");
          child(config, "target").remove("schedule");
        });
    try (Model loaded = Model.load(model)) {
      assertEquals(Schedule.CONSTANT, loaded.config().target().schedule());
      assertEquals(List.of(), loaded.config().columns().ignored());
    }
    edit(model.resolve("model.json"), tree -> child(tree, "config").put("fromTheFuture", 1));
    assertRefused(model, "model.json");
  }
}
