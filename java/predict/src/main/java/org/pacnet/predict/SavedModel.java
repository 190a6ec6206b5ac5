package org.pacnet.predict;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.pacnet.config.Perceptron;
import org.pacnet.data.Schema;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.format.MaskBits;
import org.pacnet.internal.format.ModelFormat;
import org.pacnet.internal.format.ModelFormat.ModelFile;
import org.pacnet.internal.format.ModelFormat.TargetFile;
import org.pacnet.internal.format.OwnTensors;
import org.pacnet.internal.format.PerceptronTensors;
import org.pacnet.internal.format.TargetParts;
import org.pacnet.internal.format.TensorInfo;

/**
 * A model's directory, for programs that only answer rows: plain Java, without the native core, from any
 * thread. What it has read stays as it is, whatever becomes of the directory; a target that came later is there for who opens it
 * again.
 *
 * <pre>{@code
 * RowPredictor fab2 = SavedModel.open(Path.of("model")).target("fab2");
 * double[] thickness = fab2.predict(20.5, fab2.category(1, "B"));
 * }</pre>
 */
public final class SavedModel {

  private final ModelFile json;
  private final Perceptron network;
  private final List<TensorInfo> tensors;
  private final MaskBits mask;
  private final float[] base;
  private final String baseHash;
  private final Map<String, Path> targets;

  private SavedModel(Path directory, ModelFile json, Perceptron network) {
    this.json = json;
    this.network = network;
    tensors = PerceptronTensors.of(network, json.schema());
    mask = ModelFormat.readMask(directory, json, tensors);
    base = ModelFormat.readBase(directory, json, tensors, mask);
    baseHash = ModelFormat.baseHash(json.sha256());
    targets = ModelFormat.targets(directory, baseHash);
  }

  /**
   * Reads the base, checking every file before a byte of it is used.
   *
   * @param directory of a model of tables (the network mlp) that has been allocated
   * @throws ModelFormatException that names the file, if one is damaged or not there
   * @throws DataException if it is another network's model, or has no base yet
   */
  public static SavedModel open(Path directory) {
    return ModelFormat.whileUnchanged(
        () -> ModelFormat.readModelFile(directory), json -> read(directory, json));
  }

  private static SavedModel read(Path directory, ModelFile json) {
    if (!(json.config().network() instanceof Perceptron perceptron)) {
      throw new DataException(
          directory + " is no model of tables: single rows are predicted by the network mlp alone", "network");
    }
    if (json.pruning() == null || !json.sha256().containsKey(ModelFormat.BASE)) {
      throw new DataException(directory + " has no base yet: run prune, then allocate");
    }
    ModelFormat.checkSize(directory, json, PerceptronTensors.count(perceptron, json.schema()));
    return new SavedModel(directory, json, perceptron);
  }

  /** The names of the targets that there were when it was opened. */
  public Set<String> targets() {
    return Collections.unmodifiableSet(targets.keySet());
  }

  /** What predicts the source task, by the base. */
  public RowPredictor source() {
    return new RowPredictor(json.schema(), json.schema().inputs().size(), network, tensors, List.of(), base, null);
  }

  /**
   * Reads a target, and makes what predicts its rows.
   *
   * @throws DataException if there is none of that name
   * @throws ModelFormatException that names the file, if one is damaged
   */
  public RowPredictor target(String name) {
    Path place = targets.get(name);
    if (place == null) {
      throw new DataException(
          String.format(Locale.ROOT, "the model has no target '%s'; it has %s", name, targets.keySet()), "name");
    }
    return ModelFormat.whileUnchanged(
        () -> ModelFormat.readJson(place.resolve(ModelFormat.TARGET_JSON), ModelFormat.TARGET_FORMAT, TargetFile.class),
        target -> predictor(place, target));
  }

  private RowPredictor predictor(Path place, TargetFile target) {
    TargetParts parts =
        TargetParts.read(
            json.schema(), mask, schema -> PerceptronTensors.of(network, schema), place, target, baseHash);
    Schema schema = parts.schema();
    int common = json.schema().inputs().size();
    List<TensorInfo> own = PerceptronTensors.of(network, schema.withFirstInputs(common));
    List<float[]> weights =
        TargetParts.dense(
            mask,
            base,
            tensors,
            OwnTensors.of(target.config(), target.classes() != null),
            parts.networks(),
            own);
    return new RowPredictor(schema, common, network, own, weights, base, parts.correction());
  }
}
