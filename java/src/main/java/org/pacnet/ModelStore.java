package org.pacnet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pacnet.core.MaskBits;
import org.pacnet.core.NativeLibrary;
import org.pacnet.core.NativeNetwork;
import org.pacnet.core.TensorInfo;
import org.pacnet.correction.Correction;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.error.OutputException;
import org.pacnet.error.PacNetException;
import org.pacnet.io.AtomicWrite;
import org.pacnet.io.DirectoryLock;
import org.pacnet.io.GenerationDirectory;
import org.pacnet.io.Json;
import org.pacnet.io.RegularFiles;
import org.pacnet.io.SafeTensors;
import org.pacnet.io.SafeTensors.Entry;
import org.pacnet.io.Sha256;
import org.pacnet.method.Method;

/**
 * A model as a directory of JSON and safetensors files; docs/model-format.md describes it.
 *
 * <p>Which files make up the model is said by model.json alone. All others are written under names
 * that nothing refers to yet; renaming the new model.json over the old one is the one step that
 * changes the model. What then is in no use any more goes.
 */
final class ModelStore {

  private static final String FORMAT = "pacnet-model";
  private static final String TARGET_FORMAT = "pacnet-target";
  static final int VERSION = 5;
  private static final int OLDEST_VERSION = 2;
  private static final String MODEL_JSON = "model.json";
  private static final String TARGET_JSON = "target.json";
  private static final String SOURCE = "source";
  private static final String MASK = "mask";
  private static final String BASE = "base";
  private static final String PRUNED = "pruned";
  private static final String OWN = "own_values";
  private static final String VALUES = "pruned_values";
  private static final String RESIDUALS = "residuals";

  // What a checksum is counted over stands in its own place.
  private static final String NO_CHECKSUM = "0".repeat(64);

  private ModelStore() {}

  /** model.json. */
  record ModelFile(
      String format,
      int formatVersion,
      CreatedBy createdBy,
      TransferConfig config,
      Schema schema,
      @Nullable PruningFile pruning,
      List<PhaseReport> phases,
      List<TensorFile> tensors,
      Map<String, String> sha256,
      String checksum) {}

  record CreatedBy(String pacnet, String libtorch, String blas) {}

  record PruningFile(double ratio, PruningScope scope, List<String> excluded, long kept) {}

  record TensorFile(String name, List<Long> shape) {}

  /** target.json. */
  record TargetFile(
      String format,
      int formatVersion,
      CreatedBy createdBy,
      String name,
      String baseSha256,
      TransferConfig config,
      @Nullable List<String> classes,
      PhaseReport report,
      Map<String, String> sha256,
      String checksum) {}

