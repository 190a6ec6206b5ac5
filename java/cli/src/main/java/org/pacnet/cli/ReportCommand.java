package org.pacnet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.config.TransferConfig;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.ExperimentPage;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.base.RegularFiles;
import org.pacnet.report.Comparison;
import org.pacnet.report.Page;
import org.pacnet.report.Reports;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pacnet report}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Make a page with charts of a model, or of results that were kept as JSON: one file that"
          + " needs no network.",
      ""
    })
final class ReportCommand implements Runnable {

  /** What the page is of: one of them. */
  private static final class Subject {
    @Option(
        names = "--model",
        paramLabel = "DIR",
        description =
            "A model: what its phases did, what is kept of its weights, and all of its targets")
    private @Nullable Path model;

    @Option(
        names = "--results",
        paramLabel = "FILE.json",
        description = "What experiment --json or compare --json printed")
    private @Nullable Path results;
  }

  @ArgGroup(multiplicity = "1")
  private Subject subject = new Subject();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE.html",
      description = "One that is there is replaced")
  private Path out;

  @Mixin private Output output = new Output();

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    AtomicWrite.check(out);
    String command = ReportOption.command(spec);
    if (subject.model != null) {
      try (Model model = Model.load(subject.model, ComputeOptions.processors())) {
        Reports.model(model, command).write(out);
      }
    } else {
      kept(Objects.requireNonNull(subject.results), command).write(out);
    }
    output.print(Json.object("file", out.toString()), text -> text.println("Written to " + out));
  }

  private static Page kept(Path results, String command) {
    try {
      JsonNode tree = Json.MAPPER.readTree(RegularFiles.read(results));
      if (tree.has("comparison")) {
        return Reports.comparison(
            Json.read(tree.get("comparison"), Comparison.class),
            Json.read(tree.path("config"), TransferConfig.class),
            tree.path("command").asText(),
            command);
      }
      return ExperimentPage.of(Json.read(tree, Experiment.Results.class), command);
    } catch (JsonProcessingException e) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s is no result of experiment --json or compare --json: %s",
              results,
              Json.reason(e)),
          e,
          "results");
    } catch (IOException e) {
      throw new DataException(
          String.format(Locale.ROOT, "%s can't be read: %s", results, AtomicWrite.reason(e)),
          e,
          "results");
    }
  }
}
