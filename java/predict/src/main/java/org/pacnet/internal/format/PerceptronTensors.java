package org.pacnet.internal.format;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.pacnet.config.Perceptron;
import org.pacnet.data.Schema;
import org.pacnet.internal.format.TensorInfo.Role;

/** The tensors of a perceptron, as the native core has them, for who does without it. */
public final class PerceptronTensors {

  private PerceptronTensors() {}

  /** How many parameters they hold, which may be more than any array. */
  public static long count(Perceptron perceptron, Schema schema) {
    List<Integer> widths = widths(perceptron, schema);
    long count = 0;
    for (int layer = 0; layer + 1 < widths.size(); layer++) {
      count += (widths.get(layer) + 1L) * widths.get(layer + 1);
    }
    return count;
  }

  private static List<Integer> widths(Perceptron perceptron, Schema schema) {
    List<Integer> widths = new ArrayList<>(List.of(schema.inputWidth()));
    widths.addAll(perceptron.hidden());
    widths.add(schema.outputWidth());
    return widths;
  }

  /** Of each layer its weights, [out, in], and its biases, [out]. */
  public static List<TensorInfo> of(Perceptron perceptron, Schema schema) {
    List<Integer> widths = widths(perceptron, schema);
    List<TensorInfo> tensors = new ArrayList<>();
    // As torch.nn.Sequential counts: behind a hidden layer its activation, and dropout where there is some.
    int modules = perceptron.dropout() > 0 ? 3 : 2;
    int offset = 0;
    for (int layer = 0; layer + 1 < widths.size(); layer++) {
      int in = widths.get(layer);
      int out = widths.get(layer + 1);
      Set<Role> head = layer + 2 == widths.size() ? EnumSet.of(Role.HEAD) : EnumSet.noneOf(Role.class);
      Set<Role> prunable = EnumSet.of(Role.PRUNABLE);
      prunable.addAll(head);
      int size = Math.multiplyExact(in, out);
      String name = String.format(Locale.ROOT, "layers.%d", layer * modules);
      tensors.add(
          new TensorInfo(2 * layer, name + ".weight", List.of((long) out, (long) in), offset, size, layer, prunable));
      offset = Math.addExact(offset, size);
      tensors.add(new TensorInfo(2 * layer + 1, name + ".bias", List.of((long) out), offset, out, layer, head));
      offset = Math.addExact(offset, out);
    }
    return tensors;
  }
}
