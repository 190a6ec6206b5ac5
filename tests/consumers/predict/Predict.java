import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pacnet.predict.RowPredictor;
import org.pacnet.predict.SavedModel;

/** Answers the rows of a file by a saved model, and compares them with what stands in the last column. */
public class Predict {
  public static void main(String[] args) throws Exception {
    RowPredictor predictor = SavedModel.open(Path.of(args[0])).target("t");
    List<String> lines = Files.readAllLines(Path.of(args[1]));
    double worst = 0;
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split(",");
      double expected = Double.parseDouble(fields[fields.length - 1]);
      double[] row = new double[predictor.inputs().size()];
      for (int i = 0; i < row.length; i++) {
        row[i] = fields[i].matches("T\\d") ? predictor.category(i, fields[i]) : Double.parseDouble(fields[i]);
      }
      worst = Math.max(worst, Math.abs(predictor.predict(row)[0] - expected) / Math.abs(expected));
    }
    if (!(worst < 1e-5) || lines.size() < 3) {
      throw new AssertionError("off by " + worst + " in " + lines.size() + " lines");
    }
    System.out.printf("%d rows, off by %.1e at most%n", lines.size() - 1, worst);
  }
}
