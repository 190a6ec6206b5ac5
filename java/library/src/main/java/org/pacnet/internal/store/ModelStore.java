package org.pacnet.internal.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Compute;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.TorchScript;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.error.OutputException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.DirectoryLock;
import org.pacnet.internal.base.GenerationDirectory;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.Messages;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.base.Sha256;
import org.pacnet.internal.base.Version;
import org.pacnet.internal.correction.LinearCorrection;
import org.pacnet.internal.correction.SourceSample;
import org.pacnet.internal.engine.NativeLibrary;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.format.FolderNames;
import org.pacnet.internal.format.ModelFormat;
import org.pacnet.internal.format.ModelFormat.CreatedBy;
import org.pacnet.internal.format.ModelFormat.ModelFile;
import org.pacnet.internal.format.ModelFormat.PruningFile;
import org.pacnet.internal.format.ModelFormat.TargetFile;
import org.pacnet.internal.format.ModelFormat.TensorFile;
import org.pacnet.internal.format.ModelUpgrade;
import org.pacnet.internal.format.TargetNames;
import org.pacnet.internal.format.TargetParts;
import org.pacnet.internal.format.TensorInfo;
import org.pacnet.internal.learn.ModelState;
import org.pacnet.internal.learn.Phases;
import org.pacnet.internal.learn.TargetModel;
import org.pacnet.internal.learn.TargetSlot;
import org.pacnet.result.PhaseReport;

/**
 * A model as a directory of JSON and safetensors files; docs/model-format.md describes it.
 *
 * <p>Which files make up the model is said by model.json alone. All others are written under names
 * that nothing refers to yet; renaming the new model.json over the old one is the one step that
 * changes the model. What then is in no use any more goes.
 */
public final class ModelStore {

  private static final System.Logger LOG = System.getLogger("org.pacnet");


  private ModelStore() {}

