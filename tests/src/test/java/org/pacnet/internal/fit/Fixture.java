package org.pacnet.internal.fit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.pacnet.internal.base.Json;

/** Named numbers of tests/fixtures. */
public record Fixture(JsonNode parts) {

  public static Fixture read(String file) throws IOException {
    return new Fixture(Json.MAPPER.readTree(Path.of(System.getProperty("pacnet.root"), "tests", "fixtures", file).toFile()));
  }

  public float[] floats(String name) {
    return floats(parts.get(name));
  }

  public static float[] floats(JsonNode values) {
    float[] all = new float[values.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values.get(i).asDouble();
    }
    return all;
  }
}
