package org.pacnet.cli;

import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.error.PacNetException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code pacnet} program. Exit codes: 0 done, 1 failed, 2 wrong usage or data, 130 cancelled. */
@Command(
    name = "pacnet",
    mixinStandardHelpOptions = true,
    versionProvider = DoctorCommand.VersionText.class,
    description = {
      "Transfer learning by pruning (PAC-Net): a model trained on plenty of source data learns a new"
          + " target from a handful of samples, and keeps what it knew, bit for bit.",
      ""
    },
    footer = {
      "",
      "Start with:  ./pacnet demo",
      "Your data:   ./pacnet transfer --source big.csv --target few.csv --label y --out model",
      "Then:        ./pacnet predict --model model --input new.csv --out predicted.csv",
      "",
      "Data files are CSV (header line, .csv .tsv .txt, also .gz) or Parquet; quote patterns such as"
          + " 'data/*.parquet'. Every command takes --json."
    },
    subcommands = {
      DemoCommand.class,
      TransferCommand.class,
      TrainCommand.class,
      PruneCommand.class,
      AllocateCommand.class,
      CalibrateCommand.class,
      PredictCommand.class,
      EvaluateCommand.class,
      InspectCommand.class,
      ExportCommand.class,
      ExperimentCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    })
public final class Main {

  private static final int FAILED = 1;
  private static final int WRONG_INPUT = 2;
  private static final int CANCELLED = 130;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** What {@link #main} does, without ending the JVM. Returns the exit code. */
  public static int run(String... arguments) {
    CommandLine commandLine =
        new CommandLine(new Main())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(Main::wrongUsage)
            .setExecutionExceptionHandler(
                (exception, command, parsed) -> failed(exception, command));
    // Thirty options in brackets teach nobody; the list below the synopsis does.
    commandLine
        .getSubcommands()
        .values()
        .forEach(c -> c.getCommandSpec().usageMessage().abbreviateSynopsis(true));
    if (arguments.length == 0) {
      commandLine.usage(System.err);
      return WRONG_INPUT;
    }
    return commandLine.execute(arguments);
  }

  private static int wrongUsage(CommandLine.ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    print(
        command,
        firstLine(e.getMessage())
            + " (see: "
            + command.getCommandSpec().qualifiedName()
            + " --help)");
    return WRONG_INPUT;
  }

  private static int failed(Exception e, CommandLine command) {
    if (e instanceof DataException || e instanceof ModelFormatException) {
      print(command, firstLine(e.getMessage()));
      return WRONG_INPUT;
    }
    if (e instanceof CancelledException) {
      print(command, firstLine(e.getMessage()));
      return CANCELLED;
    }
    if (e instanceof PacNetException) {
      print(command, firstLine(e.getMessage()));
      return FAILED;
    }
    print(command, "internal error, please report it: " + firstLine(e.toString()));
    return FAILED;
  }

  private static void print(CommandLine command, String message) {
    command.getErr().println("pacnet: " + message);
    command.getErr().flush();
  }

  private static String firstLine(String message) {
    return String.valueOf(message).lines().findFirst().orElse("unknown error");
  }
}
