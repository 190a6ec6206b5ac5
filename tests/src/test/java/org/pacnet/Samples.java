package org.pacnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ObjDoubleConsumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.experiment.Problem;
import org.pacnet.result.Monitor;

/** Small tables: y is a smooth function of a and b and of a tool; the target's is shifted. */
final class Samples {

  private Samples() {}

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /** Columns a, b, y in memory. */
  static Data columns(int rows, double shift, long seed) {
    return Data.columns(draw(rows, shift, seed, 0));
  }

  /** The same with noise of deviation 1 on y. */
  static Data noisy(int rows, double shift, long seed) {
    return Data.columns(draw(rows, shift, seed, 1));
  }

  /** Its labels. */
  static double[] noisyLabels(int rows, double shift, long seed) {
    return draw(rows, shift, seed, 1).get("y");
  }

  private static Map<String, double[]> draw(int rows, double shift, long seed, double noise) {
    RandomGenerator random = random(seed);
    double[] a = new double[rows];
    double[] b = new double[rows];
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      a[r] = random.nextGaussian();
      b[r] = random.nextDouble(10, 20);
      y[r] = 100 + 5 * Math.sin(a[r] + shift) + b[r];
      if (noise > 0) {
        y[r] += noise * random.nextGaussian();
      }
    }
    Map<String, double[]> columns = new LinkedHashMap<>();
    columns.put("a", a);
    columns.put("b", b);
    columns.put("y", y);
    return columns;
  }

  /** The table of {@link #columns} as the lines of a CSV file, with every digit. */
  static List<String> lines(int rows, double shift, long seed) {
    Map<String, double[]> columns = draw(rows, shift, seed, 0);
    List<String> lines = new ArrayList<>(List.of(String.join(",", columns.keySet())));
    for (int row = 0; row < rows; row++) {
      int r = row;
      lines.add(columns.values().stream().map(c -> String.valueOf(c[r])).collect(Collectors.joining(",")));
    }
    return lines;
  }

  /** A CSV file with columns a, b, tool (text), y and grade (low, mid, high). */
  static Path csv(Path file, int rows, double shift, long seed, String... grades) {
    String[] names = grades.length == 3 ? grades : new String[] {"low", "mid", "high"};
    RandomGenerator random = random(seed);
    StringBuilder text = new StringBuilder("a,b,tool,y,grade\n");
    for (int r = 0; r < rows; r++) {
      double a = random.nextGaussian();
      double b = random.nextDouble(10, 20);
      int tool = random.nextInt(3);
      double y = 100 + 5 * Math.sin(a + shift) + b + 3 * tool;
      String grade = names[y < 115 ? 0 : y < 120 ? 1 : 2];
      text.append(
          String.format(Locale.ROOT, "%.6f,%.6f,T%d,%.6f,%s%n", a, b, tool, y, grade));
    }
    return write(file, text.toString());
  }

  /** The fields of a CSV file's lines but for the header. */
  static List<String[]> fields(Path file) {
    try {
      return Files.readAllLines(file).stream().skip(1).map(line -> line.split(",", -1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The one file of a model or target directory whose name begins so; targets are below "targets". */
  static Path file(Path directory, String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? name : name.substring(0, slash);
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> found =
          files.filter(f -> f.getFileName().toString().matches(first + "(-.*)?")).toList();
      if (found.size() != 1) {
        throw new AssertionError(name + " in " + directory + " is " + found);
      }
      return slash < 0 ? found.get(0) : file(found.get(0), name.substring(slash + 1));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A configuration that trains in a moment. */
  static TransferConfig.Builder quick() {
    return quick("y");
  }

  static TransferConfig.Builder quick(String label) {
    return TransferConfig.builder(label).method(Method.PAC).hidden(16, 16).source(f -> f.epochs(3)).target(f -> f.epochs(5)).seed(1);
  }

  /**
   * Trains a source and calibrates a target by PAC, which must do better than scratch and leave the source as it was.
   *
   * @param more of the model, and of what PAC is off by on {@code at.test(1)}
   */
  static void expectHelpfulSource(
      Problem at, TransferConfig config, int rows, ObjDoubleConsumer<Model> more) {
    Monitor monitor = new Monitor();
    try (Model model = Model.train(at.source(1), config, monitor)) {
      model.prune();
      model.allocate(at.source(1), monitor);
      double source = model.evaluate(at.sourceTest(1)).error();
      model.calibrate("pac", at.target(1, rows), monitor);
      model.calibrate(
          "scratch", at.target(1, rows), config.toBuilder().method(Method.SCRATCH).build(), monitor);
      double pac = model.evaluate("pac", at.test(1)).error();
      assertTrue(pac < model.evaluate("scratch", at.test(1)).error(), at + " " + pac);
      assertEquals(pac, model.evaluate("pac", at.test(1)).error());
      assertEquals(source, model.evaluate(at.sourceTest(1)).error());
      more.accept(model, pac);
    }
  }
}
