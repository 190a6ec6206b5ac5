package org.pacnet.internal.learn;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.internal.base.SafeTensors;
import org.pacnet.internal.format.TensorInfo;

/** Weights made elsewhere, in a safetensors file with PyTorch's names. */
final class InitialWeights {
  // PyTorch counts batches beside running statistics; with a fixed momentum nobody reads it.
  private static final String COUNTER = ".num_batches_tracked";
  private static final int MOST_LISTED = 5;

  private InitialWeights() {}

  /** Throws a {@link DataException} that lists what does not fit. */
  static float[] read(Path file, List<TensorInfo> tensors) {
    Map<String, SafeTensors.Entry> given = new LinkedHashMap<>();
    try {
      SafeTensors.decode(SafeTensors.readBytes(file), file.toString())
          .tensors()
          .forEach((name, entry) -> given.put(plain(name), entry));
    } catch (ModelFormatException e) {
      throw new DataException(e.getMessage(), e, "init");
    }
    given.keySet().removeIf(name -> name.endsWith(COUNTER));
    List<String> wrong = new ArrayList<>();
    float[] values = new float[tensors.stream().mapToInt(TensorInfo::size).sum()];
    for (TensorInfo tensor : tensors) {
      SafeTensors.Entry entry = given.remove(plain(tensor.name()));
      if (entry == null) {
        wrong.add(tensor.name() + " is missing");
      } else if (!entry.isFloat() || !entry.shape().equals(tensor.shape())) {
        wrong.add(
            String.format(
                Locale.ROOT,
                "%s is %s %s instead of F32 (or F16, BF16) %s",
                tensor.name(),
                entry.dtype(),
                entry.shape(),
                tensor.shape()));
      } else {
        entry.copyTo(values, tensor.offset());
      }
    }
    given.keySet().forEach(name -> wrong.add(name + " is none of the network's"));
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new DataException(file + " holds a value that is not finite", "init");
      }
    }
    if (!wrong.isEmpty()) {
      String listed = String.join(", ", wrong.subList(0, Math.min(MOST_LISTED, wrong.size())));
      String more =
          wrong.size() > MOST_LISTED
              ? String.format(Locale.ROOT, " and %d more", wrong.size() - MOST_LISTED)
              : "";
      throw new DataException(
          String.format(Locale.ROOT, "%s does not fit the network: %s%s", file, listed, more),
          "init");
    }
    return values;
  }

  // A perceptron's tensors are those of a torch.nn.Sequential called layers, or not called anything.
  private static String plain(String name) {
    return name.startsWith("layers.") ? name.substring("layers.".length()) : name;
  }
}
