package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.pacnet.experiment.Friedman;

/** The benchmark, in small. */
class ExperimentTest {

  private static JsonNode run(int threads) {
    return Cli.ok("experiment", "friedman", "--seeds", 2, "--distance", 2, "--targets", "10,100",
            "--methods", "finetune,pac", "--threads", threads, "--json").json();
  }

  @Test
  void friedmanHasItsShapeAndDoesNotDependOnThreads() {
    JsonNode json = run(2);
    assertEquals(8, json.get("results").size());
    for (JsonNode cell : json.get("results")) {
      assertEquals(List.of("method", "n", "seed", "rmse"), names(cell));
    }
    assertEquals(4, json.get("summary").size());
    for (JsonNode row : json.get("summary")) {
      assertEquals(List.of("method", "n", "mean", "std"), names(row));
    }
    JsonNode source = json.get("source");
    assertEquals(List.of("trained", "pruned", "allocated"), names(source));
    // Far from the noise of two seeds: a trained source, a ruined one, a mended one.
    double trained = source.get("trained").asDouble();
    assertTrue(trained < 1, "trained " + trained);
    assertTrue(source.get("pruned").asDouble() > 2);
    assertTrue(source.get("allocated").asDouble() < 1.1 * trained);
    JsonNode again = run(1);
    assertEquals(json.get("results"), again.get("results"));
    assertEquals(source, again.get("source"));
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void friedmanIsItsFormula() {
    double[] x = {0.5, 0.5, 0.25, 0.1, 0.2, 9, 9, 9, 9, 9};
    double expected = 10 * Math.sin(Math.PI * 0.25) + 20 * 0.0625 + 10 * 0.1 + 5 * 0.2;
    assertEquals(expected, Friedman.target().value(x), 1e-12);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    assertEquals(expected, Friedman.source(0, random).value(x), 1e-12);
    assertTrue(Math.abs(expected - Friedman.source(2, random).value(x)) > 1e-3);
    Friedman.Sample noisy = Friedman.target().sample(20_000, true, random);
    double sum = 0;
    for (int r = 0; r < noisy.y().length; r++) {
      double noise = noisy.y()[r] - Friedman.target().value(noisy.x()[r]);
      sum += noise * noise;
    }
    assertEquals(1, sum / noisy.y().length, 0.05);
  }
}
