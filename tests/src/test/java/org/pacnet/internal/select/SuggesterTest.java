package org.pacnet.internal.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.correction.Correction.Asked;
import org.pacnet.internal.correction.GaussianProcess;
import org.pacnet.internal.correction.RowFacts;
import org.pacnet.result.Suggestion;

/** What rows are worth measuring, by the numbers of tests/fixtures/make_suggest_fixture.py. */
class SuggesterTest {

  private static float[] floats(JsonNode values) {
    float[] all = new float[values.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values.get(i).asDouble();
    }
    return all;
  }

  @Test
  void theRowsThatTellMostAreThoseOfTheDenseFormula() throws IOException {
    JsonNode fixture =
        Json.MAPPER.readTree(Path.of(System.getProperty("pacnet.root"), "tests", "fixtures", "suggest.json").toFile());
    int inputs = fixture.get("inputs").asInt();
    float[] x = floats(fixture.get("x"));
    float[] at = floats(fixture.get("at"));
    float[] y = new float[x.length / inputs];
    float[] none = new float[0];
    GaussianProcess plain = new GaussianProcess(inputs, x, none, y, RowFacts.NONE, floats(fixture.get("kernels").get(0)));
    GaussianProcess onSource =
        new GaussianProcess(inputs, x, floats(fixture.get("o")), y, RowFacts.NONE, floats(fixture.get("kernels").get(1)));
    JsonNode weights = fixture.get("weights");
    List<Suggestion> found =
        Suggester.suggest(
            List.of(
                new Asked(plain, at, none, 0, weights.get(0).asDouble()),
                new Asked(onSource, at, floats(fixture.get("said")), 0, weights.get(1).asDouble())),
            at.length / inputs,
            fixture.get("rows").size());
    assertArrayEquals(
        Json.MAPPER.convertValue(fixture.get("rows"), int[].class), found.stream().mapToInt(Suggestion::row).toArray());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(fixture.get("left").get(i).asDouble(), found.get(i).varianceLeft(), 1e-6, "suggestion " + i);
    }
  }
}
