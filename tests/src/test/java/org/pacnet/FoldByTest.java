package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.result.Monitor;
import org.pacnet.result.Tuning;

/** Rows that belong together: five of each batch, all off by what that batch is off by. */
class FoldByTest {

  private static final int EACH = 5;

  @TempDir Path folder;

  // Batch b's rows have the numbers of five runs of one recipe, x nearly the same, and share an offset of deviation 1.
  private static Map<String, Object> batches(int count, long seed, String column) {
    return batches(count, seed, column, 0.01);
  }

  private static Map<String, Object> batches(int count, long seed, String column, double apart) {
    Random random = new Random(seed);
    int rows = count * EACH;
    double[] x = new double[rows];
    double[] z = new double[rows];
    double[] y = new double[rows];
    String[] batch = new String[rows];
    for (int b = 0; b < count; b++) {
      double recipe = 6 * random.nextDouble();
      double other = random.nextGaussian();
      double off = random.nextGaussian();
      for (int i = 0; i < EACH; i++) {
        int row = b * EACH + i;
        x[row] = recipe + apart * random.nextGaussian();
        z[row] = other + apart * random.nextGaussian();
        y[row] = Math.sin(x[row]) + (column == null ? 0 : off) + 0.02 * random.nextGaussian();
        batch[row] = "batch " + (b % count);
      }
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("z", z);
    columns.put("y", y);
    if (column != null) {
      columns.put(column, batch);
    }
    return columns;
  }

  private static Model base() {
    Data source = Data.columns(batches(60, 1, null));
    TransferConfig config = TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(40)).seed(2).build();
    Model model = Model.train(source, config, new Monitor());
    model.prune();
    model.allocate(source, new Monitor());
    return model;
  }

  private static double held(Model model, String target, Map<String, Object> fresh) {
    double[] y = (double[]) fresh.get("y");
    Predictions answers = model.predict(target, Data.columns(fresh), 0.8);
    double[] low = answers.numbers("lower_y");
    double[] high = answers.numbers("upper_y");
    return IntStream.range(0, y.length).filter(r -> low[r] <= y[r] && y[r] <= high[r]).count() / (double) y.length;
  }

  // What all rows of a batch are off by says nothing of another batch, and is not to be learnt.
  @ParameterizedTest
  @EnumSource(names = {"GP_RESIDUAL", "COKRIGING", "COKRIGING_BMA", "STACK"})
  void whatABatchSharesIsNotTakenForWhatItsInputsSay(Method method) {
    try (Model model = base()) {
      TransferConfig.Builder how = model.config().toBuilder().method(method);
      double byRows = 0;
      double byBatches = 0;
      int draws = 30;
      for (int draw = 0; draw < draws; draw++) {
        Map<String, Object> few = batches(8, 300 + draw, "batch", 1);
        Map<String, Object> fresh = batches(60, 400 + draw, "batch", 1);
        model.calibrate("together", Data.columns(few), how.calibrate(c -> c.foldBy("batch")).build(), new Monitor());
        byBatches += squares(model, "together", fresh) / draws;
        few.remove("batch");
        model.calibrate("alone", Data.columns(few), how.calibrate(c -> c.foldBy(null)).build(), new Monitor());
        byRows += squares(model, "alone", fresh) / draws;
      }
      // No model knows another batch's own offset, of variance 1.
      assertTrue(byBatches - 1 < 0.75 * (byRows - 1), method + ": " + byBatches + " by batches, " + byRows + " by rows");
    }
  }

  private static double squares(Model model, String target, Map<String, Object> fresh) {
    double[] y = (double[]) fresh.get("y");
    double[] said = model.predict(target, Data.columns(fresh)).numbers("prediction_y");
    return IntStream.range(0, y.length).mapToDouble(r -> (y[r] - said[r]) * (y[r] - said[r])).average().orElseThrow();
  }

