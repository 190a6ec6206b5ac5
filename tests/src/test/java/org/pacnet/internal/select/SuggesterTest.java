package org.pacnet.internal.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.correction.Correction.Asked;
import org.pacnet.internal.correction.GaussianProcess;
import org.pacnet.internal.correction.RowFacts;
import org.pacnet.internal.fit.Fixture;
import org.pacnet.result.Suggestion;

/** What rows are worth measuring, by the numbers of tests/fixtures/make_suggest_fixture.py. */
class SuggesterTest {

  @Test
  void theRowsThatTellMostAreThoseOfTheDenseFormula() throws IOException {
    JsonNode fixture = Fixture.read("suggest.json").parts();
    int inputs = fixture.get("inputs").asInt();
    float[] x = Fixture.floats(fixture.get("x"));
    float[] at = Fixture.floats(fixture.get("at"));
    float[] y = new float[x.length / inputs];
    float[] none = new float[0];
    GaussianProcess plain = new GaussianProcess(inputs, x, none, y, RowFacts.NONE, Fixture.floats(fixture.get("kernels").get(0)));
    GaussianProcess onSource =
        new GaussianProcess(inputs, x, Fixture.floats(fixture.get("o")), y, RowFacts.NONE, Fixture.floats(fixture.get("kernels").get(1)));
    JsonNode weights = fixture.get("weights");
    List<Suggestion> found =
        Suggester.suggest(
            List.of(
                new Asked(plain, at, none, 0, weights.get(0).asDouble()),
                new Asked(onSource, at, Fixture.floats(fixture.get("said")), 0, weights.get(1).asDouble())),
            at.length / inputs,
            fixture.get("rows").size());
    assertArrayEquals(
        Json.MAPPER.convertValue(fixture.get("rows"), int[].class), found.stream().mapToInt(Suggestion::row).toArray());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(fixture.get("left").get(i).asDouble(), found.get(i).varianceLeft(), 1e-6, "suggestion " + i);
    }
  }
}
