package org.pacnet.internal.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.config.Schedule;
import org.pacnet.config.TransferConfig;
import org.pacnet.internal.base.Json;

/**
 * Brings what an older version wrote to the present format, so that only that is read. Whoever adds
 * or moves a setting says here what it was for the models of before.
 */
public final class ModelUpgrade {

  /** The present version. */
  public static final int VERSION = 13;

  /** The oldest that can be read. */
  public static final int OLDEST_VERSION = 2;

  private static final List<String> PARTS =
      List.of("columns", "images", "objective", "source", "prune", "target", "calibrate");

  private ModelUpgrade() {}

  /** Changes a model.json or target.json of that version. */
  public static void toCurrent(ObjectNode file, int version) {
    if (version < 3) {
      if (file.get("config") instanceof ObjectNode config) {
        networkOfItsOwn(config);
        config.set("missingWords", words());
      }
      if (file.get("schema") instanceof ObjectNode schema) {
        schema.set("missingWords", words());
        schema.putNull("image");
      }
      nullMetric(file, "confusion");
    }
    if (version < 4) {
      if (file.get("schema") instanceof ObjectNode schema) {
        schema.putNull("trajectories");
      }
      nullMetric(file, "horizons");
    }
    if (version < 5) {
      for (String columns : List.of("inputs", "labels")) {
        file.path("schema").path(columns).forEach(ModelUpgrade::noRange);
      }
      file.path("phases").forEach(ModelUpgrade::nothingUnseen);
      nothingUnseen(file.path("report"));
    }
    if (version < 7) {
      List.of("balancedAccuracy", "f1", "auc").forEach(metric -> nullMetric(file, metric));
    }
    if (version < 10 && file.has("baseSha256")) {
      file.putArray("inputs");
    }
    if (version < 9) {
      file.path("phases").forEach(ModelUpgrade::nothingHeldOut);
      nothingHeldOut(file.path("report"));
    }
    if (version < 12) {
      file.path("phases").forEach(ModelUpgrade::noRelatives);
      noRelatives(file.path("report"));
      if (file.path("config").get("method") instanceof ObjectNode method && method.path("kind").asText().equals("metavote")) {
        method.putArray("relatives"); // those that it had are not known
      }
    }
    if (file.path("schema").get("trajectories") instanceof ObjectNode trajectories && !trajectories.has("actions")) {
      trajectories.set("shortest", trajectories.get("interval"));
      trajectories.put("states", file.path("schema").path("labels").size());
      trajectories.putArray("actions");
    }
    if (file.get("config") instanceof ObjectNode config) {
      // What came without a new version is what the code did before it.
      ObjectNode complete =
          Json.MAPPER.valueToTree(
              TransferConfig.builder("label")
                  .fits(f -> f.schedule(Schedule.CONSTANT))
                  .method(Method.PAC)
                  .build());
      if (version < 7) {
        inParts(config, complete);
      }
      if (config.get("network") instanceof ObjectNode network && network.path("kind").asText().equals("ode")) {
        if (!network.has("solver")) {
          network.put("solver", "explicit");
        }
        if (!network.has("actions")) {
          network.putArray("actions");
        }
      }
      if (config.get("method") instanceof ObjectNode method) {
        String kind = method.path("kind").asText();
        if (kind.equals("swr") && !method.has("rank")) {
          method.put("rank", 0);
        }
        if (kind.equals("taps") && !method.has("authors")) {
          method.put("authors", false);
        }
      }
      for (String part : PARTS) {
        if (config.get(part) instanceof ObjectNode known) {
          config.set(part, ((ObjectNode) complete.get(part)).setAll(known));
        }
      }
      file.set("config", complete.setAll(config));
    }
    file.put("formatVersion", VERSION);
  }

  private static void nothingHeldOut(JsonNode report) {
    if (report instanceof ObjectNode object) {
      object.putNull("heldOut");
    }
  }

  private static void noRelatives(JsonNode report) {
    if (report instanceof ObjectNode object) {
      object.putNull("relatives");
    }
  }

  // All settings were side by side, those of training the same for source and target.
  private static void inParts(ObjectNode config, ObjectNode usual) {
    JsonNode kind = orElse(config.remove("method"), usual.get("method").get("kind"));
    JsonNode lambda = orElse(config.remove("lambda"), NullNode.instance);
    JsonNode layers = orElse(config.remove("lastLayers"), IntNode.valueOf(2));
    JsonNode members = orElse(config.remove("members"), IntNode.valueOf(5));
    ObjectNode method = Json.MAPPER.createObjectNode();
    method.set("kind", kind);
    if (kind.asText().equals("finetune_last")) {
      method.set("layers", layers);
    } else {
      method.set("lambda", lambda);
      if (kind.asText().equals("pac_ensemble") || kind.asText().equals("pac_stack")) {
        method.set("members", members);
      }
    }
    config.remove(List.of("threads", "device", "precision")); // of a run, not of a model
    move(config, "sourceEpochs", "epochs", "source");
    move(config, "targetEpochs", "epochs", "target");
    for (String part : PARTS) {
      for (Map.Entry<String, JsonNode> field : usual.get(part).properties()) {
        String setting = field.getKey();
        String[] parts = part.equals("source") || part.equals("target") ? new String[] {"source", "target"} : new String[] {part};
        move(config, setting, setting, parts);
      }
    }
    config.set("method", method);
  }

  private static void move(ObjectNode config, String from, String to, String... parts) {
    JsonNode value = config.remove(from);
    if (value != null) {
      for (String part : parts) {
        if (config.get(part) == null) {
          config.putObject(part);
        }
        if (config.get(part) instanceof ObjectNode object) {
          object.set(to, value);
        }
      }
    }
  }

  private static JsonNode orElse(@Nullable JsonNode value, JsonNode usual) {
    return value == null ? usual : value;
  }

  // The only network was the perceptron, and the only word for a missing value NA.
  private static void networkOfItsOwn(ObjectNode config) {
    ObjectNode network = Json.MAPPER.createObjectNode().put("kind", "mlp");
    for (String setting : List.of("hidden", "activation", "dropout")) {
      JsonNode value = config.remove(setting);
      if (value != null) {
        network.set(setting, value);
      }
    }
    config.set("network", network);
  }

  private static void noRange(JsonNode column) {
    if (column instanceof ObjectNode known) {
      known.putNull("range");
    }
  }

  private static void nothingUnseen(JsonNode report) {
    if (report.get("data") instanceof ObjectNode data) {
      data.putArray("unseen");
    }
  }

  private static void nullMetric(JsonNode node, String name) {
    if (node instanceof ObjectNode metrics && metrics.has("crossEntropy")) {
      metrics.putNull(name);
    }
    node.forEach(child -> nullMetric(child, name));
  }

  private static JsonNode words() {
    return Json.MAPPER.valueToTree(List.of("NA"));
  }
}