  @Test
  void intervalsHoldRowsOfOtherBatches() {
    try (Model model = base()) {
      TransferConfig.Builder rows = model.config().toBuilder().method(Method.COKRIGING).calibrate(c -> c.intervals(true));
      TransferConfig alone = rows.build();
      TransferConfig together = rows.calibrate(c -> c.foldBy("batch")).build();
      double byRows = 0;
      double byBatches = 0;
      int draws = 8;
      for (int draw = 0; draw < draws; draw++) {
        Map<String, Object> few = batches(8, 100 + draw, "batch");
        Map<String, Object> fresh = batches(80, 200 + draw, "batch");
        model.calibrate("together", Data.columns(few), together, new Monitor());
        byBatches += held(model, "together", fresh) / draws;
        few.remove("batch");
        model.calibrate("alone", Data.columns(few), alone, new Monitor());
        byRows += held(model, "alone", fresh) / draws;
      }
      assertTrue(byRows < 0.5, "80 % intervals by rows hold " + byRows);
      assertTrue(byBatches > 0.75, "80 % intervals by batches hold " + byBatches + ", by rows " + byRows);
    }
  }

  @Test
  void whatIsHeldOutIsWholeBatches() {
    try (Model model = base()) {
      Map<String, Object> few = batches(8, 100, "batch");
      TransferConfig settings = model.config().toBuilder().calibrate(c -> c.foldBy("batch")).build();
      List<Method> gp = List.of(Method.GP);
      double together = model.compare(Data.columns(few), null, gp, false, settings, new Monitor()).alone().error();
      few.remove("batch");
      Tuning byRows = model.compare(Data.columns(few), null, gp, false, model.config(), new Monitor());
      assertTrue(byRows.alone().error() < 0.2, byRows.toString());
      assertTrue(together > 0.5, "batches that were not seen are off by " + together);
    }
  }

  @Test
  void whichBatchesAreTogetherIsKeptWithTheTarget() {
    try (Model model = base()) {
      TransferConfig settings =
          model.config().toBuilder().calibrate(c -> c.intervals(true).foldBy("batch")).build();
      Data few = Data.columns(batches(8, 100, "batch"));
      model.calibrate("t", few, settings, new Monitor());
      Data fresh = Data.columns(batches(20, 3, "batch"));
      double[] before = model.predict("t", fresh, 0.8).numbers("upper_y");
      model.save(folder.resolve("m"), false);
      try (Model read = Model.load(folder.resolve("m"))) {
        assertArrayEquals(before, read.predict("t", fresh, 0.8).numbers("upper_y"));
        assertEquals("batch", read.config("t").calibrate().foldBy());
      }
      DataException tooMuch = assertThrows(DataException.class, () -> model.predict("t", fresh, 0.95));
      assertTrue(
          tooMuch.getMessage().contains("8 groups of rows of the target can promise 0.889 at most; 0.95 takes 19 groups of rows"),
          tooMuch.getMessage());
    }
  }

  @Test
  void theOrderOfRowsAndTheNamesOfBatchesDecideNothingElse() {
    try (Model model = base()) {
      TransferConfig settings = model.config().toBuilder().calibrate(c -> c.foldBy("batch")).build();
      Map<String, Object> few = batches(6, 100, "batch");
      double[] first = losses(model, few, settings);
      String[] renamed = Arrays.stream((String[]) few.get("batch")).map(name -> "other " + name.hashCode()).toArray(String[]::new);
      few.put("batch", renamed);
      assertArrayEquals(first, losses(model, few, settings));
    }
  }

  // A column of numbers is one that the base has as an input.
  @Test
  void ofManyTargetsTooByAnInput() {
    try (Model model = base()) {
      TransferConfig settings = model.config().toBuilder().method(Method.COKRIGING).calibrate(c -> c.foldBy("z")).build();
      Map<String, Object> few = batches(8, 100, null);
      double[] z = (double[]) few.get("z");
      for (int row = 0; row < z.length; row++) {
        z[row] = Math.floorDiv(row, EACH); // the same for a batch
      }
      model.calibrate("alone", Data.columns(few), settings, new Monitor());
      few.put("line", IntStream.range(0, z.length).mapToObj(row -> "L").toArray(String[]::new));
      Map<String, Data> groups = model.groups(Data.columns(few), "line", settings, new Monitor());
      model.calibrateAll(groups, settings, false, outcome -> {}, new Monitor());
      Data fresh = Data.columns(batches(20, 200, null));
      assertArrayEquals(model.predict("alone", fresh).numbers("prediction_y"), model.predict("L", fresh).numbers("prediction_y"));
    }
  }

