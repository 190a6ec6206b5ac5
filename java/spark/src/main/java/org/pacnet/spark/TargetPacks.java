package org.pacnet.spark;

import java.io.Serial;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;

/**
 * A model's targets on their way to the tasks: in parts, each of which goes only to the executors that ask for one of its targets. All of
 * 100,000 would be 11 GB.
 */
final class TargetPacks implements Serializable {

  @Serial private static final long serialVersionUID = 1;

  private static final int IN_A_PART = 200;

  private final ArrayList<Broadcast<HashMap<String, byte[]>>> parts = new ArrayList<>();

  TargetPacks(Model model, JavaSparkContext context) {
    int count = Math.max(1, (model.targetNames().size() + IN_A_PART - 1) / IN_A_PART);
    List<List<String>> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(new ArrayList<>());
    }
    model.targetNames().forEach(name -> names.get(part(name, count)).add(name));
    for (List<String> some : names) {
      parts.add(context.broadcast(new HashMap<>(model.packTargets(some))));
    }
  }

  private static int part(String name, int count) {
    return Math.floorMod(name.hashCode(), count);
  }

  /** A target as {@link Model#packTargets} made it; null if there is none of that name. */
  byte @Nullable [] get(String name) {
    Map<String, byte[]> part = parts.get(part(name, parts.size())).value();
    return part.get(name);
  }
}
