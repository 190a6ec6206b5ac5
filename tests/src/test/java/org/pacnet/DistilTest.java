package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pacnet.config.Activation;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Cnn;
import org.pacnet.config.Method;
import org.pacnet.config.Perceptron;
import org.pacnet.config.Schedule;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Shapes;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;
import org.pacnet.result.Monitor;

/** A small network learns what a target says, and takes its place. */
class DistilTest {

  private static final Perceptron SMALL = new Perceptron(List.of(16, 16), Activation.SILU, 0);

  @TempDir Path folder;

  private static double truth(double a, double b, String mode, double shift) {
    return Math.sin(2 * a) + b * b + (mode.equals("hot") ? 1 + shift : 0) + shift * a;
  }

  private static Data rows(int count, long seed, double shift, boolean labels, boolean classes) {
    Random random = new Random(seed);
    double[] a = new double[count];
    double[] b = new double[count];
    String[] mode = new String[count];
    double[] y = new double[count];
    String[] grade = new String[count];
    for (int r = 0; r < count; r++) {
      a[r] = random.nextGaussian();
      b[r] = 50 + 10 * random.nextGaussian();
      mode[r] = random.nextBoolean() ? "hot" : "cold";
      y[r] = 100 + 30 * truth(a[r], (b[r] - 50) / 10, mode[r], shift);
      grade[r] = y[r] < 115 ? "low" : y[r] < 150 ? "mid" : "high";
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("a", a);
    columns.put("b", b);
    columns.put("mode", mode);
    if (labels) {
      columns.put("y", classes ? grade : y);
    }
    return Data.columns(columns);
  }

  private static TransferConfig.Builder settings(boolean classes) {
    return TransferConfig.builder("y").hidden(48, 48).source(f -> f.epochs(100)).target(f -> f.epochs(100))
        .objective(o -> o.task(classes ? Task.CLASSIFICATION : Task.REGRESSION)).seed(4);
  }

  @ParameterizedTest
  @EnumSource(names = {"PAC", "STACK", "PAC_ENSEMBLE", "GP_RESIDUAL"})
  void aStudentSaysWhatItsTeacherSaysAndTakesItsPlace(Method method) {
    TransferConfig config = settings(false).method(method).build();
    Data test = rows(500, 9, 0.5, true, false);
    Data unknown = rows(40, 8, 0.5, false, false);
    try (Model model = Model.transfer(rows(800, 1, 0, true, false), "t", rows(40, 2, 0.5, true, false), config, new Monitor());
        Model student = model.distil("t", SMALL, null, new Monitor()).model();
        Model again = model.distil("t", SMALL, null, new Monitor()).model()) {
      double spread = 30 * 1.6;
      double[] taught = model.predict("t", test).numbers("prediction_y");
      double[] learnt = student.predict("t", test).numbers("prediction_y");
      double squares = 0;
      for (int r = 0; r < taught.length; r++) {
        squares += Math.pow(taught[r] - learnt[r], 2) / taught.length;
      }
      assertTrue(Math.sqrt(squares) < 0.12 * spread, method + ": " + Math.sqrt(squares));
      assertTrue(student.evaluate("t", test).error() < 1.15 * model.evaluate("t", test).error() + 0.02 * spread, method.toString());
      assertArrayEquals(learnt, again.predict("t", test).numbers("prediction_y"));
      Path place = folder.resolve(method.toString());
      student.save(place, false);
      double[] said = student.predict("t", unknown).numbers("prediction_y");
      try (Model loaded = Model.load(place)) {
        assertArrayEquals(said, loaded.predict("t", unknown).numbers("prediction_y"));
      }
      RowPredictor plain = SavedModel.open(place).target("t");
      Data one = Data.columns(Map.of("a", new double[] {0.3}, "b", new double[] {47}, "mode", new String[] {"hot"}));
      assertEquals(student.predict("t", one).numbers("prediction_y")[0], plain.predict(0.3, 47, plain.category(2, "hot"))[0], 1e-3, "plain Java");
    }
  }

  @Test
  void itIsSmallAndSaysHowSmall() {
    try (Model model = Model.transfer(rows(800, 1, 0, true, false), "t", rows(40, 2, 0.5, true, false), settings(false).build(), new Monitor())) {
      Distilled learned = model.distil("t", SMALL, rows(300, 5, 0.5, false, false), new Monitor());
      try (Model student = learned.model()) {
        assertEquals(4 * 16 + 16 + 16 * 16 + 16 + 16 + 1, learned.studentNumbers());
        assertEquals(learned.studentNumbers(), student.parameterCount());
        assertTrue(learned.teacherNumbers() > model.parameterCount(), "the mix keeps more than the network");
        assertEquals(10_000, learned.rows());
        assertEquals(110, learned.alike().rows());
        assertTrue(learned.alike().labels().get(0).r2() > 0.98, learned.alike().toString());
        assertTrue(learned.teacherSeconds() > 0 && learned.studentSeconds() > 0);
      }
    }
  }

  @Test
  void classesAreLearntFromLogits() {
    try (Model model = Model.transfer(rows(800, 1, 0, true, true), "t", rows(60, 2, 0.5, true, true), settings(true).build(), new Monitor())) {
      DataException none = assertThrows(DataException.class, () -> model.distil("t", SMALL, null, new Monitor()));
      assertTrue(none.getMessage().contains("keeps no rows of the source"), none.getMessage());
      Distilled learned = model.distil("t", SMALL, rows(800, 5, 0.5, false, true), new Monitor());
      try (Model student = learned.model()) {
        assertTrue(learned.alike().accuracy() > 0.93, learned.alike().toString());
        Data test = rows(500, 9, 0.5, true, true);
        double teacher = model.evaluate("t", test).error();
        assertTrue(student.evaluate("t", test).error() < teacher + 0.03);
        // Not the classes alone: how sure it is too.
        assertTrue(student.evaluate("t", test).crossEntropy() < model.evaluate("t", test).crossEntropy() + 0.15);
      }
    }
  }

  @Test
  void classesOfATargetsOwnToo() {
    Random random = new Random(3);
    double[] x = random.doubles(60).toArray();
    String[] grade = new String[60];
    for (int r = 0; r < 60; r++) {
      grade[r] = x[r] < 0.3 ? "scrap" : "ship";
    }
    TransferConfig config = settings(true).method(Method.PAC).columns(c -> c.standardizeInputs(false)).build();
    String[] known = new String[60];
    for (int r = 0; r < 60; r++) {
      known[r] = x[r] < 0.5 ? "bad" : "good";
    }
    try (Model model = Model.transfer(Data.columns(Map.of("x", x, "y", known)), "t", Data.columns(Map.of("x", x, "y", grade)), config, new Monitor());
        Model student = model.distil("t", SMALL, Data.columns(Map.of("x", x)), new Monitor()).model()) {
      assertEquals(List.of("scrap", "ship"), student.classes("t"));
      assertTrue(student.evaluate("t", Data.columns(Map.of("x", x, "y", grade))).accuracy() > 0.9);
    }
  }

  // Round or not, told by the output layer alone of a network of five shapes.
  @Test
  void imagesToo() {
    Path source = folder.resolve("source");
    Path few = folder.resolve("few");
    Path unlabelled = folder.resolve("unlabelled");
    Path test = folder.resolve("test");
    Shapes.writeSource(source, 1500, 1);
    Shapes.writeTargetClasses(few, 20, 2);
    Shapes.writeTarget(unlabelled, 500, 3);
    Shapes.writeTarget(test, 200, 4);
    TransferConfig config =
        TransferConfig.builder("class")
            .objective(o -> o.task(Task.CLASSIFICATION))
            .network(new Cnn(List.of(16, 32, 64)))
            .images(i -> i.augment(Augmentation.values()))
            .fits(f -> f.batchSize(64).schedule(Schedule.CONSTANT))
            .prune(p -> p.ratio(0.5))
            .source(f -> f.epochs(20))
            .target(f -> f.epochs(60))
            .seed(3)
            .build();
    Cnn small = new Cnn(List.of(8, 16, 32));
    try (Model model = Model.transfer(Data.images(source), "t", Data.images(few), config, new Monitor())) {
      DataException none = assertThrows(DataException.class, () -> model.distil("t", small, null, new Monitor()));
      assertEquals(List.of("rows"), none.settings());
      DataException table = assertThrows(DataException.class, () -> model.distil("t", SMALL, Data.images(unlabelled), new Monitor()));
      assertEquals(List.of("student"), table.settings());
      Data columns = Data.columns(Map.of("x", new double[] {1, 2}));
      DataException noImages = assertThrows(DataException.class, () -> model.distil("t", small, columns, new Monitor()));
      assertTrue(noImages.getMessage().contains("trained on images"), noImages.getMessage());
      noImages = assertThrows(DataException.class, () -> model.predictAugmented("t", columns, 2));
      assertTrue(noImages.getMessage().contains("trained on images"), noImages.getMessage());
      Distilled learned = model.distil("t", small, Data.images(unlabelled), new Monitor());
      try (Model student = learned.model()) {
        assertEquals(450, learned.rows());
        assertEquals(50, learned.alike().rows());
        double teacher = model.evaluate("t", Data.images(test)).error();
        double own = student.evaluate("t", Data.images(test)).error();
        assertTrue(teacher < 0.3, "" + teacher);
        assertTrue(own < teacher + 0.08, own + " " + teacher + " " + learned.alike());
        assertTrue(learned.studentNumbers() < learned.teacherNumbers() / 3);
        assertEquals(model.predict("t", Data.images(test)).columns(), student.predict("t", Data.images(test)).columns());
        String column = student.predict("t", Data.images(test)).columns().get(1);
        double[] said = student.predict("t", Data.images(test)).numbers(column);
        Path place = folder.resolve("student");
        student.save(place, false);
        try (Model loaded = Model.load(place)) {
          assertArrayEquals(said, loaded.predict("t", Data.images(test)).numbers(column));
        }
      }
    }
  }

  @Test
  void aStudentIsABaseOfWhichNothingIsPrunedYet() {
    try (Model model = Model.transfer(rows(800, 1, 0, true, false), "t", rows(40, 2, 0.5, true, false), settings(false).build(), new Monitor());
        Model student = model.distil("t", SMALL, null, new Monitor()).model()) {
      Data target = rows(30, 6, 0.7, true, false);
      TransferConfig pac = student.config().toBuilder().method(Method.PAC).build();
      DataException refused = assertThrows(DataException.class, () -> student.calibrate("u", target, pac, new Monitor()));
      assertTrue(refused.getMessage().contains("nothing of this base is pruned"), refused.getMessage());
      student.calibrate("u", target, student.config().toBuilder().method(Method.STACK).build(), new Monitor());
      student.prune();
      student.allocate(rows(800, 1, 0.5, true, false), new Monitor());
      student.calibrate("u", target, pac, new Monitor());
      assertEquals(List.of("u"), List.copyOf(student.targetNames()));
    }
  }

  @Test
  void rowsLikeThoseThatAreThere() {
    // Categories stay whole, numbers near, and what is alike in all rows stays as it is.
    try (Model model = Model.transfer(rows(30, 1, 0, true, false), "t", rows(10, 2, 0.5, true, false), settings(false).source(f -> f.epochs(5)).build(), new Monitor())) {
      Distilled learned = model.distil("t", SMALL, null, new Monitor());
      learned.model().close();
      assertEquals(10_000, learned.rows());
      assertEquals(3, learned.alike().rows());
      Distilled more = model.distil("t", SMALL, rows(20_000, 3, 0.5, false, false), new Monitor());
      more.model().close();
      assertEquals(18_027, more.rows(), "all that were given but a tenth, and none made");
    }
  }

  @Test
  void theCommandLineTellsBothApart() throws Exception {
    Path source = Samples.csv(folder.resolve("s.csv"), 200, 0, 1);
    Path target = Samples.csv(folder.resolve("t.csv"), 30, 1, 2);
    Path model = folder.resolve("m");
    Path small = folder.resolve("small");
    Cli.ok("transfer", "--source", source, "--target", target, "--label", "y", "--hidden", 32, "--source-epochs", 20, "--out", model);
    Cli said = Cli.ok("distil", "--model", model, "--student", "8,8", "--test", target, "--out", small);
    assertTrue(said.out().contains("teacher") && said.out().contains("RMSE of the test") && said.out().contains("with target for its target"), said.out());
    Cli json = Cli.ok("distil", "--model", model, "--student", 8, "--out", small, "--overwrite", "--json");
    assertTrue(json.json().get("student").get("numbers").asLong() < json.json().get("teacher").get("numbers").asLong());
    assertTrue(json.json().get("student").get("test").isNull());
    Path predicted = folder.resolve("p.csv");
    Cli.ok("predict", "--model", small, "--input", target, "--out", predicted);
    assertEquals(31, Files.readAllLines(predicted).size());
    Cli.ok("export", "--model", small, "--name", "target", "--out", folder.resolve("w.onnx"));
    Cli.refused("already holds a model", "distil", "--model", model, "--out", small);
    Cli.refused("must each have a width", "distil", "--model", model, "--student", 0, "--out", folder.resolve("x"));
    Cli.refused("does not exist", "distil", "--model", model, "--rows", folder.resolve("none.csv"), "--out", folder.resolve("x"));
    Path wrong = folder.resolve("wrong.csv");
    Files.writeString(wrong, "a,b\n1,2\n");
    Cli.refused("wrong.csv", "distil", "--model", model, "--rows", wrong, "--out", folder.resolve("x"));
    assertTrue(Files.notExists(folder.resolve("x")));
  }
}
