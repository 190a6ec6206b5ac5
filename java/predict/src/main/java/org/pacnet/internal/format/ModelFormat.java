package org.pacnet.internal.format;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.PruningScope;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.GenerationDirectory;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.RegularFiles;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.base.Sha256;

/**
 * The files of a model, one by one, each checked before a byte of it is used; docs/model-format.md describes
 * them. Who may change them when is known elsewhere.
 */
public final class ModelFormat {

  /** What model.json says that it is. */
  public static final String FORMAT = "pacnet-model";

  /** What target.json says that it is. */
  public static final String TARGET_FORMAT = "pacnet-target";

  /** The file that says which others make up a model. */
  public static final String MODEL_JSON = "model.json";

  /** The file that says which other makes up a target. */
  public static final String TARGET_JSON = "target.json";

  /** The weights after Train. */
  public static final String SOURCE = "source";

  /** What Prune kept. */
  public static final String MASK = "mask";

  /** The weights after Allocate. */
  public static final String BASE = "base";

  /** A linear model of the source's rows. */
  public static final String LINEAR = "linear";

  /** Some of the source's rows. */
  public static final String ROWS = "rows";

  /** The code of a module of the user's own. */
  public static final String MODULE = "module";

  /** A target's tensors. */
  public static final String PRUNED = "pruned";

  /** Of a target: tensors that are not of the base. */
  public static final String OWN = "own_values";

  /** Of a target: what it learnt at the pruned positions. */
  public static final String VALUES = "pruned_values";

  /** Of a target: how far it is off on rows that it has not seen. */
  public static final String RESIDUALS = "residuals";

  /** Of a target: which of those rows belong together. */
  public static final String RESIDUAL_GROUPS = "residual_groups";

  /** What a checksum is counted over stands in its own place. */
  public static final String NO_CHECKSUM = "0".repeat(64);

  private ModelFormat() {}

  /** model.json. */
  public record ModelFile(
      String format,
      int formatVersion,
      CreatedBy createdBy,
      @JsonIgnoreProperties(value = "compute", allowSetters = true) TransferConfig config,
      Schema schema,
      @Nullable PruningFile pruning,
      List<JsonNode> phases,
      List<TensorFile> tensors,
      Map<String, String> sha256,
      String checksum) {}

  public record CreatedBy(String pacnet, String libtorch, String blas) {}

  public record PruningFile(double ratio, PruningScope scope, List<String> excluded, long kept) {}

  public record TensorFile(String name, List<Long> shape) {}

  /** target.json. */
  public record TargetFile(
      String format,
      int formatVersion,
      CreatedBy createdBy,
      String name,
      String baseSha256,
      @JsonIgnoreProperties(value = "compute", allowSetters = true) TransferConfig config,
      @Nullable List<String> classes,
      List<Schema.Input> inputs,
      JsonNode report,
      Map<String, String> sha256,
      String checksum) {}

  /** Named by their content: a new one never takes the place of one that is in use. */
  public static String fileName(String file, String sha256) {
    return file + "-" + sha256.substring(0, 16) + (file.equals(MODULE) ? ".pt" : ".safetensors");
  }

  /** Where the targets of a base are. Those of another one are in another folder, and gone with it. */
  public static Path targetsOf(Path directory, String baseHash) {
    return directory.resolve("targets-" + baseHash.substring(0, 16));
  }

  /** Whether a file has a name of the format's. */
  public static boolean isContentFile(String name) {
    return name.matches("(source|linear|rows|mask|base|pruned)-[0-9a-f]{16}\\.safetensors|module-[0-9a-f]{16}\\.pt");
  }

  /** The same of a folder of targets. */
  public static boolean isTargets(String name) {
    return name.matches("targets-[0-9a-f]{16}");
  }

