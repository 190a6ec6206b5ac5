package org.pacnet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pacnet.core.MaskBits;
import org.pacnet.core.NativeLibrary;
import org.pacnet.core.TensorInfo;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.io.AtomicWrite;
import org.pacnet.io.Json;
import org.pacnet.io.SafeTensors;
import org.pacnet.io.SafeTensors.Entry;

/** A model as a directory of JSON and safetensors files; docs/model-format.md describes it. */
final class ModelStore {

  private static final String FORMAT = "pacnet-model";
  private static final String TARGET_FORMAT = "pacnet-target";
  private static final int VERSION = 1;
  private static final String MODEL_JSON = "model.json";
  private static final String TARGET_JSON = "target.json";
  private static final String SOURCE = "source.safetensors";
  private static final String MASK = "mask.safetensors";
  private static final String BASE = "base.safetensors";
  private static final String TARGET_WEIGHTS = "pruned.safetensors";
  private static final String TARGETS = "targets";
  private static final String VALUES = "pruned_values";

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
      Map<String, String> sha256) {}

  record CreatedBy(String pacnet, String libtorch, String blas) {}

  record PruningFile(double ratio, PruningScope scope, List<String> excluded, long kept) {}

  record TensorFile(String name, List<Long> shape) {}

  /** targets/NAME/target.json. */
  record TargetFile(
      String format,
      int formatVersion,
      CreatedBy createdBy,
      String name,
      String baseSha256,
      TransferConfig config,
      @Nullable List<String> classes,
      PhaseReport report,
      Map<String, String> sha256) {}

  static void save(Model model, Path directory, boolean overwrite) {
    checkReplaceable(directory, overwrite);
    AtomicWrite.directory(
        directory,
        temporary -> {
          Map<String, byte[]> files = tensorFiles(model);
          Map<String, String> hashes = new LinkedHashMap<>();
          for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(temporary.resolve(file.getKey()), file.getValue());
            hashes.put(file.getKey(), sha256(file.getValue()));
          }
          Model.Pruning pruning = model.state().pruning();
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
                  model.reports(),
                  model.tensors().stream().map(t -> new TensorFile(t.name(), t.shape())).toList(),
                  hashes);
          Files.write(temporary.resolve(MODEL_JSON), Json.pretty(json));
          for (TargetModel target : model.targetModels()) {
            Path place = temporary.resolve(TARGETS).resolve(target.name());
            Files.createDirectories(place);
            writeTarget(target, baseHash(files), place);
          }
        });
  }

  static void saveTarget(Model model, Path directory, String name, boolean overwrite) {
    Map<String, byte[]> files = tensorFiles(model);
    String hash = baseHash(files);
    if (!hash.equals(baseHash(readModelFile(directory).sha256()))) {
      throw new DataException(directory + " holds another base than the one of this target");
    }
    Path place = directory.resolve(TARGETS).resolve(name);
    if (Files.exists(place) && !overwrite) {
      throw new DataException(
          directory + " already has a target '" + name + "': add --overwrite, or take another name");
    }
    AtomicWrite.directory(place, temporary -> writeTarget(model.target(name), hash, temporary));
  }

  /** Throws unless a model may be written there. */
  static void checkReplaceable(Path directory, boolean overwrite) {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new DataException(directory + " is a file: name a directory for the model");
    }
    boolean isModel = Files.isRegularFile(directory.resolve(MODEL_JSON));
    try (Stream<Path> inside = Files.list(directory)) {
      if (!isModel && inside.findAny().isPresent()) {
        throw new DataException(
            directory + " holds files that are no model: name another directory");
      }
    } catch (IOException e) {
      throw new DataException(directory + " can't be read: " + AtomicWrite.reason(e), e);
    }
    if (isModel && !overwrite) {
      throw new DataException(
          directory + " already holds a model: add --overwrite, or name another directory");
    }
  }

  private static CreatedBy createdBy() {
    NativeLibrary.Info info = NativeLibrary.info();
    // The file that the BLAS came from says where this machine keeps things: not for a model.
    return new CreatedBy(Version.PACNET, info.libtorch(), info.blas().replaceAll(" \\(.*", ""));
  }

  private static Map<String, byte[]> tensorFiles(Model model) {
    Model.State state = model.state();
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(SOURCE, SafeTensors.encode(dense(model.tensors(), state.source(), ""), Map.of()));
    if (state.pruning() != null) {
      Map<String, Entry> bits = new LinkedHashMap<>();
      for (TensorInfo tensor : prunedTensors(model.tensors(), state.pruning())) {
        bits.put(tensor.name(), Entry.bytes(state.pruning().mask().of(tensor)));
      }
      files.put(MASK, SafeTensors.encode(bits, Map.of()));
    }
    if (state.base() != null) {
      files.put(BASE, SafeTensors.encode(dense(model.tensors(), state.base(), ""), Map.of()));
    }
    return files;
  }

  private static List<TensorInfo> prunedTensors(List<TensorInfo> tensors, Model.Pruning pruning) {
    return tensors.stream().filter(t -> pruning.prunes(t)).toList();
  }

  private static Map<String, Entry> dense(
      List<TensorInfo> tensors, float[] parameters, String stripped) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors) {
      entries.put(
          tensor.name().substring(stripped.length()),
          Entry.floats(tensor.shape(), parameters, tensor.offset(), tensor.size()));
    }
    return entries;
  }

  private static void writeTarget(TargetModel target, String baseHash, Path place)
      throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    float[] values = target.values();
    entries.put(
        VALUES, Entry.floats(List.of((long) values.length), values, 0, values.length));
    float[] head = target.head();
    if (head != null) {
      entries.put("head", Entry.floats(List.of((long) head.length), head, 0, head.length));
    }
    byte[] bytes = SafeTensors.encode(entries, Map.of());
    Files.write(place.resolve(TARGET_WEIGHTS), bytes);
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
            Map.of(TARGET_WEIGHTS, sha256(bytes)));
    Files.write(place.resolve(TARGET_JSON), Json.pretty(json));
  }

  static Model load(Path directory) {
    ModelFile json = readModelFile(directory);
    Model model =
        Model.restore(
            json.schema(), json.config(), json.phases(), tensors -> state(directory, json, tensors));
    try {
      Path targets = directory.resolve(TARGETS);
      if (Files.isDirectory(targets)) {
        try (Stream<Path> inside = Files.list(targets)) {
          // A dot in front marks one that was still being written.
          for (Path place :
              inside.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList()) {
            model.addTarget(readTarget(model, place, baseHash(json.sha256())));
          }
        } catch (IOException e) {
          throw new ModelFormatException(targets + " can't be read: " + AtomicWrite.reason(e), e);
        }
      }
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static ModelFile readModelFile(Path directory) {
    Path file = directory.resolve(MODEL_JSON);
    if (!Files.isRegularFile(file)) {
      throw new DataException(directory + " holds no model: there is no " + file);
    }
    return readJson(file, FORMAT, ModelFile.class);
  }

  private static <T> T readJson(Path file, String format, Class<T> type) {
    try {
      JsonNode tree = Json.MAPPER.readTree(Files.readAllBytes(file));
      if (!tree.path("format").asText().equals(format)) {
        throw new ModelFormatException(file + " is not of the format " + format);
      }
      if (tree.path("formatVersion").asInt() != VERSION) {
        throw new ModelFormatException(
            file
                + " has format version "
                + tree.path("formatVersion").asText()
                + ", this pacnet reads "
                + VERSION);
      }
      return Json.MAPPER.treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file + " is damaged: " + Json.reason(e), e);
    } catch (IOException e) {
      throw new ModelFormatException(file + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  private static Model.State state(Path directory, ModelFile json, List<TensorInfo> tensors) {
    List<TensorFile> expected =
        tensors.stream().map(t -> new TensorFile(t.name(), t.shape())).toList();
    if (!json.tensors().equals(expected)) {
      throw new ModelFormatException(
          directory.resolve(MODEL_JSON) + " lists tensors that its network does not have");
    }
    float[] source = readDense(directory, SOURCE, json.sha256(), tensors);
    if (json.pruning() == null) {
      return new Model.State(source, null, null);
    }
    Model.Pruning pruning = readPruning(directory, json, tensors);
    if (!json.sha256().containsKey(BASE)) {
      return new Model.State(source, pruning, null);
    }
    float[] base = readDense(directory, BASE, json.sha256(), tensors);
    for (float value : pruning.mask().gather(base)) {
      if (Float.floatToRawIntBits(value) != 0) {
        throw new ModelFormatException(
            directory.resolve(BASE) + " is damaged: a pruned position holds " + value);
      }
    }
    return new Model.State(source, pruning, base);
  }

  private static Model.Pruning readPruning(
      Path directory, ModelFile json, List<TensorInfo> tensors) {
    PruningFile how = json.pruning();
    Path file = directory.resolve(MASK);
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
      for (byte b : packed) {
        kept += Integer.bitCount(b & 0xff);
      }
    }
    if (!entries.isEmpty()) {
      throw new ModelFormatException(
          file + " has a mask for '" + entries.keySet().iterator().next() + "', which is no weight");
    }
    if (kept != how.kept()) {
      throw new ModelFormatException(
          file + " is damaged: it keeps " + kept + " weights, " + MODEL_JSON + " says " + how.kept());
    }
    return new Model.Pruning(
        how.ratio(), how.scope(), how.excluded(), new MaskBits(tensors, bits));
  }

  private static TargetModel readTarget(Model model, Path place, String baseHash) {
    Path jsonFile = place.resolve(TARGET_JSON);
    TargetFile json = readJson(jsonFile, TARGET_FORMAT, TargetFile.class);
    if (!json.baseSha256().equals(baseHash)) {
      throw new ModelFormatException(
          place + " belongs to another base than " + place.getParent().resolveSibling(BASE));
    }
    if (!json.name().equals(place.getFileName().toString())) {
      throw new ModelFormatException(jsonFile + " is of a target named '" + json.name() + "'");
    }
    Map<String, Entry> entries = readChecked(place, TARGET_WEIGHTS, json.sha256());
    float[] values = floats(place, entries, VALUES);
    float[] head = json.classes() == null ? null : floats(place, entries, "head");
    TargetModel target =
        new TargetModel(json.name(), json.config(), json.classes(), values, head, json.report());
    int[] expected = model.targetSizes(target);
    if (!entries.isEmpty()
        || values.length != expected[0]
        || (head != null && head.length != expected[1])) {
      throw new ModelFormatException(
          place.resolve(TARGET_WEIGHTS) + " does not fit the mask of its base");
    }
    return target;
  }

  private static float[] floats(Path place, Map<String, Entry> entries, String name) {
    Entry entry = entries.remove(name);
    if (entry == null || entry.dtype() != SafeTensors.Dtype.F32 || entry.shape().size() != 1) {
      throw new ModelFormatException(
          place.resolve(TARGET_WEIGHTS) + " has no row of floats named '" + name + "'");
    }
    float[] values = new float[entry.size()];
    entry.copyTo(values, 0);
    checkFinite(place.resolve(TARGET_WEIGHTS), name, values);
    return values;
  }

  private static float[] readDense(
      Path directory, String name, Map<String, String> hashes, List<TensorInfo> tensors) {
    Path file = directory.resolve(name);
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
    Path file = directory.resolve(name);
    byte[] bytes = SafeTensors.readBytes(file);
    Map<String, Entry> tensors =
        new LinkedHashMap<>(SafeTensors.decode(bytes, file.toString()).tensors());
    if (!sha256(bytes).equals(hashes.get(name))) {
      throw new ModelFormatException(
          file + " is damaged: its SHA-256 is not the one that was written down with it");
    }
    return tensors;
  }

  // What a target stands on: the base and the mask that says where its values go.
  private static String baseHash(Map<String, ?> files) {
    StringBuilder parts = new StringBuilder();
    for (String name : List.of(BASE, MASK)) {
      Object content = files.get(name);
      parts.append(content instanceof byte[] bytes ? sha256(bytes) : content);
    }
    return sha256(parts.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  static void export(Model model, Schema schema, float[] parameters, Path file) {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(schema.inputWidth());
    sizes.addAll(model.config().hidden());
    sizes.add(schema.outputWidth());
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("sizes", String.join(",", sizes.stream().map(String::valueOf).toList()));
    metadata.put("activation", model.config().activation().name().toLowerCase(Locale.ROOT));
    metadata.put("dropout", String.valueOf(model.config().dropout()));
    metadata.put("task", model.config().task().name().toLowerCase(Locale.ROOT));
    metadata.put("inputs", Json.compact(schema.inputs()));
    metadata.put("labels", Json.compact(schema.labels()));
    metadata.put("classes", Json.compact(schema.classes()));
    byte[] bytes =
        SafeTensors.encode(
            dense(model.tensorsOf(schema), parameters, "layers."), metadata);
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }
}
