package org.pacnet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.Distilled;
import org.pacnet.Model;
import org.pacnet.ModelPlace;
import org.pacnet.config.Activation;
import org.pacnet.config.Cnn;
import org.pacnet.config.NetworkSpec;
import org.pacnet.config.Perceptron;
import org.pacnet.config.ResNet18;
import org.pacnet.data.Data;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Words;
import org.pacnet.result.Metrics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet distil}. */
@Command(
    name = "distil",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Learn a small network that says what a target says, by whatever method that was learnt: a model of its own, to be predicted by, exported and calibrated. For"
          + " tables of inputs and labels, and images.",
      "",
      "Example: ./pacnet distil --model model --name fab2 --student 32,32 --test later.csv --out small",
      ""
    })
final class DistilCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Option(names = "--name", paramLabel = "TARGET", description = "A target of the model; may be left out if there is only one")
  private @Nullable String name;

  @Option(
      names = "--student",
      split = ",",
      paramLabel = "W",
      description = "Widths of the small network's hidden layers (default: 32,32); of images those of a cnn's blocks (default: 8,16,32)")
  private @Nullable List<Integer> student;

  @Option(
      names = "--rows",
      paramLabel = "FILE",
      description =
          "Rows of the model's input columns to ask the target of, without labels; for numbers those of the source that the model keeps are asked too, for classes there are"
              + " no others; of images a folder of them")
  private @Nullable String rows;

  @Option(names = "--test", paramLabel = "FILE", description = "Labelled rows of the target to measure teacher and student by")
  private @Nullable String test;

  @Mixin private OutOptions out = new OutOptions();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (ProgressDisplay display = new ProgressDisplay();
        ModelPlace place = ModelPlace.forNew(Path.of(out.out), out.overwrite);
        Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      String target = TargetChoice.one(model, name);
      Data tested = test == null ? null : Tables.of(test);
      Metrics teacher = tested == null ? null : model.evaluate(target, tested);
      Distilled learned =
          model.distil(target, network(model), rows == null ? null : Tables.of(rows), display.monitor());
      try (Model small = learned.model()) {
        display.finish();
        Metrics own = tested == null ? null : small.evaluate(target, tested);
        Saving.save(place, small);
        output.print(
            Json.object(
                "model", out.out,
                "teacher", Json.object("numbers", learned.teacherNumbers(), "secondsPerRow", learned.teacherSeconds(), "test", teacher),
                "student", Json.object("numbers", learned.studentNumbers(), "secondsPerRow", learned.studentSeconds(), "test", own),
                "rows", learned.rows(),
                "alike", learned.alike()),
            text -> {
              List<List<String>> cells = new ArrayList<>();
              cells.add(row("teacher", learned.teacherNumbers(), learned.teacherSeconds(), teacher));
              cells.add(row("student", learned.studentNumbers(), learned.studentSeconds(), own));
              Text.table(text, header(teacher), cells);
              text.println();
              text.println(alike(learned, target));
              text.println("Model written to " + out.out + ", with " + target + " for its target");
            });
      }
    }
  }

  private NetworkSpec network(Model model) {
    NetworkSpec is = model.config().network();
    if (is instanceof Cnn || is instanceof ResNet18) {
      return new Cnn(student == null ? List.of(8, 16, 32) : student);
    }
    Activation activation = is instanceof Perceptron mlp ? mlp.activation() : Activation.SILU;
    return new Perceptron(student == null ? List.of(32, 32) : student, activation, 0);
  }

  private static List<String> header(@Nullable Metrics tested) {
    List<String> header = new ArrayList<>(List.of("", "numbers", "µs a row"));
    if (tested != null) {
      header.add(tested.accuracy() != null ? "accuracy" : "RMSE of the test");
    }
    return header;
  }

  private static List<String> row(String who, long numbers, double seconds, @Nullable Metrics tested) {
    List<String> row = new ArrayList<>(List.of(who, Words.count(numbers), String.format(Locale.ROOT, "%.2f", seconds * 1e6)));
    if (tested != null) {
      row.add(tested.accuracy() != null ? Words.percent(tested.accuracy()) : String.format(Locale.ROOT, "%.4g", tested.error()));
    }
    return row;
  }

  private static String alike(Distilled learned, String target) {
    String rows = "Learnt of what " + target + " says of " + Words.count(learned.rows()) + " rows.";
    Metrics alike = learned.alike();
    if (alike == null) {
      return rows + " There were too few to leave some out.";
    }
    String left = " Of " + Words.count(alike.rows()) + " others ";
    if (alike.accuracy() != null) {
      return rows + left + "it names the same class for " + Words.percent(alike.accuracy()) + ".";
    }
    return rows + left + String.format(Locale.ROOT, "it is off from that by an RMSE of %.4g.", alike.error());
  }
}