  // The lock is the caller's.
  static void save(Model model, Path directory) {
    ModelState state = model.state();
    try {
      Map<String, byte[]> files = tensorFiles(model.tensors(), state);
      Map<String, String> hashes = new LinkedHashMap<>();
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        String hash = Sha256.hex(file.getValue());
        hashes.put(file.getKey(), hash);
        GenerationDirectory.write(directory.resolve(fileName(file.getKey(), hash)), file.getValue());
      }
      if (state.base() != null) {
        String base = baseHash(hashes);
        for (TargetModel target : soundTargets(state)) {
          writeTarget(target, base, FolderNames.resolve(targetsOf(directory, base), target.name()));
        }
      }
      ModelState.Pruning pruning = state.pruning();
      ModelFile json =
          new ModelFile(
              FORMAT,
              VERSION,
              createdBy(),
              model.config(),
              model.schema(),
              pruning == null
                  ? null
                  : new PruningFile(
                      pruning.ratio(),
                      pruning.scope(),
                      pruning.excluded(),
                      prunedTensors(model.tensors(), pruning).stream()
                          .mapToLong(pruning.mask()::kept)
                          .sum()),
              List.copyOf(state.reports().values()),
              model.tensors().stream().map(t -> new TensorFile(t.name(), t.shape())).toList(),
              hashes,
              NO_CHECKSUM);
      GenerationDirectory.commit(directory.resolve(MODEL_JSON), sealed(Json.pretty(json)));
      clean(directory, hashes, state.targets().keySet());
    } catch (IOException e) {
      throw new OutputException(directory + " can't be written: " + AtomicWrite.reason(e), e);
    }
  }

  // Damage does not go on.
  private static List<TargetModel> soundTargets(ModelState state) {
    List<TargetModel> sound = new ArrayList<>();
    for (TargetSlot slot : state.targets().values()) {
      try {
        sound.add(slot.get());
      } catch (ModelFormatException e) {
        // Who asked for it was told.
      }
    }
    return sound;
  }

  // The lock of that target, at least, is the caller's.
  static void saveTarget(Model model, Path directory, String name) {
    targetFolder(model, directory).write(model.target(name));
  }

  /** Where a model's targets go, one by one. The directory's lock is the caller's. */
  static TargetFolder targetFolder(Model model, Path directory) {
    String base = baseHash(model);
    if (!base.equals(baseHash(readModelFile(directory).sha256()))) {
      throw new DataException(directory + " holds another base than the one of these targets");
    }
    return new TargetFolder(model, directory, base);
  }

  private static String baseHash(Model model) {
    Map<String, String> hashes = new LinkedHashMap<>();
    tensorFiles(model.tensors(), model.state())
        .forEach((file, bytes) -> hashes.put(file, Sha256.hex(bytes)));
    return baseHash(hashes);
  }

  /** Targets as what their files hold, {@code target.json}'s length in front as four bytes, the highest first. */
  static Map<String, byte[]> pack(Model model, Collection<String> names) {
    String base = baseHash(model);
    Map<String, byte[]> packs = new TreeMap<>();
    for (String name : names) {
      TargetBytes bytes = encode(model.target(name), base);
      packs.put(
          name,
          ByteBuffer.allocate(Integer.BYTES + bytes.json().length + bytes.tensors().length)
              .putInt(bytes.json().length)
              .put(bytes.json())
              .put(bytes.tensors())
              .array());
    }
    return packs;
  }

  /** Reads targets back, each checked as a file is. */
  static Map<String, TargetSlot> unpack(Model model, Collection<byte[]> packs) {
    String base = baseHash(model);
    Map<String, TargetSlot> slots = new TreeMap<>();
    for (byte[] pack : packs) {
      ByteBuffer bytes = ByteBuffer.wrap(pack);
      int length = pack.length < Integer.BYTES ? -1 : bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw new ModelFormatException("a packed target is cut off");
      }
      byte[] text = new byte[length];
      byte[] tensors = new byte[bytes.remaining() - length];
      bytes.get(text).get(tensors);
      Path name = Path.of("packed target");
      TargetFile json = parseJson(name, text, TARGET_FORMAT, TargetFile.class);
      Model.checkName(json.name());
      TargetModel target = readTarget(model, name, json, name, tensors, base);
      slots.put(target.name(), TargetSlot.of(target));
    }
    return slots;
  }

  /** The targets of one base. */
  static final class TargetFolder {
    private final Model model;
    private final Path directory;
    private final String base;

    private TargetFolder(Model model, Path directory, String base) {
      this.model = model;
      this.directory = directory;
      this.base = base;
    }

    /** Writes a target, whole or not at all; of different ones from any thread. Returns where to read it again. */
    TargetSlot write(TargetModel target) {
      Path place = FolderNames.resolve(targetsOf(directory, base), target.name());
      try {
        writeTarget(target, base, place);
        cleanTarget(place);
      } catch (IOException e) {
        throw new OutputException(
            "target "
                + target.name()
                + " of "
                + directory
                + " can't be written: "
                + AtomicWrite.reason(e),
            e);
      }
      return slot(model, place, base);
    }
  }

  private static TargetSlot slot(Model model, Path place, String base) {
    return TargetSlot.reading(
        () ->
            whileUnchanged(
                () -> readJson(place.resolve(TARGET_JSON), TARGET_FORMAT, TargetFile.class),
                target -> readTarget(model, place, target, base)));
  }

  // Named by their content: a new one never takes the place of one that is in use.
  private static String fileName(String file, String sha256) {
    return file + "-" + sha256.substring(0, 16) + ".safetensors";
  }

  // Targets stand on a base. Those of another one are in another folder, and gone with it.
  private static Path targetsOf(Path directory, String baseHash) {
    return directory.resolve("targets-" + baseHash.substring(0, 16));
  }

  /** Throws unless a model may be written there. */
  static void checkReplaceable(Path directory, boolean overwrite) {
    GenerationDirectory.check(directory);
    if (!Files.exists(directory)) {
      return;
    }
    Path json = directory.resolve(MODEL_JSON);
    if (!Files.exists(json)) {
      if (!foreign(directory).isEmpty()) {
        throw new DataException(
            directory + " holds files that are no model: name another directory");
      }
      return;
    }
    if (!isOurs(json)) {
      throw new DataException(json + " is not pacnet's: name another directory");
    }
    if (!overwrite) {
      throw new DataException(
          directory + " already holds a model: allow it to be replaced, or name another directory",
          "overwrite");
    }
  }

  // A damaged model may be replaced too; what another program calls model.json may not.
  private static boolean isOurs(Path json) {
    try {
      return Files.isRegularFile(json) && Files.readString(json).contains('"' + FORMAT + '"');
    } catch (IOException e) {
      return false;
    }
  }

  static void checkModel(Path directory) {
    if (!Files.isRegularFile(directory.resolve(MODEL_JSON))) {
      throw new DataException(
          directory + " holds no model: there is no " + directory.resolve(MODEL_JSON));
    }
  }

  /** Throws unless that target may be written into the model that is there. */
  static void checkTargetReplaceable(Path directory, String name, boolean overwrite) {
    ModelFile json = readModelFile(directory);
    if (!json.sha256().containsKey(BASE)) {
      throw new DataException("the model has no base yet: run prune, then allocate first");
    }
    Path place = FolderNames.resolve(targetsOf(directory, baseHash(json.sha256())), name);
    if (Files.exists(place.resolve(TARGET_JSON)) && !overwrite) {
      throw new DataException(
          directory
              + " already has a target '"
              + name
              + "': allow it to be replaced, or take another name",
          "overwrite");
    }
    GenerationDirectory.check(place);
  }

  // --- What else is there ---------------------------------------------------------------------------

  /** What lies in a model's directory and is no part of any model. */
  static List<Path> foreign(Path directory) {
    try {
      List<Path> found = new ArrayList<>();
      for (Path path : GenerationDirectory.list(directory)) {
        String name = path.getFileName().toString();
        if (isTargets(name) && Files.isDirectory(path)) {
          for (Path target : GenerationDirectory.list(path)) {
            found.addAll(Files.isDirectory(target) ? foreignInTarget(target) : List.of(target));
          }
        } else if (!name.equals(MODEL_JSON) && !isTensorFile(name)) {
          found.add(path);
        }
      }
      return found;
    } catch (IOException e) {
      throw new DataException(directory + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  private static List<Path> foreignInTarget(Path target) throws IOException {
    return GenerationDirectory.list(target).stream()
        .filter(
            file -> {
              String name = file.getFileName().toString();
              return !name.equals(TARGET_JSON) && !isTensorFile(name);
            })
        .toList();
  }

  private static boolean isTensorFile(String name) {
    return name.matches("(source|mask|base|pruned)-[0-9a-f]{16}\\.safetensors");
  }

  private static boolean isTargets(String name) {
    return name.matches("targets-[0-9a-f]{16}");
  }

  // Removes what an earlier generation, or a process that died, left: only files that the format names.
  private static void clean(
      Path directory, Map<String, String> hashes, @Nullable Collection<String> targets)
      throws IOException {
    GenerationDirectory.deleteTemporary(directory);
    List<String> used = new ArrayList<>();
    hashes.forEach((file, hash) -> used.add(fileName(file, hash)));
    Path current = targetsOf(directory, baseHash(hashes));
    Set<String> folders = new HashSet<>();
    if (targets != null) {
      targets.forEach(target -> folders.addAll(List.of(target, FolderNames.of(target))));
    }
    for (Path path : GenerationDirectory.list(directory)) {
      String name = path.getFileName().toString();
      if (isTensorFile(name) && !used.contains(name)) {
        Files.deleteIfExists(path);
      } else if (isTargets(name) && Files.isDirectory(path)) {
        for (Path target : GenerationDirectory.list(path)) {
          String targetName = target.getFileName().toString();
          if (!Files.isDirectory(target)) {
            continue;
          }
          if (!path.equals(current) || (targets != null && !folders.contains(targetName))) {
            Files.deleteIfExists(target.resolve(TARGET_JSON));
          }
          cleanTarget(target);
        }
        GenerationDirectory.deleteTemporary(path);
        GenerationDirectory.deleteIfEmpty(path);
      }
    }
  }

  private static void cleanTarget(Path place) throws IOException {
    GenerationDirectory.deleteTemporary(place);
    String used = "";
    Path json = place.resolve(TARGET_JSON);
    if (Files.exists(json)) {
      try {
        TargetFile target = readJson(json, TARGET_FORMAT, TargetFile.class);
        used = fileName(PRUNED, hashOf(place, PRUNED, target.sha256()));
      } catch (ModelFormatException e) {
        return; // whose files these are can't be told
      }
    }
    for (Path file : GenerationDirectory.list(place)) {
      String name = file.getFileName().toString();
      if (isTensorFile(name) && !name.equals(used)) {
        Files.deleteIfExists(file);
      }
    }
    GenerationDirectory.deleteIfEmpty(place);
  }

  // Not by a look into each target's folder, of which there may be 20,000: who dies while it writes one leaves its lock here.
  private static boolean hasLeftovers(Path directory, ModelFile json) throws IOException {
    if (GenerationDirectory.hasTransient(directory)) {
      return true;
    }
    List<String> used = new ArrayList<>();
    json.sha256().forEach((file, hash) -> used.add(fileName(file, hash)));
    if (json.sha256().containsKey(BASE)) {
      used.add(targetsOf(directory, baseHash(json.sha256())).getFileName().toString());
    }
    for (Path path : GenerationDirectory.list(directory)) {
      String name = path.getFileName().toString();
      if ((isTensorFile(name) || isTargets(name)) && !used.contains(name)) {
        return true;
      }
    }
    return false;
  }

  // What a dead process left goes with the next command, whichever it is, if that may and nobody else
  // is at the directory.
  private static void cleanIfLeft(Path directory, ModelFile json) {
    try {
      if (!Files.isWritable(directory) || !hasLeftovers(directory, json)) {
        return;
      }
      try (DirectoryLock lock = DirectoryLock.whole(directory)) {
        if (lock != null && readModelFile(directory).equals(json)) {
          clean(directory, json.sha256(), null);
        }
      }
    } catch (IOException | PacNetException e) {
      // It costs space and nothing else; the next command tries again.
    }
  }

  private static CreatedBy createdBy() {
    NativeLibrary.Info info = NativeLibrary.info();
    // The file that the BLAS came from says where this machine keeps things: not for a model.
    return new CreatedBy(Version.PACNET, info.libtorch(), info.blas().replaceAll(" \\(.*", ""));
  }

  private static Map<String, byte[]> tensorFiles(List<TensorInfo> tensors, ModelState state) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(SOURCE, SafeTensors.encode(dense(tensors, state.source(), ""), Map.of()));
    if (state.pruning() != null) {
      Map<String, Entry> bits = new LinkedHashMap<>();
      for (TensorInfo tensor : prunedTensors(tensors, state.pruning())) {
        bits.put(tensor.name(), Entry.bytes(state.pruning().mask().of(tensor)));
      }
      files.put(MASK, SafeTensors.encode(bits, Map.of()));
    }
    if (state.base() != null) {
      files.put(BASE, SafeTensors.encode(dense(tensors, state.base(), ""), Map.of()));
    }
    return files;
  }

  private static List<TensorInfo> prunedTensors(List<TensorInfo> tensors, ModelState.Pruning pruning) {
    return tensors.stream().filter(t -> pruning.prunes(t)).toList();
  }

  private static Map<String, Entry> dense(
      List<TensorInfo> tensors, float[] parameters, String stripped) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors) {
      entries.put(
          tensor.name().startsWith(stripped)
              ? tensor.name().substring(stripped.length())
              : tensor.name(),
          Entry.floats(tensor.shape(), parameters, tensor.offset(), tensor.size()));
    }
    return entries;
  }

  /** A target's two files. */
  private record TargetBytes(byte[] json, byte[] tensors, String tensorsHash) {}

  private static void writeTarget(TargetModel target, String baseHash, Path place)
      throws IOException {
    TargetBytes bytes = encode(target, baseHash);
    GenerationDirectory.write(place.resolve(fileName(PRUNED, bytes.tensorsHash())), bytes.tensors());
    GenerationDirectory.commit(place.resolve(TARGET_JSON), bytes.json());
  }

  private static TargetBytes encode(TargetModel target, String baseHash) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (int i = 0; i < target.networks().size(); i++) {
      float[] values = target.networks().get(i).values();
      entries.put(
          numbered(VALUES, i), Entry.row(values));
      float[] own = target.networks().get(i).own();
      if (own.length > 0) {
        entries.put(numbered(OWN, i), Entry.row(own));
      }
    }
    float[] residuals = target.residuals();
    if (residuals != null) {
      entries.put(RESIDUALS, Entry.row(residuals));
    }
    if (target.correction() != null) {
      entries.putAll(target.correction().entries());
    }
    byte[] bytes = SafeTensors.encode(entries, Map.of());
    String hash = Sha256.hex(bytes);
    TargetFile json =
        new TargetFile(
            TARGET_FORMAT,
            VERSION,
            createdBy(),
            target.name(),
            baseHash,
            target.config(),
            target.classes(),
            target.report(),
            Map.of(PRUNED, hash),
            NO_CHECKSUM);
    return new TargetBytes(sealed(Json.pretty(json)), bytes, hash);
  }

  // --- Reading --------------------------------------------------------------------------------------

  static Model load(Path directory) {
    checkModel(directory);
    return whileUnchanged(
        () -> readModelFile(directory),
        json -> {
          Model model = read(directory, json);
          cleanIfLeft(directory, json);
          return model;
        });
  }

  // Reading takes no lock. A writer that came between shows in the one file that says what there is:
  // then what was missed was not damage, and the reading begins anew.
  private static <J, T> T whileUnchanged(Supplier<J> read, Function<J, T> use) {
    for (int tries = 1; ; tries++) {
      J json = read.get();
      try {
        return use.apply(json);
      } catch (ModelFormatException e) {
        if (tries == 5 || read.get().equals(json)) {
          throw e;
        }
      }
    }
  }

  private static Model read(Path directory, ModelFile json) {
    Path file = directory.resolve(MODEL_JSON);
    checkFits(file, json.schema(), json.config());
    checkSize(directory, json);
    Model model =
        Model.restore(
            json.schema(), json.config(), json.phases(), tensors -> state(directory, json, tensors));
    if (json.sha256().containsKey(BASE)) {
      readTargets(model, directory, baseHash(json.sha256()));
    }
    return model;
  }

  private static void checkFits(Path file, Schema schema, TransferConfig config) {
    try {
      Model.checkFits(schema, config);
    } catch (DataException e) {
      throw new ModelFormatException(file + " contradicts itself: " + e.getMessage(), e);
    }
  }

  // Before anything of the claimed size is made.
  private static void checkSize(Path directory, ModelFile json) {
    long parameters = NativeNetwork.parameterCount(
            json.config().network().describe(json.schema()));
    Path file = directory.resolve(fileName(SOURCE, hashOf(directory, SOURCE, json.sha256())));
    try {
      if (Files.size(file) / Float.BYTES < parameters) {
        throw new ModelFormatException(
            String.format(
                Locale.ROOT,
                "%s has %d bytes, too few for the %d parameters that %s claims",
                file,
                Files.size(file),
                parameters,
                MODEL_JSON));
      }
    } catch (IOException e) {
      throw new ModelFormatException(file + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  private static void readTargets(Model model, Path directory, String baseHash) {
    Path targets = targetsOf(directory, baseHash);
    if (!Files.isDirectory(targets)) {
      return;
    }
    try {
      Map<String, TargetSlot> slots = new TreeMap<>();
      for (Path place : GenerationDirectory.list(targets)) {
        Path json = place.resolve(TARGET_JSON);
        if (Files.exists(json)) { // otherwise never finished, or not ours
          String folder = place.getFileName().toString();
          String name = FolderNames.nameOf(folder);
          if (name == null) {
            name = readJson(json, TARGET_FORMAT, TargetFile.class).name();
          }
          slots.put(name, slot(model, place, baseHash));
        }
      }
      model.addTargets(slots);
    } catch (IOException e) {
      throw new ModelFormatException(targets + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  private static ModelFile readModelFile(Path directory) {
    Path file = directory.resolve(MODEL_JSON);
    ModelFile json = readJson(file, FORMAT, ModelFile.class);
    if (!List.of(SOURCE, MASK, BASE).containsAll(json.sha256().keySet())) {
      throw new ModelFormatException(file + " is damaged: it has a SHA-256 of what is no part of a model");
    }
    json.sha256().keySet().forEach(name -> hashOf(directory, name, json.sha256()));
    return json;
  }

  // These files say which others are in use, and so which ones may go: not a bit of them may be wrong.
  private static byte[] sealed(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    return text.replace(NO_CHECKSUM, Sha256.hex(json)).getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isSealed(byte[] json, String checksum) {
    String text = new String(json, StandardCharsets.UTF_8);
    return checksum.matches("[0-9a-f]{64}")
        && Arrays.equals(
            json,
            sealed(text.replace(checksum, NO_CHECKSUM).getBytes(StandardCharsets.UTF_8)));
  }

  private static <T> T readJson(Path file, String format, Class<T> type) {
    try {
      return parseJson(file, RegularFiles.read(file), format, type);
    } catch (IOException e) {
      throw new ModelFormatException(file + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  // file: what messages call it.
  private static <T> T parseJson(Path file, byte[] bytes, String format, Class<T> type) {
    try {
      JsonNode tree = Json.MAPPER.readTree(bytes);
      if (!tree.path("format").asText().equals(format)) {
        throw new ModelFormatException(file + " is not of the format " + format);
      }
      int version = tree.path("formatVersion").asInt();
      if (version < OLDEST_VERSION || version > VERSION) {
        throw new ModelFormatException(
            file
                + " has format version "
                + tree.path("formatVersion").asText()
                + ", this pacnet reads "
                + OLDEST_VERSION
                + " to "
                + VERSION);
      }
      if (!isSealed(bytes, tree.path("checksum").asText())) {
        throw new ModelFormatException(
            file + " is damaged: it is not, bit for bit, what pacnet wrote");
      }
      if (tree instanceof ObjectNode read) {
        ModelUpgrade.toCurrent(read, version);
      }
      return Json.read(tree, type);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file + " is damaged: " + Json.reason(e), e);
    } catch (IOException e) {
      throw new ModelFormatException(file + " is damaged: " + AtomicWrite.reason(e), e);
    }
  }

  private static ModelState state(Path directory, ModelFile json, List<TensorInfo> tensors) {
    List<TensorFile> expected =
        tensors.stream().map(t -> new TensorFile(t.name(), t.shape())).toList();
    if (!json.tensors().equals(expected)) {
      throw new ModelFormatException(
          directory.resolve(MODEL_JSON) + " lists tensors that its network does not have");
    }
    float[] source = readDense(directory, SOURCE, json.sha256(), tensors);
    if (json.pruning() == null) {
      return parts(source, null, null);
    }
    ModelState.Pruning pruning = readPruning(directory, json, tensors);
    if (!json.sha256().containsKey(BASE)) {
      return parts(source, pruning, null);
    }
    float[] base = readDense(directory, BASE, json.sha256(), tensors);
    for (float value : pruning.mask().gather(base)) {
      if (Float.floatToRawIntBits(value) != 0) {
        throw new ModelFormatException(
            directory.resolve(fileName(BASE, hashOf(directory, BASE, json.sha256())))
                + " is damaged: a pruned position holds " + value);
      }
    }
    return parts(source, pruning, base);
  }

  private static ModelState parts(
      float[] source, ModelState.@Nullable Pruning pruning, float @Nullable [] base) {
    return new ModelState(source, pruning, base, Map.of(), Map.of());
  }

  private static ModelState.Pruning readPruning(
      Path directory, ModelFile json, List<TensorInfo> tensors) {
    PruningFile how = json.pruning();
    Path file = directory.resolve(fileName(MASK, hashOf(directory, MASK, json.sha256())));
    Map<String, Entry> entries = readChecked(directory, MASK, json.sha256());
    List<byte[]> bits = new ArrayList<>();
    long kept = 0;
    for (TensorInfo tensor : tensors) {
      Entry entry = entries.remove(tensor.name());
      if (entry == null) {
        bits.add(MaskBits.allKept(tensor.size()));
        continue;
      }
      int bytes = (tensor.size() + 7) / 8;
      if (entry.dtype() != SafeTensors.Dtype.U8 || entry.size() != bytes || !tensor.prunable()) {
        throw new ModelFormatException(
            file + " is damaged: '" + tensor.name() + "' is not " + bytes + " bytes of mask");
      }
      byte[] packed = entry.toBytes();
      if (tensor.size() % 8 != 0 && (packed[bytes - 1] & 0xff) >> (tensor.size() % 8) != 0) {
        throw new ModelFormatException(
            file + " is damaged: '" + tensor.name() + "' has bits behind its last weight");
      }
      bits.add(packed);
      kept += MaskBits.kept(packed);
    }
    if (!entries.isEmpty()) {
      throw new ModelFormatException(
          file
              + " has a mask for '"
              + entries.keySet().iterator().next()
              + "', which is no weight");
    }
    if (kept != how.kept()) {
      throw new ModelFormatException(
          file
              + " is damaged: it keeps "
              + kept
              + " weights, "
              + MODEL_JSON
              + " says "
              + how.kept());
    }
    return new ModelState.Pruning(
        how.ratio(), how.scope(), how.excluded(), new MaskBits(tensors, bits));
  }

  private static TargetModel readTarget(
      Model model, Path place, TargetFile json, String baseHash) {
    Path jsonFile = place.resolve(TARGET_JSON);
    Path file = place.resolve(fileName(PRUNED, hashOf(place, PRUNED, json.sha256())));
    if (!FolderNames.isOf(place.getFileName().toString(), json.name())) {
      throw new ModelFormatException(jsonFile + " is of a target named '" + json.name() + "'");
    }
    return readTarget(model, jsonFile, json, file, SafeTensors.readBytes(file), baseHash);
  }

  // jsonFile and file: what messages call what was read.
  private static TargetModel readTarget(
      Model model, Path jsonFile, TargetFile json, Path file, byte[] bytes, String baseHash) {
    if (!json.baseSha256().equals(baseHash)) {
      throw new ModelFormatException(jsonFile + " belongs to another base than this model's");
    }
    checkFits(jsonFile, model.schema(), json.config());
    if (json.classes() != null && !model.schema().classification()) {
      throw new ModelFormatException(jsonFile + " has classes, but the model predicts numbers");
    }
    Map<String, Entry> entries = decodeChecked(file, bytes, json.sha256().getOrDefault(PRUNED, ""));
    List<TargetModel.Learnt> networks = new ArrayList<>();
    for (int i = 0; entries.containsKey(numbered(VALUES, i)); i++) {
      float[] values = floats(file, entries, numbered(VALUES, i));
      // Version 2 had nothing of a target's own but its output layer.
      String own = entries.containsKey("head") ? "head" : numbered(OWN, i);
      networks.add(
          new TargetModel.Learnt(
              values, entries.containsKey(own) ? floats(file, entries, own) : new float[0]));
    }
    float[] residuals =
        entries.containsKey(RESIDUALS) ? floats(file, entries, RESIDUALS) : null;
    Schema schema = model.schemaOf(json.classes());
    if (residuals != null && (residuals.length == 0 || residuals.length % schema.outputWidth() != 0)) {
      throw new ModelFormatException(file + " is damaged: residuals don't fit the labels");
    }
    Correction correction =
        Correction.read(
            json.config().method(), entries, schema.inputWidth(), schema.outputWidth(), file.toString());
    TargetModel target =
        new TargetModel(
            json.name(), json.config(), json.classes(), networks, correction, residuals, json.report());
    int[] expected;
    try {
      expected = model.targetSizes(target);
    } catch (DataException e) {
      throw new ModelFormatException(jsonFile + " is damaged: " + e.getMessage(), e);
    }
    Method method = json.config().method();
    if (networks.isEmpty() == method.trainsNetwork()
        || (networks.size() > 1 && !method.severalNetworks())) {
      throw new ModelFormatException(
          file + " has " + networks.size() + " networks, which the target's method does not make");
    }
    boolean fits =
        networks.stream()
            .allMatch(n -> n.values().length == expected[0] && n.own().length == expected[1]);
    if (!entries.isEmpty() || !fits) {
      throw new ModelFormatException(file + " does not fit the mask of its base");
    }
    return target;
  }

  // Of an ensemble: its further networks' values.
  private static String numbered(String name, int network) {
    return network == 0 ? name : name + "." + network;
  }

  private static float[] floats(Path file, Map<String, Entry> entries, String name) {
    Entry entry = entries.remove(name);
    if (entry == null || entry.dtype() != SafeTensors.Dtype.F32 || entry.shape().size() != 1) {
      throw new ModelFormatException(file + " has no row of floats named '" + name + "'");
    }
    float[] values = new float[entry.size()];
    entry.copyTo(values, 0);
    checkFinite(file, name, values);
    return values;
  }

  private static float[] readDense(
      Path directory, String name, Map<String, String> hashes, List<TensorInfo> tensors) {
    Path file = directory.resolve(fileName(name, hashOf(directory, name, hashes)));
    Map<String, Entry> entries = readChecked(directory, name, hashes);
    TensorInfo last = tensors.get(tensors.size() - 1);
    float[] parameters = new float[last.offset() + last.size()];
    for (TensorInfo tensor : tensors) {
      Entry entry = entries.remove(tensor.name());
      if (entry == null
          || entry.dtype() != SafeTensors.Dtype.F32
          || !entry.shape().equals(tensor.shape())) {
        throw new ModelFormatException(
            file + ": '" + tensor.name() + "' is not a float tensor of shape " + tensor.shape());
      }
      entry.copyTo(parameters, tensor.offset());
    }
    if (!entries.isEmpty()) {
      throw new ModelFormatException(
          file + " has a tensor '" + entries.keySet().iterator().next() + "' too many");
    }
    checkFinite(file, "a tensor", parameters);
    return parameters;
  }

  private static void checkFinite(Path file, String what, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new ModelFormatException(file + " is damaged: " + what + " holds " + value);
      }
    }
  }

  // The hash is checked over the very bytes that are then decoded.
  private static Map<String, Entry> readChecked(
      Path directory, String name, Map<String, String> hashes) {
    String hash = hashOf(directory, name, hashes);
    Path file = directory.resolve(fileName(name, hash));
    return decodeChecked(file, SafeTensors.readBytes(file), hash);
  }

  private static Map<String, Entry> decodeChecked(Path file, byte[] bytes, String hash) {
    Map<String, Entry> tensors =
        new LinkedHashMap<>(SafeTensors.decode(bytes, file.toString()).tensors());
    if (!Sha256.hex(bytes).equals(hash)) {
      throw new ModelFormatException(
          file + " is damaged: its SHA-256 is not the one that was written down with it");
    }
    return tensors;
  }

  private static String hashOf(Path directory, String name, Map<String, String> hashes) {
    String hash = hashes.get(name);
    if (hash == null || !hash.matches("[0-9a-f]{64}")) {
      throw new ModelFormatException(
          directory.resolve(name.equals(PRUNED) ? TARGET_JSON : MODEL_JSON)
              + " is damaged: it has no SHA-256 of "
              + name);
    }
    return hash;
  }

  // What a target stands on: the base and the mask that says where its values go.
  private static String baseHash(Map<String, String> hashes) {
    return Sha256.hex((hashes.get(BASE) + hashes.get(MASK)).getBytes(StandardCharsets.US_ASCII));
  }

  static void export(Model model, Schema schema, float[] parameters, Path file) {
    Map<String, String> metadata = new LinkedHashMap<>();
    // The core's description, setting by setting.
    String[] words = model.config().network().describe(schema).split(" ", -1);
    metadata.put("network", words[0]);
    for (int i = 1; i < words.length; i++) {
      String[] setting = words[i].split("=", 2);
      metadata.put(setting[0], setting[1]);
    }
    metadata.put("task", model.config().task().name().toLowerCase(Locale.ROOT));
    metadata.put("inputs", Json.compact(schema.inputs()));
    metadata.put("labels", Json.compact(schema.labels()));
    metadata.put("classes", Json.compact(schema.classes()));
    if (schema.image() != null) {
      metadata.put("standardisation", Json.compact(schema.image()));
    }
    if (schema.trajectories() != null) {
      metadata.put("trajectories", Json.compact(schema.trajectories()));
    }
    Map<String, Entry> tensors = dense(model.tensorsOf(schema), parameters, "layers.");
    for (String name : List.copyOf(tensors.keySet())) {
      // A strict load_state_dict wants it. Nobody uses it where the momentum is fixed.
      if (name.endsWith(".running_var")) {
        tensors.put(name.replace(".running_var", ".num_batches_tracked"), Entry.number(0));
      }
    }
    byte[] bytes = SafeTensors.encode(tensors, metadata);
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }
}
