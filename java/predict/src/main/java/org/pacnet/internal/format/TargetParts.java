package org.pacnet.internal.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.correction.Correction;
import org.pacnet.internal.correction.HubCorrection;
import org.pacnet.internal.format.ModelFormat.TargetFile;

/**
 * A target's files, checked against the base that they are of.
 *
 * @param schema with the target's own classes, and its own inputs behind the source's, if it has some
 * @param networks one, several for an ensemble, or none where the method trains none
 * @param correction what stands behind the networks; null for nothing
 * @param residuals null where nobody asked for intervals
 * @param residualGroups which of their rows belong together, each below the number of rows; null where each stands for itself
 */
public record TargetParts(
    Schema schema,
    List<Learnt> networks,
    @Nullable Correction correction,
    float @Nullable [] residuals,
    int @Nullable [] residualGroups) {

  /**
   * Reads a target.
   *
   * @param source the schema of the base
   * @param mask of the base
   * @param tensors those of the network with a schema's output layer
   * @param place its folder
   */
  public static TargetParts read(
      Schema source,
      MaskBits mask,
      Function<Schema, List<TensorInfo>> tensors,
      Path place,
      TargetFile json,
      String baseHash) {
    Path jsonFile = place.resolve(ModelFormat.TARGET_JSON);
    String hash = ModelFormat.hashOf(place, ModelFormat.PRUNED, json.sha256());
    Path file = place.resolve(ModelFormat.fileName(ModelFormat.PRUNED, hash));
    if (!FolderNames.isOf(place.getFileName().toString(), json.name())) {
      throw new ModelFormatException(jsonFile + " is of a target named '" + json.name() + "'");
    }
    return of(source, mask, tensors, jsonFile, json, file, SafeTensors.readBytes(file), baseHash);
  }

  /**
   * The same of what was read.
   *
   * @param jsonFile what messages call the JSON
   * @param file what messages call the tensors
   * @param bytes the tensors
   */
  public static TargetParts of(
      Schema source,
      MaskBits mask,
      Function<Schema, List<TensorInfo>> tensors,
      Path jsonFile,
      TargetFile json,
      Path file,
      byte[] bytes,
      String baseHash) {
    if (!json.baseSha256().equals(baseHash)) {
      throw new ModelFormatException(jsonFile + " belongs to another base than this model's");
    }
    List<String> classes = json.classes();
    if (classes != null && !source.classification()) {
      throw new ModelFormatException(jsonFile + " has classes, but the model predicts numbers");
    }
    Map<String, Entry> entries =
        ModelFormat.decodeChecked(file, bytes, json.sha256().getOrDefault(ModelFormat.PRUNED, ""));
    List<Learnt> networks = takeNetworks(file, entries);
    float[] residuals =
        entries.containsKey(ModelFormat.RESIDUALS)
            ? ModelFormat.floats(file, entries, ModelFormat.RESIDUALS)
            : null;
    float[] together =
        entries.containsKey(ModelFormat.RESIDUAL_GROUPS)
            ? ModelFormat.floats(file, entries, ModelFormat.RESIDUAL_GROUPS)
            : null;
    Method method = json.config().method().kind();
    if (networks.isEmpty() == method.trainsNetwork()
        || (networks.size() > 1 && !method.severalNetworks())) {
      throw new ModelFormatException(
          file + " has " + networks.size() + " networks, which the target's method does not make");
    }
    OwnTensors own = OwnTensors.of(json.config(), classes != null);
    Schema schema;
    List<TensorInfo> network;
    try {
      Schema common = classes == null ? source : source.withClasses(classes);
      network = tensors.apply(common);
      schema = common.withInputs(json.inputs());
    } catch (DataException | ModelFormatException e) {
      throw new ModelFormatException(jsonFile + " is damaged: " + e.getMessage(), e);
    }
    if (!json.inputs().isEmpty() && !method.takesOwnInputs()) {
      throw new ModelFormatException(jsonFile + " has inputs of its own, which its method does not take");
    }
    if (residuals != null && (residuals.length == 0 || residuals.length % schema.outputWidth() != 0)) {
      throw new ModelFormatException(file + " is damaged: residuals don't fit the labels");
    }
    int[] groups = together == null ? null : groups(file, together, residuals, schema.outputWidth());
    int pruned = own.mask(mask, network).prunedCount();
    int kept = own.size(network);
    if (!networks.stream().allMatch(n -> n.values().length == pruned && n.own().length == kept)) {
      throw new ModelFormatException(file + " does not fit the mask of its base");
    }
    Correction correction =
        Correction.read(method, entries, schema.inputWidth(), source.inputWidth(), schema.outputWidth(), file.toString());
    if (correction instanceof HubCorrection hub && hub.members(source.inputWidth()) != networks.size()) {
      throw new ModelFormatException(file + " is damaged: its router is not for " + networks.size() + " networks");
    }
    if (!entries.isEmpty()) {
      throw new ModelFormatException(
          file + " has a tensor '" + entries.keySet().iterator().next() + "' that its method does not make");
    }
    return new TargetParts(schema, networks, correction, residuals, groups);
  }

  private static int[] groups(Path file, float[] together, float @Nullable [] residuals, int labels) {
    int rows = residuals == null ? 0 : residuals.length / labels;
    int[] groups = new int[together.length];
    for (int row = 0; row < groups.length; row++) {
      groups[row] = (int) together[row];
      if (groups[row] != together[row] || groups[row] < 0 || groups[row] >= rows) {
        throw new ModelFormatException(file + " is damaged: " + together[row] + " is no group of rows");
      }
    }
    if (groups.length != rows) {
      throw new ModelFormatException(file + " is damaged: residuals don't fit their groups");
    }
    return groups;
  }

  private static List<Learnt> takeNetworks(Path file, Map<String, Entry> entries) {
    List<Learnt> networks = new ArrayList<>();
    for (int i = 0; entries.containsKey(ModelFormat.numbered(ModelFormat.VALUES, i)); i++) {
      float[] values = ModelFormat.floats(file, entries, ModelFormat.numbered(ModelFormat.VALUES, i));
      // Version 2 had nothing of a target's own but its output layer.
      String own = entries.containsKey("head") ? "head" : ModelFormat.numbered(ModelFormat.OWN, i);
      networks.add(
          new Learnt(values, entries.containsKey(own) ? ModelFormat.floats(file, entries, own) : new float[0]));
    }
    return networks;
  }

  /**
   * The dense parameters of networks on a base.
   *
   * @param base all parameters of the source's network
   * @param source its tensors
   * @param own which tensors the target keeps in full
   * @param network the tensors of the target's network
   */
  public static List<float[]> dense(
      MaskBits mask,
      float[] base,
      List<TensorInfo> source,
      OwnTensors own,
      List<Learnt> networks,
      List<TensorInfo> network) {
    List<float[]> all = new ArrayList<>();
    for (Learnt learnt : networks) {
      float[] dense = base.clone();
      if (own.head()) {
        TensorInfo last = network.get(network.size() - 1);
        dense = new float[last.offset() + last.size()];
        OwnTensors.putBody(base, source, dense, network);
      }
      own.put(learnt.own(), dense, network);
      all.add(own.mask(mask, network).scatter(dense, learnt.values()));
    }
    return all;
  }
}
