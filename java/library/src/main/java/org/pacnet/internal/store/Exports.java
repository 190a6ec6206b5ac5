package org.pacnet.internal.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.data.ColumnKind;
import org.pacnet.data.Schema;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.base.SafeTensors.Entry;
import org.pacnet.internal.engine.NetworkDescription;
import org.pacnet.internal.learn.Phases;

/** One network's weights for others to read. */
public final class Exports {

  private Exports() {}

  /** As safetensors that PyTorch's module of the same network loads. */
  public static void safetensors(Phases model, Schema schema, float[] parameters, Path file) {
    Map<String, Entry> tensors = ModelStore.dense(model.tensorsOf(schema), parameters, "layers.");
    for (String name : List.copyOf(tensors.keySet())) {
      // A strict load_state_dict wants it. Nobody uses it where the momentum is fixed.
      if (name.endsWith(".running_var")) {
        tensors.put(name.replace(".running_var", ".num_batches_tracked"), Entry.number(0));
      }
    }
    byte[] bytes = SafeTensors.encode(tensors, words(metadata(model, schema)));
    AtomicWrite.file(file, temporary -> Files.write(temporary, bytes));
  }

  /** As a TorchScript module, from columns or pixels as they are to labels in their unit, or to the classes' probabilities. */
  public static void torchScript(Phases model, Schema schema, float[] parameters, Path file) {
    Schema.Image image = schema.image();
    float[] shift = image == null ? new float[schema.inputWidth()] : floats(image.mean(), 255);
    float[] scale = image == null ? new float[shift.length] : floats(image.std(), 255);
    int column = 0;
    for (Schema.Input input : schema.inputs()) {
      for (int i = 0; i < input.width(); i++, column++) {
        boolean number = input.kind() == ColumnKind.NUMERIC;
        shift[column] = number ? (float) input.mean() : 0;
        scale[column] = number ? (float) input.std() : 1;
      }
    }
    boolean classes = schema.classification();
    List<Schema.Label> labels = classes ? List.of() : schema.labels();
    float[] units = floats(labels.stream().map(Schema.Label::std).toList(), 1);
    float[] offsets = floats(labels.stream().map(Schema.Label::mean).toList(), 1);
    String metadata = Json.compact(metadata(model, schema));
    AtomicWrite.file(file, temporary -> model.saveScript(schema, parameters, temporary, shift, scale, units, offsets, metadata));
  }

  // There are texts alone in safetensors.
  private static Map<String, String> words(Map<String, Object> metadata) {
    Map<String, String> words = new LinkedHashMap<>();
    metadata.forEach((key, value) -> words.put(key, value instanceof String text ? text : Json.compact(value)));
    return words;
  }

  private static float[] floats(List<Double> values, double factor) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) (values.get(i) * factor);
    }
    return floats;
  }

  private static Map<String, Object> metadata(Phases model, Schema schema) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    // The core's description, setting by setting.
    String[] words = NetworkDescription.of(model.config().network(), schema).split(" ", -1);
    metadata.put("network", words[0]);
    for (int i = 1; i < words.length; i++) {
      String[] setting = words[i].split("=", 2);
      metadata.put(setting[0], setting[1]);
    }
    metadata.put("task", model.config().objective().task().name().toLowerCase(Locale.ROOT));
    metadata.put("inputs", schema.inputs());
    metadata.put("labels", schema.labels());
    metadata.put("classes", schema.classes());
    if (schema.image() != null) {
      metadata.put("standardisation", schema.image());
    }
    if (schema.trajectories() != null) {
      metadata.put("trajectories", schema.trajectories());
    }
    return metadata;
  }
}
