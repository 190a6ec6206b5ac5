package org.pacnet.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pacnet.Model;
import org.pacnet.data.Schema;
import org.pacnet.internal.base.Json;
import org.pacnet.report.Words;
import org.pacnet.report.Reports;
import org.pacnet.result.PhaseReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet inspect}. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Show what is in a model: columns, layers, phases, targets.", ""})
final class InspectCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "A model")
  private String directory = "";

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    try (Model model = Model.load(Path.of(directory), ComputeOptions.processors())) {
      output.print(
          Json.object(
              "model", directory,
              "parameters", model.parameterCount(),
              "config", Reports.saved(model.config()),
              "schema", model.schema(),
              "layers", model.layers(),
              "phases", model.reports(),
              "targets", model.targets(),
              "damagedTargets", model.damagedTargets()),
          out -> print(out, model));
    }
  }

  private static void print(PrintStream out, Model model) {
    out.println("Task     " + model.config().objective().task().name().toLowerCase(Locale.ROOT)
        + " of "
        + String.join(", ", model.schema().labels().stream().map(Schema.Label::name).toList()));
    out.println(inputs(model.schema()));
    if (!model.schema().classes().isEmpty()) {
      out.println("Classes  " + String.join(", ", model.schema().classes()));
    }
    out.println("Network  " + model.describe());
    out.println();
    Text.layers(out, model.layers());
    out.println();
    List<String> header = new ArrayList<>(List.of("phase", "rows", "epochs"));
    header.addAll(Text.metricTitles(model));
    List<List<String>> rows = new ArrayList<>();
    for (PhaseReport report : model.reports()) {
      rows.add(row(report.phase().toString(), report, header.size() - 3));
    }
    for (Map.Entry<String, PhaseReport> target : model.targets().entrySet()) {
      rows.add(row("Calibrate " + target.getKey(), target.getValue(), header.size() - 3));
    }
    Text.table(out, header, rows);
    out.println("  (errors on the rows that the phase trained with)");
    for (String target : model.targets().keySet()) {
      List<String> own = model.ownInputs(target).stream().map(Schema.Input::name).toList();
      if (!own.isEmpty()) {
        out.println("Besides  " + target + ": " + String.join(", ", own));
      }
    }
    model
        .damagedTargets()
        .forEach((name, damage) -> out.println("Damaged  " + name + ": " + damage));
  }

  private static String inputs(Schema schema) {
    Schema.Image image = schema.image();
    Schema.Trajectories trajectories = schema.trajectories();
    if (image != null) {
      return String.format(
          Locale.ROOT,
          "Images   %d x %d pixels, %d channel(s)",
          image.width(),
          image.height(),
          image.channels());
    }
    return trajectories != null
        ? String.format(
            Locale.ROOT,
            "Trajectories by %s over %s, in pieces of %d times%s",
            trajectories.id(),
            trajectories.time(),
            trajectories.steps(),
            trajectories.actions().isEmpty()
                ? ""
                : ", by actions " + String.join(", ", trajectories.actions().stream().map(Schema.Label::name).toList()))
        : "Inputs   "
            + String.join(", ", schema.inputs().stream().map(Schema.Input::name).toList());
  }

  private static List<String> row(String name, PhaseReport report, int metricColumns) {
    List<String> row = new ArrayList<>();
    row.add(name);
    row.add(report.data() == null ? "-" : Words.count(report.data().rows()));
    row.add(report.epochsRun() == 0 ? "-" : String.valueOf(report.epochsRun()));
    row.addAll(Text.metricCells(report.after(), metricColumns));
    return row;
  }
}
