package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;
import org.pacnet.result.Suggestion;

/** {@code pacnet suggest}: which rows to measure next. */
class SuggestTest {

  @TempDir private Path folder;

  private Path model(Method method, Path target) {
    Path source = Samples.csv(folder.resolve("source.csv"), 300, 0, 1);
    Path model = folder.resolve("model");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--ignore", "grade", "--categorical", "tool", "--hidden", "16,16", "--source-epochs", 3, "--target-epochs", 3, "--method", method, "--name", "t", "--out", model, "--overwrite");
    return model;
  }

  @Test
  void rowsFarFromThoseMeasuredComeFirst() {
    // All that is known lies about a = -1: what lies about a = 2 is worth more, and one of each place tells most.
    double[] a = new double[40];
    double[] y = new double[40];
    for (int r = 0; r < a.length; r++) {
      a[r] = -1 + 0.01 * r;
      y[r] = Math.sin(3 * a[r]);
    }
    double[] many = new double[400];
    double[] labels = new double[400];
    for (int r = 0; r < many.length; r++) {
      many[r] = -3 + 6.0 * r / many.length;
      labels[r] = many[r];
    }
    try (Model model = Model.train(Data.columns(Map.of("a", many, "y", labels)), Samples.quick().build(), new Monitor())) {
      model.prune();
      model.allocate(Data.columns(Map.of("a", many, "y", labels)), new Monitor());
      model.calibrate("t", Data.columns(Map.of("a", a, "y", y)), Samples.quick().method(Method.GP_RESIDUAL).build(), new Monitor());
      double[] places = {-1, -0.9, -0.8, 2, -0.85, 1.9, -0.95, 2.1, -2.5};
      List<Suggestion> found = model.suggest("t", Data.columns(Map.of("a", places)), 3);
      assertTrue(places[found.get(0).row()] >= 1.9, found.toString());
      assertEquals(3, new HashSet<>(found.stream().map(Suggestion::row).toList()).size());
      Set<Integer> far = Set.of(3, 5, 7, 8);
      assertTrue(far.contains(found.get(0).row()) && far.contains(found.get(1).row()), found.toString());
      assertTrue(found.get(1).varianceLeft() < found.get(0).varianceLeft(), found.toString());
      assertTrue(found.get(0).varianceLeft() < 1);
    }
  }

  @Test
  void suggestedRowsAreToldAndWrittenAsTheyAre() throws IOException {
    Path model = model(Method.COKRIGING, Samples.csv(folder.resolve("few.csv"), 12, 1, 2));
    // A text that must stay as it is written, and one row that lacks what the model needs.
    List<String> lines = new ArrayList<>(List.of("note,a,b,tool"));
    for (int r = 0; r < 50; r++) {
      lines.add(String.format(Locale.ROOT, "\"0%d, as it is\",%.2f,%.1f,T%d", r, -3 + 0.12 * r, 10 + r % 10 + 0.5, r % 3));
    }
    Path candidates = Samples.write(folder.resolve("candidates.csv"), String.join("\n", lines) + "\n");
    Path out = folder.resolve("measure.csv");
    Cli said = Cli.ok("suggest", "--model", model, "--candidates", candidates, "--count", 4, "--out", out);
    JsonNode json = Cli.ok("suggest", "--model", model, "--candidates", candidates, "--count", 4, "--json").json();
    List<String> written = Files.readAllLines(out);
    assertEquals("note,a,b,tool", written.get(0));
    assertEquals(5, written.size());
    double before = 1;
    for (int i = 0; i < 4; i++) {
      JsonNode one = json.get("suggestions").get(i);
      assertEquals(lines.get(one.get("row").asInt() + 1), written.get(i + 1));
      double left = one.get("varianceLeft").asDouble();
      assertTrue(left > 0 && left < before, json.toString());
      before = left;
      assertTrue(said.out().contains(String.valueOf(one.get("row").asInt() + 1)), said.out());
      assertTrue(said.out().contains(String.format(Locale.ROOT, "0%d, as it is", one.get("row").asInt())), said.out());
    }
    // What is written can be measured with, and asked about again.
    Cli.ok("suggest", "--model", model, "--candidates", out, "--count", 4);
    Cli.refused("5 rows can't be suggested of 4 candidates (--count)", "suggest", "--model", model, "--candidates", out, "--count", 5);
    Cli.refused("0 rows can't be suggested", "suggest", "--model", model, "--candidates", out, "--count", 0);
    Cli.refused("name another file", "suggest", "--model", model, "--candidates", out, "--count", 1, "--out", out);
    Path no = folder.resolve("measure.xlsx");
    Cli.refused("of no known kind", "suggest", "--model", model, "--candidates", candidates, "--out", no);
    assertFalse(Files.exists(no));
  }

  @Test
  void whatDoesNotKnowWhereItIsUnsureSaysSo() {
    Path target = Samples.csv(folder.resolve("few.csv"), 12, 1, 2);
    Path model = model(Method.PAC, target);
    Cli.refused("was calibrated by pac, which doesn't know where it is unsure", "suggest", "--model", model, "--candidates", target);
    Cli.refused("lacks column", "suggest", "--model", model(Method.GP, target), "--candidates", Samples.write(folder.resolve("bad.csv"), "a\n1\n"));
    Cli.refused("no target 'u'", "suggest", "--model", folder.resolve("model"), "--name", "u", "--candidates", target);
  }

  @Test
  void droppedRowsKeepTheirPlaces() {
    try (Model model = Model.train(Samples.columns(200, 0, 1), Samples.quick().columns(c -> c.missing(org.pacnet.config.Missing.DROP)).build(), new Monitor())) {
      model.prune();
      model.allocate(Samples.columns(200, 0, 1), new Monitor());
      model.calibrate("t", Samples.columns(8, 1, 2), Samples.quick().method(Method.GP).build(), new Monitor());
      Data candidates = Data.columns(Map.of("a", new Double[] {null, 0.0, null, 9.0}, "b", new double[] {11, 15, 12, 15}));
      assertEquals(Set.of(1, 3), new HashSet<>(model.suggest("t", candidates, 2).stream().map(Suggestion::row).toList()));
      assertEquals(3, model.suggest("t", candidates, 1).get(0).row());
      DataException refused = org.junit.jupiter.api.Assertions.assertThrows(DataException.class, () -> model.suggest("t", candidates, 3));
      assertTrue(refused.getMessage().contains("of 2 candidates"));
    }
  }
}
