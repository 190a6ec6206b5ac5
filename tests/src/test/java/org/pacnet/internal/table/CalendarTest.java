package org.pacnet.internal.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pacnet.Model;
import org.pacnet.config.Activation;
import org.pacnet.config.Missing;
import org.pacnet.config.Perceptron;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.data.ReadMonitor;
import org.pacnet.error.DataException;
import org.pacnet.predict.RowPredictor;
import org.pacnet.result.Monitor;

/** Columns of dates: what they become, from every kind of table. */
final class CalendarTest {

  @TempDir Path dir;

  private Path csv(String... lines) throws IOException {
    return Files.write(dir.resolve("dates.csv"), List.of(lines));
  }

  private static float[] features(Data data, Missing missing) {
    DataOptions options = Tables.dates(Tables.regression(missing, "y"), "d");
    return Tables.values(Encoder.learn(data, options, SideColumns.NONE, ReadMonitor.NONE).rows().features());
  }

  private static float[] turn(double year, double ofYear, double ofDay) {
    return new float[] {
      (float) year, (float) Math.sin(2 * Math.PI * ofYear), (float) Math.cos(2 * Math.PI * ofYear),
      (float) Math.sin(2 * Math.PI * ofDay), (float) Math.cos(2 * Math.PI * ofDay)
    };
  }

  private static float[] both(float[] one, float[] other, int width) {
    float[] both = new float[2 * width];
    System.arraycopy(one, 0, both, 0, width);
    System.arraycopy(other, 0, both, width, width);
    return both;
  }

  // The 60th day of a leap year, and the last of another one.
  private static final float[] DATES = both(turn(2024, 59 / 366.0, 0), turn(2025, 364 / 365.0, 0), 3);

  @Test
  void aDateIsItsYearAndItsPlaceInIt() throws IOException {
    Data text = Data.files(csv("d,y", "2024-02-29,1", "2025-12-31,2"));
    assertArrayEquals(DATES, features(text, Missing.ERROR), 1e-6f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "VARCHAR"})
  void everyTypeOfDateIsTheSame(String type) {
    String rows = "SELECT CAST('2024-02-29' AS %1$s) AS d, 1 AS y UNION ALL SELECT CAST('2025-12-31' AS %1$s), 2 ORDER BY y".formatted(type);
    assertArrayEquals(DATES, features(Data.sql(rows), Missing.ERROR), 1e-6f);
  }

  @Test
  void columnsInMemoryAreToo() {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("d", new String[] {"2024-02-29", "2025-12-31"});
    columns.put("y", new double[] {1, 2});
    assertArrayEquals(DATES, features(Data.columns(columns), Missing.ERROR), 1e-6f);
  }

  @ParameterizedTest
  @CsvSource({
    "2024-02-29 18:00, 0.75", "2024-02-29T18:00:00Z, 0.75", "2024-02-29T20:30:00.000+02:30, 0.75", "2024-02-29 12:00:00-06, 0.75",
    "2024-02-29 00:00:43.2, 0.0005"
  })
  void aMomentHasATimeOfDayToo(String moment, double ofDay) throws IOException {
    Data data = Data.files(csv("d,y", moment + ",1", "2025-12-31,2"));
    float[] expected = both(turn(2024, 59 / 366.0, ofDay), turn(2025, 364 / 365.0, 0), 5);
    assertArrayEquals(expected, features(data, Missing.ERROR), 1e-6f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"04/03/2026", "2026-02-30", "2026-3-4", "12:30", "20260304", "soon", "2026-03-04 25:00", "2026-03-04 12:00+30"})
  void whatIsReadInOneWayHereAndInAnotherThereIsRefused(String text) throws IOException {
    Path file = csv("d,y", "2026-01-01,1", text + ",2");
    DataException refused = assertThrows(DataException.class, () -> features(Data.files(file), Missing.ERROR));
    assertTrue(refused.getMessage().contains("row 2, column d"), refused.getMessage());
    assertTrue(refused.getMessage().contains("no date that is read the same everywhere"), refused.getMessage());
  }

  @Test
  void missingDatesHaveNoMean() throws IOException {
    Data data = Data.files(csv("d,y", "2024-02-29,1", ",7", "2025-12-31,2"));
    assertThrows(DataException.class, () -> features(data, Missing.ERROR));
    DataException refused = assertThrows(DataException.class, () -> features(data, Missing.MEAN));
    assertTrue(refused.getMessage().contains("neither categories nor dates have a mean"), refused.getMessage());
    assertArrayEquals(DATES, features(data, Missing.DROP), 1e-6f);
  }

  @Test
  void aColumnIsOneThing() {
    DataException refused =
        assertThrows(DataException.class, () -> Tables.categorical(Tables.dates(Tables.regression("y"), "d"), "d"));
    assertTrue(refused.getMessage().contains("column d is given as more than one"), refused.getMessage());
  }

  @Test
  void aModelKeepsThemAndARowPredictorSaysTheSame() throws IOException {
    StringBuilder rows = new StringBuilder("x,d,y\n");
    for (int r = 0; r < 60; r++) {
      rows.append("%d,2024-%02d-%02d %02d:00,%d\n".formatted(r % 7, 1 + r % 12, 1 + r % 28, r % 24, r % 12));
    }
    Path source = Files.writeString(dir.resolve("source.csv"), rows);
    TransferConfig config =
        TransferConfig.builder("y").columns(c -> c.dates("d")).network(new Perceptron(List.of(8), Activation.SILU, 0)).source(f -> f.epochs(3)).target(f -> f.epochs(2)).build();
    Path saved = dir.resolve("model");
    try (Model model = Model.train(Data.files(source), config, new Monitor())) {
      model.prune();
      model.allocate(Data.files(source), new Monitor());
      model.calibrate("t", Data.files(source), config, new Monitor());
      model.save(saved, false);
    }
    try (Model model = Model.load(saved)) {
      Path asked = csv("d,x", "2024-07-01 06:00,3", "2023-12-31,1", "2024-02-29T23:59:59.5Z,2");
      double[] expected = model.predict("t", Data.files(asked)).numbers("prediction_y");
      RowPredictor predictor = model.rowPredictor("t");
      String[] dates = {"2024-07-01 06:00", "2023-12-31", "2024-02-29T23:59:59.5Z"};
      double[] x = {3, 1, 2};
      for (int r = 0; r < 3; r++) {
        assertEquals(expected[r], predictor.predict(x[r], predictor.date(1, dates[r]))[0], 1e-5);
      }
      assertThrows(DataException.class, () -> predictor.date(0, "2024-07-01"));
      assertThrows(DataException.class, () -> predictor.date(1, "1 July"));
      assertThrows(DataException.class, () -> predictor.predict(1, 1e300));
    }
  }
}