  private static double[] losses(Model model, Map<String, Object> few, TransferConfig settings) {
    return model.compare(Data.columns(few), null, List.of(Method.RIDGE_RESIDUAL), false, settings, new Monitor()).best().losses();
  }

  @Test
  void whatIsWrongWithTheColumnIsSaid() {
    try (Model model = base()) {
      TransferConfig settings = model.config().toBuilder().calibrate(c -> c.foldBy("batch").intervals(true)).build();
      Map<String, Object> few = batches(8, 100, "batch");
      Map<String, Object> without = new LinkedHashMap<>(few);
      without.remove("batch");
      assertSaid("lacks column batch, which says which rows belong together", model, without, settings);
      Map<String, Object> one = new LinkedHashMap<>(few);
      String[] same = ((String[]) few.get("batch")).clone();
      Arrays.fill(same, "b");
      one.put("batch", same);
      assertSaid("all 40 rows of the target belong together by column batch", model, one, settings);
      Map<String, Object> hole = new LinkedHashMap<>(few);
      String[] gap = ((String[]) few.get("batch")).clone();
      gap[6] = "";
      hole.put("batch", gap);
      assertSaid("row 7: column batch, which says which rows belong together, has no value", model, hole, settings);
    }
  }

  private static void assertSaid(String words, Model model, Map<String, Object> few, TransferConfig settings) {
    DataException e =
        assertThrows(DataException.class, () -> model.calibrate("t", Data.columns(few), settings, new Monitor()));
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(e.settings().contains("foldBy") || words.startsWith("lacks"), e.settings().toString());
  }

  @Test
  void byTheCommandLine() {
    Path source = csv("s.csv", batches(40, 1, "batch"), 1);
    Path target = csv("t.csv", batches(8, 100, "batch"), 1);
    Object[] quick = {"--label", "y", "--hidden", 8, "--source-epochs", 3, "--target-epochs", 5, "--fold-by", "batch"};
    Path model = folder.resolve("m");
    Cli.ok(Cli.and(quick, "transfer", "--source", source, "--target", target, "--intervals", "--learning-curve", "--out", model));
    try (Model read = Model.load(model)) {
      assertEquals(List.of("x", "z"), read.schema().inputs().stream().map(input -> input.name()).toList());
    }
    Cli.ok("prune", "--model", model, "--overwrite");
    Cli.ok("allocate", "--model", model, "--source", source);
    Cli tuned = Cli.ok("calibrate", "--model", model, "--target", target, "--name", "u", "--tune", "--fold-by", "batch");
    assertTrue(tuned.out().contains("cross-validated on the 40 rows"), tuned.out());
    Path tools = csv("tools.csv", batches(12, 300, "batch"), 2);
    Cli.ok("calibrate", "--model", model, "--target", tools, "--group-by", "tool", "--fold-by", "batch", "--intervals");
    Path out = folder.resolve("out.csv");
    Cli.ok("predict", "--model", model, "--input", tools, "--group-by", "tool", "--interval", "0.8", "--out", out);
    Cli compared = Cli.ok(Cli.and(quick, "compare", "--source", source, "--target", target, "--methods", "affine"));
    assertTrue(compared.out().contains("--fold-by batch"), compared.out());
    Cli.refused("lacks column lot", "calibrate", "--model", model, "--target", target, "--name", "w", "--fold-by", "lot");
    assertFalse(tuned.out().isEmpty());
  }

  // tools: so many, to whom the batches go in turn; of one the column is not written.
  private Path csv(String name, Map<String, Object> columns, int tools) {
    StringBuilder text = new StringBuilder("x,z,y,batch").append(tools > 1 ? ",tool" : "").append('\n');
    double[] x = (double[]) columns.get("x");
    for (int r = 0; r < x.length; r++) {
      text.append(x[r]).append(',').append(((double[]) columns.get("z"))[r]).append(',');
      text.append(((double[]) columns.get("y"))[r]).append(',').append(((String[]) columns.get("batch"))[r]);
      text.append(tools > 1 ? ",T" + r / EACH % tools : "").append('\n');
    }
    return Samples.write(folder.resolve(name), text.toString());
  }
}