  /** With a checksum over all of it: these files say which others are in use, and not a bit of them may be wrong. */
  public static byte[] sealed(byte[] json) {
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

  /** Reads a file of JSON of that format, of any version that is known. */
  public static <T> T readJson(Path file, String format, Class<T> type) {
    try {
      return parseJson(file, RegularFiles.read(file), format, type);
    } catch (IOException e) {
      throw new ModelFormatException(file + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }

  /**
   * The same of bytes.
   *
   * @param file what messages call it
   */
  public static <T> T parseJson(Path file, byte[] bytes, String format, Class<T> type) {
    try {
      JsonNode tree = Json.MAPPER.readTree(bytes);
      if (!tree.path("format").asText().equals(format)) {
        throw new ModelFormatException(file + " is not of the format " + format);
      }
      int version = tree.path("formatVersion").asInt();
      if (version < ModelUpgrade.OLDEST_VERSION || version > ModelUpgrade.VERSION) {
        throw new ModelFormatException(
            file
                + " has format version "
                + tree.path("formatVersion").asText()
                + ", this pacnet reads "
                + ModelUpgrade.OLDEST_VERSION
                + " to "
                + ModelUpgrade.VERSION);
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

  /** model.json. */
  public static ModelFile readModelFile(Path directory) {
    Path file = directory.resolve(MODEL_JSON);
    ModelFile json = readJson(file, FORMAT, ModelFile.class);
    if (!List.of(SOURCE, LINEAR, ROWS, MASK, BASE, MODULE).containsAll(json.sha256().keySet())) {
      throw new ModelFormatException(file + " is damaged: it has a SHA-256 of what is no part of a model");
    }
    json.sha256().keySet().forEach(name -> hashOf(directory, name, json.sha256()));
    return json;
  }

  /** A model's file of tensors; the hash is checked over the very bytes that are then decoded. */
  public static Map<String, Entry> readChecked(
      Path directory, String name, Map<String, String> hashes) {
    String hash = hashOf(directory, name, hashes);
    Path file = directory.resolve(fileName(name, hash));
    return decodeChecked(file, SafeTensors.readBytes(file), hash);
  }

  /** The code of a model's module. */
  public static byte[] readModule(Path directory, Map<String, String> hashes) {
    String hash = hashOf(directory, MODULE, hashes);
    Path file = directory.resolve(fileName(MODULE, hash));
    byte[] bytes = SafeTensors.readBytes(file);
    checkHash(file, bytes, hash);
    return bytes;
  }

  private static void checkHash(Path file, byte[] bytes, String hash) {
    if (!Sha256.hex(bytes).equals(hash)) {
      throw new ModelFormatException(file + " is damaged: its SHA-256 is not the one that was written down with it");
    }
  }

  /** Tensors, by bytes that must have that hash. */
  public static Map<String, Entry> decodeChecked(Path file, byte[] bytes, String hash) {
    Map<String, Entry> tensors =
        new LinkedHashMap<>(SafeTensors.decode(bytes, file.toString()).tensors());
    checkHash(file, bytes, hash);
    return tensors;
  }

  /** The SHA-256 that was written down of a file. */
  public static String hashOf(Path directory, String name, Map<String, String> hashes) {
    String hash = hashes.get(name);
    if (hash == null || !hash.matches("[0-9a-f]{64}")) {
      throw new ModelFormatException(
          directory.resolve(name.equals(PRUNED) ? TARGET_JSON : MODEL_JSON)
              + " is damaged: it has no SHA-256 of "
              + name);
    }
    return hash;
  }

  /** What a target stands on: the base and the mask that says where its values go. */
  public static String baseHash(Map<String, String> hashes) {
    return Sha256.hex((hashes.get(BASE) + hashes.get(MASK)).getBytes(StandardCharsets.US_ASCII));
  }

  /** Refuses a model that claims more parameters than its file can hold: before anything of the claimed size is made. */
  public static void checkSize(Path directory, ModelFile json, long parameters) {
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

  /** All tensors of a network, one behind the other. */
  public static float[] readDense(
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

  /** Takes a row of numbers out of a file's tensors. */
  public static float[] floats(Path file, Map<String, Entry> entries, String name) {
    Entry entry = entries.remove(name);
    if (entry == null || entry.dtype() != SafeTensors.Dtype.F32 || entry.shape().size() != 1) {
      throw new ModelFormatException(file + " has no row of floats named '" + name + "'");
    }
    float[] values = new float[entry.size()];
    entry.copyTo(values, 0);
    checkFinite(file, name, values);
    return values;
  }

  /** Of an ensemble: its further networks' values. */
  public static String numbered(String name, int network) {
    return network == 0 ? name : name + "." + network;
  }

  /** What Prune kept. */
  public static MaskBits readMask(Path directory, ModelFile json, List<TensorInfo> tensors) {
    PruningFile how = Objects.requireNonNull(json.pruning());
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
    return new MaskBits(tensors, bits);
  }

  /** The base's weights, of which the pruned ones are +0.0. */
  public static float[] readBase(
      Path directory, ModelFile json, List<TensorInfo> tensors, MaskBits mask) {
    float[] base = readDense(directory, BASE, json.sha256(), tensors);
    for (float value : mask.gather(base)) {
      if (Float.floatToRawIntBits(value) != 0) {
        throw new ModelFormatException(
            directory.resolve(fileName(BASE, hashOf(directory, BASE, json.sha256())))
                + " is damaged: a pruned position holds " + value);
      }
    }
    return base;
  }

  /**
   * Reading takes no lock. A writer that came between shows in the one file that says what there is: then what
   * was missed was not damage, and the reading begins anew.
   *
   * @param read that file
   * @param use what it says is there
   */
  public static <J, T> T whileUnchanged(Supplier<J> read, Function<J, T> use) {
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

  /** The folders of a base's targets, by their names. */
  public static Map<String, Path> targets(Path directory, String baseHash) {
    Path targets = targetsOf(directory, baseHash);
    Map<String, Path> places = new TreeMap<>();
    if (!Files.isDirectory(targets)) {
      return places;
    }
    try {
      for (Path place : GenerationDirectory.list(targets)) {
        Path json = place.resolve(TARGET_JSON);
        if (Files.exists(json)) { // otherwise never finished, or not ours
          String folder = place.getFileName().toString();
          String name = FolderNames.nameOf(folder);
          if (name == null) {
            name = readJson(json, TARGET_FORMAT, TargetFile.class).name();
          }
          places.put(name, place);
        }
      }
      return places;
    } catch (IOException e) {
      throw new ModelFormatException(targets + " can't be read: " + AtomicWrite.reason(e), e);
    }
  }
}
