package org.pacnet.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.AtomicWrite;
import org.pacnet.report.Page;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --report}. */
final class ReportOption {

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page with charts, too: one file that needs no network; one that is there is replaced")
  private @Nullable Path report;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Where it goes, and that it can be written there; null for nowhere. Better found out before the work. */
  @Nullable Path file() {
    if (report != null) {
      AtomicWrite.check(report);
    }
    return report;
  }

  /**
   * Writes it, if there is to be one.
   *
   * @param page of the command that repeats it
   */
  void write(Function<String, Page> page) {
    if (report != null) {
      page.apply(command()).write(report);
    }
  }

  /** What was typed, so that it can be again. */
  String command() {
    return command(spec);
  }

  /** The same of any command. */
  static String command(CommandSpec spec) {
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    return "./pacnet " + arguments.stream().map(Shell::quoted).collect(Collectors.joining(" "));
  }
}
