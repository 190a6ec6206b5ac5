package org.pacnet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pacnet.error.DataException;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.ResultsPage;
import org.pacnet.io.AtomicWrite;
import org.pacnet.io.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet report}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Make a page with charts of results that were kept as JSON: one file that needs no network.", ""})
final class ReportCommand implements Runnable {

  @Option(
      names = "--results",
      required = true,
      paramLabel = "FILE.json",
      description = "What experiment --json printed")
  private Path results;

  @Option(names = "--out", required = true, paramLabel = "FILE.html", description = "One that is there is replaced")
  private Path out;

  @Mixin private Output output = new Output();

  @Override
  public void run() {
    AtomicWrite.check(out);
    ResultsPage.of(read(), "unknown: made of " + results.getFileName()).write(out);
    output.print(Output.object("file", out.toString()), text -> text.println("Written to " + out));
  }

  private Experiment.Results read() {
    try {
      return Json.read(Json.MAPPER.readTree(Files.readAllBytes(results)), Experiment.Results.class);
    } catch (JsonProcessingException e) {
      throw new DataException(
          "%s is no result of experiment --json: %s".formatted(results, Json.reason(e)), e, "results");
    } catch (IOException e) {
      throw new DataException("%s can't be read: %s".formatted(results, AtomicWrite.reason(e)), e, "results");
    }
  }
}
