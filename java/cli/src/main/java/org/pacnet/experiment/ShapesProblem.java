package org.pacnet.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.pacnet.config.Augmentation;
import org.pacnet.config.Cnn;
import org.pacnet.config.Schedule;
import org.pacnet.config.Task;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;

/** {@link Shapes}: five shapes are told apart, then round ones from those with corners. */
final class ShapesProblem implements Problem {

  private static final int SOURCE_IMAGES = 3_000;
  private static final int TEST_IMAGES = 1_000;

  private final Path folder;

  ShapesProblem() {
    try {
      folder = Files.createTempDirectory("pacnet-shapes");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public TransferConfig.Builder settings() {
    return TransferConfig.builder("class")
        .objective(o -> o.task(Task.CLASSIFICATION))
        .network(new Cnn(List.of(16, 32, 64)))
        .source(f -> f.epochs(20))
        .target(f -> f.epochs(100))
        .fits(f -> f.learningRate(0.003).schedule(Schedule.CONSTANT).batchSize(64))
        .prune(p -> p.ratio(0.5))
        .images(i -> i.augment(Augmentation.values()));
  }

  private interface Writer {
    void write(Path folder, long seed);
  }

  private Data images(String name, int seed, int purpose, Writer writer) {
    Path own = folder.resolve(name + "-" + seed);
    if (!Files.exists(own)) {
      writer.write(own, seed * 1_000_003L + purpose);
    }
    return Data.images(own);
  }

  @Override
  public Data source(int seed) {
    return images("source", seed, 1, (to, by) -> Shapes.writeSource(to, SOURCE_IMAGES, by));
  }

  @Override
  public Data sourceTest(int seed) {
    return images("source-test", seed, 2, (to, by) -> Shapes.writeSource(to, TEST_IMAGES, by));
  }

  @Override
  public Data test(int seed) {
    return images("test", seed, 3, (to, by) -> Shapes.writeTarget(to, TEST_IMAGES, by));
  }

  @Override
  public Data target(int seed, int rows) {
    return images(
        "target-" + rows, seed, 3 + rows, (to, by) -> Shapes.writeTargetClasses(to, rows, by));
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
