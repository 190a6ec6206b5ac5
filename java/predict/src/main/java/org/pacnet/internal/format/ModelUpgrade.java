package org.pacnet.internal.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
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
  public static final int VERSION = 6;

  /** The oldest that can be read. */
  public static final int OLDEST_VERSION = 2;

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
    if (file.get("config") instanceof ObjectNode config) {
      // What came without a new version is what the code did before it.
      ObjectNode complete =
          Json.MAPPER.valueToTree(
              TransferConfig.builder("label").schedule(Schedule.CONSTANT).method(Method.PAC).build());
      file.set("config", complete.setAll(config));
    }
    file.put("formatVersion", VERSION);
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
