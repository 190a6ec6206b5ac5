package org.pacnet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.error.OutputException;
import org.pacnet.result.Monitor;

/** A model whose place has gone is not lost. */
class SavingTest {

  @TempDir Path folder;

  @Test
  void whatCanNotBeSavedInItsPlaceIsSavedElsewhereAndSaidSo() throws IOException {
    Data data = Data.columns(Map.of("x", new double[] {1, 2, 3}, "y", new double[] {2, 4, 7}));
    TransferConfig config = TransferConfig.builder("y").hidden(4).source(f -> f.epochs(1)).build();
    Path directory = folder.resolve("model");
    try (ModelPlace place = ModelPlace.forNew(directory, false);
        Model model = Model.train(data, config, new Monitor())) {
      Files.move(directory, folder.resolve("gone"));
      Files.writeString(directory, "in the way");
      OutputException e = assertThrows(OutputException.class, () -> Saving.save(place, model));
      Path refuge = Path.of(e.getMessage().replaceAll(".* is in ", ""));
      try (Model saved = Model.load(refuge)) {
        assertEquals(model.parameterCount(), saved.parameterCount());
      } finally {
        try (Stream<Path> files = Files.list(refuge)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(refuge);
      }
    }
  }

  @Test
  void aBaseThatLostWhatTheSourceTaughtIsSaidPlainly() {
    double[] x = new double[600];
    double[] y = new double[600];
    for (int i = 0; i < 600; i++) {
      x[i] = i / 300.0 - 1;
      y[i] = Math.sin(3 * x[i]) + 0.1 * x[i];
    }
    Data data = Data.columns(Map.of("x", x, "y", y));
    TransferConfig config =
        TransferConfig.builder("y").hidden(64).source(f -> f.epochs(200)).fits(f -> f.learningRate(0.01)).build();
    try (Model model = Model.train(data, config, new Monitor())) {
      model.prune(0.99, model.config().prune().scope());
      model.allocate(data, new Monitor());
      List<String> warnings = Text.warnings(model);
      assertEquals(1, warnings.size());
      assertTrue(warnings.get(0).contains("--ratio"), warnings.get(0));
      model.prune(0.2, model.config().prune().scope());
      model.allocate(data, new Monitor());
      assertEquals(List.of(), Text.warnings(model));
    }
  }
}
