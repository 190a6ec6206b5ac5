package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.internal.learn.Folds;
import org.pacnet.internal.learn.TargetRows;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.LearningCurve;
import org.pacnet.result.Monitor;

/** Rows that come one after the other: a tool that drifts. */
class FoldTimeTest {

  @TempDir private Path folder;

  // Each day y is a little higher; x moves with the day, so that who knows days before and after knows the day.
  private static Map<String, Object> days(int count, double drift, long seed) {
    Random random = new Random(seed);
    int[] order = IntStream.range(0, count).boxed().sorted((a, b) -> Integer.compare(a * 7 % count, b * 7 % count)).mapToInt(i -> i).toArray();
    double[] x = new double[count];
    double[] y = new double[count];
    String[] day = new String[count];
    for (int r = 0; r < count; r++) {
      int t = order[r];
      x[r] = 3.0 * t / count + 0.05 * random.nextGaussian();
      y[r] = Math.sin(x[r]) + drift * x[r] * x[r] + 0.02 * random.nextGaussian();
      day[r] = java.time.LocalDate.of(2026, 1, 1).plusDays(t).toString();
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("x", x);
    columns.put("y", y);
    columns.put("day", day);
    return columns;
  }

  private static Model base() {
    Map<String, Object> source = days(300, 0, 1);
    source.remove("day");
    TransferConfig config = TransferConfig.builder("y").hidden(16, 16).source(f -> f.epochs(40)).seed(2).build();
    Model model = Model.train(Data.columns(source), config, new Monitor());
    model.prune();
    model.allocate(Data.columns(source), new Monitor());
    return model;
  }

  private static TransferConfig byDay(Model model) {
    return model.config().toBuilder().method(Method.GP_RESIDUAL).calibrate(c -> c.foldTime("day")).build();
  }

  @Test
  void eachPartIsAskedOfWhatWasBeforeIt() {
    try (Model model = base()) {
      int[] times = {5, 0, 1, 9, 2, 2, 2, 7, 3, 8, 4, 6};
      String[] texts = new String[times.length];
      double[] numbers = new double[times.length];
      for (int r = 0; r < times.length; r++) {
        texts[r] = "2026-01-0" + (times[r] / 2 + 1) + (times[r] % 2 == 0 ? " 06:00" : " 18:30");
        numbers[r] = times[r] - 100.5;
      }
      for (Object column : new Object[] {texts, numbers}) {
        Map<String, Object> table = new LinkedHashMap<>(days(times.length, 0, 3));
        table.put("day", column);
        EncodedData rows = encoded(model, table);
        assertTrue(rows.inOrder());
        assertArrayEquals(times, rows.groups());
        Folds folds = Folds.heldOut(rows, 5, 0);
        int asked = 0;
        for (int fold = 0; fold < folds.count(); fold++) {
          int last = IntStream.of(folds.outside(fold)).map(r -> times[r]).max().orElseThrow();
          int first = IntStream.of(folds.inside(fold)).map(r -> times[r]).min().orElseThrow();
          assertTrue(last < first, fold + ": " + last + " " + first);
          asked += folds.inside(fold).length;
        }
        assertEquals(5, folds.count());
        assertEquals(asked, folds.asked().length);
        assertEquals(times.length - folds.outside(0).length, asked);
        assertEquals(2, folds.outside(0).length);
      }
    }
  }

  private static EncodedData encoded(Model model, Map<String, Object> table) {
    return TargetRows.read(Data.columns(table), model.schema(), byDay(model), new Monitor()).rows();
  }

  private static Map<String, Object> without(Map<String, Object> table) {
    Map<String, Object> rest = new LinkedHashMap<>(table);
    rest.remove("day");
    return rest;
  }

  @Test
  void whatDriftsIsHarderToForetellThanToFillIn() {
    try (Model model = base()) {
      Map<String, Object> few = days(40, 0.3, 7);
      List<Method> gp = List.of(Method.GP);
      double later = model.compare(Data.columns(few), null, gp, false, byDay(model), new Monitor()).alone().error();
      double between = model.compare(Data.columns(without(few)), null, gp, false, model.config(), new Monitor()).alone().error();
      assertTrue(later > 2.5 * between, later + " of later days, " + between + " of days between");
    }
  }

  @Test
  void intervalsAreOfLaterDays() {
    try (Model model = base()) {
      TransferConfig settings = byDay(model).toBuilder().calibrate(c -> c.intervals(true)).build();
      Map<String, Object> few = days(36, 0.3, 7);
      model.calibrate("t", Data.columns(few), settings, new Monitor());
      // Of 36 days the first six are only learnt from: 30 residuals promise 30/31.
      assertTrue(model.predict("t", Data.columns(few), 0.96).columns().contains("upper_y"));
      DataException refused = assertThrows(DataException.class, () -> model.predict("t", Data.columns(few), 0.97));
      assertTrue(refused.getMessage().contains("0.96"), refused.getMessage());
      model.calibrate("u", Data.columns(without(few)), settings.toBuilder().calibrate(c -> c.foldTime(null)).build(), new Monitor());
      double wide = width(model, "t", few);
      double narrow = width(model, "u", few);
      assertTrue(wide > 2 * narrow, wide + " " + narrow);
      model.save(folder.resolve("m"), false);
      try (Model loaded = Model.load(folder.resolve("m"))) {
        assertEquals("day", loaded.config("t").calibrate().foldTime());
        assertEquals(wide, width(loaded, "t", few));
      }
    }
  }

  private static double width(Model model, String target, Map<String, Object> rows) {
    Predictions said = model.predict(target, Data.columns(rows), 0.9);
    return said.numbers("upper_y")[0] - said.numbers("lower_y")[0];
  }

  @Test
  void everythingThatCrossValidatesGoesByIt() {
    try (Model model = base()) {
      Data few = Data.columns(days(30, 0.3, 7));
      TransferConfig settings = byDay(model);
      assertEquals(25, model.tune(few, settings, new Monitor()).best().losses().length);
      assertEquals(25, model.importance(few, null, settings, new Monitor()).rows());
      LearningCurve curve = model.learningCurve(few, settings, new Monitor());
      // 5, 10, 15, 20 and 25 days are before the five parts.
      assertEquals(15, curve.points().get(curve.points().size() - 1).rows());
      // What deals folds of its own inside a fit has all rows in them.
      for (Method method : List.of(Method.STACK, Method.PAC_ENSEMBLE)) {
        TransferConfig how = settings.toBuilder().method(method).target(f -> f.epochs(30)).build();
        model.calibrate("timed", few, how, new Monitor());
        model.calibrate("plain", Data.columns(without(days(30, 0.3, 7))), how.toBuilder().calibrate(c -> c.foldTime(null)).build(), new Monitor());
        assertArrayEquals(model.predict("plain", few).numbers("prediction_y"), model.predict("timed", few).numbers("prediction_y"));
      }
    }
  }

  @Test
  void whatIsNoTimeIsRefused() {
    Path source = Samples.csv(folder.resolve("s.csv"), 60, 0, 1);
    Path model = folder.resolve("m");
    Object[] shared = {"--source", source, "--label", "y", "--ignore", "grade", "--hidden", 8, "--source-epochs", 2, "--target-epochs", 2, "--out", model, "--overwrite"};
    String table = IntStream.range(0, 8).mapToObj(i -> String.format(Locale.ROOT, "0.%d,1%d,T1,11%d,low,%s", i, i, i, i == 5 ? "soon" : "" + i)).collect(Collectors.joining("\n", "a,b,tool,y,grade,when\n", "\n"));
    Path target = Samples.write(folder.resolve("t.csv"), table);
    Cli.refused("t.csv: column when, which says when a row was measured, has 'soon', which is neither a number nor a date", Cli.and(shared, "transfer", "--target", target, "--fold-time", "when"));
    Cli.refused("lacks column day", Cli.and(shared, "transfer", "--target", target, "--fold-time", "day"));
    Path none = Samples.write(folder.resolve("n.csv"), table.replace("soon", ""));
    Cli.refused("has no value", Cli.and(shared, "transfer", "--target", none, "--fold-time", "when"));
    Path same = Samples.write(folder.resolve("e.csv"), table.replaceAll(",low,[a-z0-9]+", ",low,3"));
    Cli.refused("are of one time by column when", Cli.and(shared, "transfer", "--target", same, "--fold-time", "when", "--tune"));
    Cli.refused("--fold-time", Cli.and(shared, "transfer", "--target", target, "--fold-time", "when", "--fold-by", "tool"));
    Path sound = Samples.write(folder.resolve("g.csv"), table.replace("soon", "5"));
    Cli.ok(Cli.and(shared, "transfer", "--target", sound, "--fold-time", "when", "--tune"));
    // Of many targets each goes by its own times.
    Cli.ok("calibrate", "--model", model, "--target", sound, "--group-by", "grade", "--fold-time", "when", "--intervals");
  }
}
