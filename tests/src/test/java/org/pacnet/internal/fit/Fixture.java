package org.pacnet.internal.fit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.pacnet.internal.base.Json;

/** Named numbers of tests/fixtures. */
record Fixture(JsonNode parts) {

  static Fixture read(String file) throws IOException {
    return new Fixture(Json.MAPPER.readTree(Path.of(System.getProperty("pacnet.root"), "tests", "fixtures", file).toFile()));
  }

  float[] floats(String name) {
    JsonNode values = parts.get(name);
    float[] all = new float[values.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values.get(i).asDouble();
    }
    return all;
  }
}