  // The lock is the caller's.
  public static void save(Phases model, ModelState state, Path directory) {
    try {
      Map<String, byte[]> files = tensorFiles(model.tensorsOf(model.schema()), state);
      if (model.config().network() instanceof TorchScript own) {
        byte[] code = NetworkDescription.code(own.module());
        files.put(ModelFormat.MODULE, code);
        TrustedModules.add(Sha256.hex(code));
      }
      Map<String, String> hashes = new LinkedHashMap<>();
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        String hash = Sha256.hex(file.getValue());
        hashes.put(file.getKey(), hash);
        GenerationDirectory.write(directory.resolve(ModelFormat.fileName(file.getKey(), hash)), file.getValue());
      }
      if (state.base() != null) {
        String base = ModelFormat.baseHash(hashes);
        for (TargetModel target : soundTargets(state)) {
          writeTarget(target, base, FolderNames.resolve(ModelFormat.targetsOf(directory, base), target.name()));
        }
      }
      ModelState.Pruning pruning = state.pruning();
      ModelFile json =
          new ModelFile(
              ModelFormat.FORMAT,
              ModelUpgrade.VERSION,
              createdBy(),
              model.config(),
              model.schema(),
              pruning == null
                  ? null
                  : new PruningFile(
                      pruning.ratio(),
                      pruning.scope(),
                      pruning.excluded(),
                      prunedTensors(model.tensorsOf(model.schema()), pruning).stream()
                          .mapToLong(pruning.mask()::kept)
                          .sum()),
              state.reports().values().stream().<JsonNode>map(Json.MAPPER::valueToTree).toList(),
              model.tensorsOf(model.schema()).stream().map(t -> new TensorFile(t.name(), t.shape())).toList(),
              hashes,
              ModelFormat.NO_CHECKSUM);
      GenerationDirectory.commit(directory.resolve(ModelFormat.MODEL_JSON), ModelFormat.sealed(Json.pretty(json)));
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

  /** Where a model's targets go, one by one. The directory's lock is the caller's. */
  public static TargetFolder targetFolder(Phases model, ModelState state, Path directory) {
    String base = baseHash(model, state);
    if (!base.equals(ModelFormat.baseHash(ModelFormat.readModelFile(directory).sha256()))) {
      throw new DataException(directory + " holds another base than the one of these targets");
    }
    return new TargetFolder(model, state, directory, base);
  }

  private static String baseHash(Phases model, ModelState state) {
    Map<String, String> hashes = new LinkedHashMap<>();
    tensorFiles(model.tensorsOf(model.schema()), state)
        .forEach((file, bytes) -> hashes.put(file, Sha256.hex(bytes)));
    return ModelFormat.baseHash(hashes);
  }

  /** Targets as what their files hold, {@code target.json}'s length in front as four bytes, the highest first. */
  public static Map<String, byte[]> pack(Phases model, ModelState state, Collection<String> names) {
    String base = baseHash(model, state);
    Map<String, byte[]> packs = new TreeMap<>();
    for (String name : names) {
      TargetBytes bytes = encode(state.target(name), base);
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
  public static Map<String, TargetSlot> unpack(Phases model, ModelState state, Collection<byte[]> packs) {
    String base = baseHash(model, state);
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
      TargetFile json = ModelFormat.parseJson(name, text, ModelFormat.TARGET_FORMAT, TargetFile.class);
      TargetNames.check(json.name());
      TargetModel target =
          target(
              model,
              name,
              json,
              TargetParts.of(
                  model.schema(), state.requirePruned().mask(), model::tensorsOf, name, json, name, tensors, base));
      slots.put(target.name(), TargetSlot.of(target));
    }
    return slots;
  }

  /** The targets of one base. */
  public static final class TargetFolder {
    private final Phases model;
    private final ModelState state;
    private final Path directory;
    private final String base;

    private TargetFolder(Phases model, ModelState state, Path directory, String base) {
      this.model = model;
      this.state = state;
      this.directory = directory;
      this.base = base;
    }

    /** Writes a target, whole or not at all; of different ones from any thread. Returns where to read it again. */
    public TargetSlot write(TargetModel target) {
      Path place = FolderNames.resolve(ModelFormat.targetsOf(directory, base), target.name());
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
      return slot(model, state, place, base);
    }
  }

  private static TargetSlot slot(Phases model, ModelState state, Path place, String base) {
    return TargetSlot.reading(
        () ->
            ModelFormat.whileUnchanged(
                () -> ModelFormat.readJson(place.resolve(ModelFormat.TARGET_JSON), ModelFormat.TARGET_FORMAT, TargetFile.class),
                target -> readTarget(model, state, place, target, base)));
  }

  /** Throws unless a model may be written there. */
  public static void checkReplaceable(Path directory, boolean overwrite) {
    GenerationDirectory.check(directory);
    if (!Files.exists(directory)) {
      return;
    }
    Path json = directory.resolve(ModelFormat.MODEL_JSON);
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
      return Files.isRegularFile(json) && Files.readString(json).contains('"' + ModelFormat.FORMAT + '"');
    } catch (IOException e) {
      return false;
    }
  }

  public static void checkModel(Path directory) {
    if (!Files.isRegularFile(directory.resolve(ModelFormat.MODEL_JSON))) {
      throw new DataException(
          directory + " holds no model: there is no " + directory.resolve(ModelFormat.MODEL_JSON));
    }
  }

  /** Throws unless that target may be written into the model that is there. */
  public static void checkTargetReplaceable(Path directory, String name, boolean overwrite) {
    ModelFile json = ModelFormat.readModelFile(directory);
    if (!json.sha256().containsKey(ModelFormat.BASE)) {
      throw new DataException("the model has no base yet: run prune, then allocate first");
    }
    Path place = FolderNames.resolve(ModelFormat.targetsOf(directory, ModelFormat.baseHash(json.sha256())), name);
    if (Files.exists(place.resolve(ModelFormat.TARGET_JSON)) && !overwrite) {
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
  public static List<Path> foreign(Path directory) {
    try {
      List<Path> found = new ArrayList<>();
      for (Path path : GenerationDirectory.list(directory)) {
        String name = path.getFileName().toString();
        if (ModelFormat.isTargets(name) && Files.isDirectory(path)) {
          for (Path target : GenerationDirectory.list(path)) {
            found.addAll(Files.isDirectory(target) ? foreignInTarget(target) : List.of(target));
          }
        } else if (!name.equals(ModelFormat.MODEL_JSON) && !ModelFormat.isContentFile(name)) {
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
              return !name.equals(ModelFormat.TARGET_JSON) && !ModelFormat.isContentFile(name);
            })
        .toList();
  }

  // Removes what an earlier generation, or a process that died, left: only files that the format names.
  private static void clean(
      Path directory, Map<String, String> hashes, @Nullable Collection<String> targets)
      throws IOException {
    GenerationDirectory.deleteTemporary(directory);
    List<String> used = new ArrayList<>();
    hashes.forEach((file, hash) -> used.add(ModelFormat.fileName(file, hash)));
    Path current = ModelFormat.targetsOf(directory, ModelFormat.baseHash(hashes));
    Set<String> folders = new HashSet<>();
    if (targets != null) {
      targets.forEach(target -> folders.addAll(List.of(target, FolderNames.of(target))));
    }
    for (Path path : GenerationDirectory.list(directory)) {
      String name = path.getFileName().toString();
      if (ModelFormat.isContentFile(name) && !used.contains(name)) {
        Files.deleteIfExists(path);
      } else if (ModelFormat.isTargets(name) && Files.isDirectory(path)) {
        for (Path target : GenerationDirectory.list(path)) {
          String targetName = target.getFileName().toString();
          if (!Files.isDirectory(target)) {
            continue;
          }
          if (!path.equals(current) || (targets != null && !folders.contains(targetName))) {
            Files.deleteIfExists(target.resolve(ModelFormat.TARGET_JSON));
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
    Path json = place.resolve(ModelFormat.TARGET_JSON);
    if (Files.exists(json)) {
      try {
        TargetFile target = ModelFormat.readJson(json, ModelFormat.TARGET_FORMAT, TargetFile.class);
        used = ModelFormat.fileName(ModelFormat.PRUNED, ModelFormat.hashOf(place, ModelFormat.PRUNED, target.sha256()));
      } catch (ModelFormatException e) {
        return; // whose files these are can't be told
      }
    }
    for (Path file : GenerationDirectory.list(place)) {
      String name = file.getFileName().toString();
      if (ModelFormat.isContentFile(name) && !name.equals(used)) {
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
    json.sha256().forEach((file, hash) -> used.add(ModelFormat.fileName(file, hash)));
    if (json.sha256().containsKey(ModelFormat.BASE)) {
      used.add(ModelFormat.targetsOf(directory, ModelFormat.baseHash(json.sha256())).getFileName().toString());
    }
    for (Path path : GenerationDirectory.list(directory)) {
      String name = path.getFileName().toString();
      if ((ModelFormat.isContentFile(name) || ModelFormat.isTargets(name)) && !used.contains(name)) {
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
        if (lock != null && ModelFormat.readModelFile(directory).equals(json)) {
          clean(directory, json.sha256(), null);
        }
      }
    } catch (IOException | PacNetException e) {
      // It costs space and nothing else; the next command tries again.
      LOG.log(Level.DEBUG, "what a dead writer left in " + directory + " can't be removed", e);
    }
  }

  private static CreatedBy createdBy() {
    NativeLibrary.Info info = NativeLibrary.info();
    // The file that the BLAS came from says where this machine keeps things: not for a model.
    return new CreatedBy(Version.PACNET, info.libtorch(), info.blas().replaceAll(" \\(.*", ""));
  }

  private static Map<String, byte[]> tensorFiles(List<TensorInfo> tensors, ModelState state) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(ModelFormat.SOURCE, SafeTensors.encode(dense(tensors, state.source(), ""), Map.of()));
    if (state.linear() != null) {
      files.put(ModelFormat.LINEAR, SafeTensors.encode(state.linear().entries(), Map.of()));
    }
    if (state.sample() != null) {
      files.put(ModelFormat.ROWS, SafeTensors.encode(state.sample().entries(), Map.of()));
    }
    if (state.pruning() != null) {
      Map<String, Entry> bits = new LinkedHashMap<>();
      for (TensorInfo tensor : prunedTensors(tensors, state.pruning())) {
        bits.put(tensor.name(), Entry.bytes(state.pruning().mask().of(tensor)));
      }
      files.put(ModelFormat.MASK, SafeTensors.encode(bits, Map.of()));
    }
    if (state.base() != null) {
      files.put(ModelFormat.BASE, SafeTensors.encode(dense(tensors, state.base(), ""), Map.of()));
    }
    return files;
  }

  private static List<TensorInfo> prunedTensors(List<TensorInfo> tensors, ModelState.Pruning pruning) {
    return tensors.stream().filter(t -> pruning.prunes(t)).toList();
  }

  static Map<String, Entry> dense(
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
    GenerationDirectory.write(place.resolve(ModelFormat.fileName(ModelFormat.PRUNED, bytes.tensorsHash())), bytes.tensors());
    GenerationDirectory.commit(place.resolve(ModelFormat.TARGET_JSON), bytes.json());
  }

  private static TargetBytes encode(TargetModel target, String baseHash) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (int i = 0; i < target.networks().size(); i++) {
      float[] values = target.networks().get(i).values();
      entries.put(
          ModelFormat.numbered(ModelFormat.VALUES, i), Entry.row(values));
      float[] own = target.networks().get(i).own();
      if (own.length > 0) {
        entries.put(ModelFormat.numbered(ModelFormat.OWN, i), Entry.row(own));
      }
    }
    float[] residuals = target.residuals();
    if (residuals != null) {
      entries.put(ModelFormat.RESIDUALS, Entry.row(residuals));
    }
    int[] groups = target.residualGroups();
    if (groups != null) {
      float[] numbers = new float[groups.length];
      for (int row = 0; row < groups.length; row++) {
        numbers[row] = groups[row];
      }
      entries.put(ModelFormat.RESIDUAL_GROUPS, Entry.row(numbers));
    }
    if (target.correction() != null) {
      entries.putAll(target.correction().entries());
    }
    byte[] bytes = SafeTensors.encode(entries, Map.of());
    String hash = Sha256.hex(bytes);
    TargetFile json =
        new TargetFile(
            ModelFormat.TARGET_FORMAT,
            ModelUpgrade.VERSION,
            createdBy(),
            target.name(),
            baseHash,
            target.config(),
            target.classes(),
            target.inputs(),
            Json.MAPPER.valueToTree(target.report()),
            Map.of(ModelFormat.PRUNED, hash),
            ModelFormat.NO_CHECKSUM);
    return new TargetBytes(ModelFormat.sealed(Json.pretty(json)), bytes, hash);
  }

  // --- Reading --------------------------------------------------------------------------------------

  /**
   * A model as it was read.
   *
   * @param phases that work on it
   * @param state what it knows
   */
  public record Loaded(Phases phases, ModelState state) {}

  /** Reads a model, checking every file before a byte of it is used; it goes on with what computes here. */
  public static Loaded load(Path directory, Compute compute) {
    checkModel(directory);
    return ModelFormat.whileUnchanged(
        () -> ModelFormat.readModelFile(directory),
        json -> {
          Loaded model = read(directory, json, compute);
          cleanIfLeft(directory, json);
          return model;
        });
  }

  private static Loaded read(Path directory, ModelFile json, Compute compute) {
    Path file = directory.resolve(ModelFormat.MODEL_JSON);
    checkFits(file, json.schema(), json.config());
    NetworkSpec network = network(directory, json);
    Schema schema = json.schema();
    ModelFormat.checkSize(directory, json, NetworkDescription.parameterCount(network, schema, schema.outputWidth()));
    Phases phases = new Phases(schema, json.config().toBuilder().network(network).compute(compute).build());
    ModelState state = state(directory, json, phases.tensorsOf(json.schema()));
    for (JsonNode phase : json.phases()) {
      state = state.withPhase(report(file, phase));
    }
    return new Loaded(
        phases,
        json.sha256().containsKey(ModelFormat.BASE)
            ? state.withTargets(slots(phases, state, directory, ModelFormat.baseHash(json.sha256())))
            : state);
  }

  // A module's code is looked at by what computes only if somebody has said that it may be.
  private static NetworkSpec network(Path directory, ModelFile json) {
    if (!(json.config().network() instanceof TorchScript named)) {
      return json.config().network();
    }
    byte[] code = ModelFormat.readModule(directory, json.sha256());
    if (!TrustedModules.contains(Sha256.hex(code))) {
      throw new DataException(
          directory
              + " holds a module of somebody's own, "
              + Messages.value(named.module().name())
              + ", which is code, and it did not come from you: if you know who made it, say that it may run",
          "trustModule");
    }
    return new TorchScript(named.module().with(code), named.head());
  }

  /** Says that the module of the model that is there may run, now and whenever this user reads a model with it. */
  public static void trustModule(Path directory) {
    checkModel(directory);
    ModelFile json = ModelFormat.readModelFile(directory);
    if (json.config().network() instanceof TorchScript) {
      TrustedModules.add(Sha256.hex(ModelFormat.readModule(directory, json.sha256())));
    }
  }

  private static void checkFits(Path file, Schema schema, TransferConfig config) {
    try {
      Phases.checkFits(schema, config);
    } catch (DataException e) {
      throw new ModelFormatException(file + " contradicts itself: " + e.getMessage(), e);
    }
  }

  private static Map<String, TargetSlot> slots(
      Phases model, ModelState state, Path directory, String baseHash) {
    Map<String, TargetSlot> slots = new TreeMap<>();
    ModelFormat.targets(directory, baseHash)
        .forEach((name, place) -> slots.put(name, slot(model, state, place, baseHash)));
    return slots;
  }

  private static ModelState state(Path directory, ModelFile json, List<TensorInfo> tensors) {
    List<TensorFile> expected =
        tensors.stream().map(t -> new TensorFile(t.name(), t.shape())).toList();
    if (!json.tensors().equals(expected)) {
      throw new ModelFormatException(
          directory.resolve(ModelFormat.MODEL_JSON) + " lists tensors that its network does not have");
    }
    float[] source = ModelFormat.readDense(directory, ModelFormat.SOURCE, json.sha256(), tensors);
    ModelState trained = ModelState.trained(source, linear(directory, json), sample(directory, json));
    if (json.pruning() == null) {
      return trained;
    }
    PruningFile how = json.pruning();
    ModelState.Pruning pruning =
        new ModelState.Pruning(
            how.ratio(), how.scope(), how.excluded(), ModelFormat.readMask(directory, json, tensors));
    ModelState pruned = trained.withPruning(pruning);
    return json.sha256().containsKey(ModelFormat.BASE)
        ? pruned.withBase(ModelFormat.readBase(directory, json, tensors, pruning.mask()))
        : pruned;
  }

  private static @Nullable LinearCorrection linear(Path directory, ModelFile json) {
    String hash = json.sha256().get(ModelFormat.LINEAR);
    return hash == null
        ? null
        : LinearCorrection.of(
            ModelFormat.readChecked(directory, ModelFormat.LINEAR, json.sha256()),
            json.schema().inputWidth(),
            json.schema().outputWidth(),
            directory.resolve(ModelFormat.fileName(ModelFormat.LINEAR, hash)).toString());
  }

  private static @Nullable SourceSample sample(Path directory, ModelFile json) {
    String hash = json.sha256().get(ModelFormat.ROWS);
    return hash == null
        ? null
        : SourceSample.of(
            ModelFormat.readChecked(directory, ModelFormat.ROWS, json.sha256()),
            json.schema().inputWidth(),
            json.schema().outputWidth(),
            directory.resolve(ModelFormat.fileName(ModelFormat.ROWS, hash)).toString());
  }

  private static TargetModel readTarget(
      Phases model, ModelState state, Path place, TargetFile json, String baseHash) {
    return target(
        model,
        place.resolve(ModelFormat.TARGET_JSON),
        json,
        TargetParts.read(model.schema(), state.requirePruned().mask(), model::tensorsOf, place, json, baseHash));
  }

  // jsonFile: what messages call what was read.
  private static TargetModel target(Phases model, Path jsonFile, TargetFile json, TargetParts parts) {
    checkFits(jsonFile, model.schema(), json.config());
    TransferConfig config = json.config();
    return new TargetModel(
        json.name(),
        config.network() instanceof TorchScript ? config.toBuilder().network(model.config().network()).build() : config,
        json.classes(),
        json.inputs(),
        parts.networks(),
        parts.correction(),
        parts.residuals(),
        parts.residualGroups(),
        report(jsonFile, json.report()));
  }

  private static PhaseReport report(Path file, JsonNode tree) {
    try {
      return Json.read(tree, PhaseReport.class);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file + " is damaged: " + Json.reason(e), e);
    }
  }
}
