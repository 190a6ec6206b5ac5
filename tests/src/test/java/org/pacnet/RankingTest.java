package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Cnn;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Shapes;
import org.pacnet.internal.base.Json;
import org.pacnet.result.Monitor;
import org.pacnet.result.Ranking;

/** Which of several bases a target is near to. */
class RankingTest {

  @TempDir Path folder;

  // A wave of two inputs: where it is steep is the system's.
  private static Map<String, Object> table(int rows, double phase, long seed) {
    Random random = new Random(seed);
    double[] x = new double[rows];
    double[] z = new double[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      x[r] = 6 * random.nextDouble();
      z[r] = random.nextGaussian();
      y[r] = 100 + 10 * Math.sin(2 * x[r] + phase) * (1 + 0.3 * z[r]) + 0.3 * random.nextGaussian();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    columns.put("y", y);
    return columns;
  }

  private static Model base(Data source, TransferConfig config) {
    Model model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  private static TransferConfig config() {
    return TransferConfig.builder("y").hidden(24, 24).source(f -> f.epochs(60)).seed(3).build();
  }

  @Test
  void theNearestIsFoundAndWhatCannotBeToldIsSaid() {
    Map<String, Model> models = new LinkedHashMap<>();
    try (Model far = base(Data.columns(table(400, 2.2, 1)), config());
        Model near = base(Data.columns(table(400, 0.2, 2)), config());
        Model middle = base(Data.columns(table(400, 1.0, 3)), config())) {
      models.put("far", far);
      models.put("near", near);
      models.put("middle", middle);
      Data target = Data.columns(table(40, 0, 9));
      Ranking ranking = Model.rank(models, target, new Monitor());
      List<String> names = ranking.bases().stream().map(Ranking.Base::name).toList();
      assertEquals("near", names.get(0), ranking.toString());
      assertEquals(1, ranking.bases().stream().mapToDouble(Ranking.Base::chance).sum(), 1e-9);
      Ranking.Base best = ranking.bases().get(0);
      assertTrue(best.logMe() > ranking.bases().get(2).logMe() && best.error() < ranking.bases().get(2).error());
      assertEquals(near.evaluate(target).error(), best.untouched(), 1e-6);
      assertNull(best.hScore());
      assertTrue(ranking.verdict().startsWith("near is the nearest"), ranking.verdict());
      assertEquals("y", ranking.unit());
      // The same base twice: nobody can tell.
      Ranking same = Model.rank(Map.of("a", near, "b", near), target, new Monitor());
      assertEquals(0.5, same.bases().get(0).chance(), 1e-9);
      assertTrue(same.verdict().contains("can't be told"), same.verdict());
    }
  }

  @Test
  void classesOfImagesByFeaturesOfOthers() {
    Path shapes = folder.resolve("shapes");
    Path few = folder.resolve("few");
    Shapes.writeSource(shapes, 60, 1);
    Shapes.writeTarget(few, 30, 2);
    TransferConfig config =
        TransferConfig.builder("class").objective(o -> o.task(Task.CLASSIFICATION)).network(new Cnn(List.of(6, 8))).source(f -> f.epochs(8).learningRate(0.01)).fits(f -> f.batchSize(16)).build();
    try (Model learnt = base(Data.images(shapes), config);
        Model hardly = base(Data.images(shapes), config.toBuilder().source(f -> f.epochs(1).learningRate(1e-6)).build())) {
      Ranking ranking = Model.rank(Map.of("learnt", learnt, "hardly", hardly), Data.images(few), new Monitor());
      assertEquals("learnt", ranking.bases().get(0).name(), ranking.toString());
      for (Ranking.Base base : ranking.bases()) {
        assertNotNull(base.hScore());
        assertNull(base.untouched(), "the target has classes of its own");
        assertEquals(8, base.features());
      }
      assertTrue(ranking.unit().isEmpty());
    }
  }

  @Test
  void byTheCommandLine() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    Path csv = folder.resolve("few.csv");
    try (Model near = base(Data.columns(table(300, 0, 1)), config());
        Model far = base(Data.columns(table(300, 2, 1)), config())) {
      near.save(one, false);
      far.save(two, false);
    }
    Map<String, Object> rows = table(20, 0, 8);
    StringBuilder text = new StringBuilder("x,z,y\n");
    for (int r = 0; r < 20; r++) {
      text.append(((double[]) rows.get("x"))[r]).append(',').append(((double[]) rows.get("z"))[r]).append(',').append(((double[]) rows.get("y"))[r]).append('\n');
    }
    Samples.write(csv, text.toString());
    Cli cli = Cli.ok("rank", "--models", two + "," + one, "--target", csv);
    assertTrue(cli.out().contains("LogME") && cli.out().contains("RMSE of y, left out"), cli.out());
    JsonNode json = Json.MAPPER.readTree(Cli.ok("rank", "--models", two + "," + one, "--target", csv, "--json").out());
    assertEquals(one.toString(), json.get("bases").get(0).get("name").asText());
    assertFalse(json.get("verdict").asText().isEmpty());
    Cli.refused("name two or more", "rank", "--models", one, "--target", csv);
    Path other = Samples.write(folder.resolve("other.csv"), "x,y\n1,2\n2,3\n3,4\n4,5\n5,6\n");
    Cli.refused(two.toString(), "rank", "--models", two + "," + one, "--target", other);
    Path tiny = Samples.write(folder.resolve("tiny.csv"), "x,z,y\n1,2,3\n2,3,4\n");
    Cli.refused("too few to rank bases by", "rank", "--models", two + "," + one, "--target", tiny);
    try (Model model = Model.load(one)) {
      assertThrows(DataException.class, () -> Model.rank(Map.of("one", model), Data.columns(rows), new Monitor()));
    }
  }
}
