package org.pacnet.cli;

import static java.util.stream.Collectors.joining;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.Method;
import org.pacnet.error.CancelledException;
import org.pacnet.error.DataException;
import org.pacnet.error.ModelFormatException;
import org.pacnet.error.PacNetException;
import org.pacnet.internal.base.Causes;
import org.pacnet.internal.base.Json;
import org.pacnet.internal.engine.NativeLibrary;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The {@code pacnet} program. Exit codes: 0 done, 1 failed, 2 wrong usage or data, 130 cancelled. */
@Command(
    name = "pacnet",
    mixinStandardHelpOptions = true,
    versionProvider = DoctorCommand.VersionText.class,
    description = {
      "Transfer learning by pruning (PAC-Net): a model trained on plenty of source data learns a"
          + " new target from a handful of samples, and keeps what it knew, bit for bit.",
      ""
    },
    footer = {
      "",
      "Start with:  ./pacnet demo",
      "Your data:   ./pacnet transfer --source big.csv --target few.csv --label y --out model",
      "Then:        ./pacnet predict --model model --input new.csv --out predicted.csv",
      "",
      "Data files are CSV (header line, .csv .tsv .txt, also .gz) or Parquet; quote patterns such"
          + " as 'data/*.parquet'. Every command takes --json."
    })
public final class Main {

  // In the order of the help.
  private static final int LONGEST_LINE = 1200;
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          TransferCommand.class,
          TrainCommand.class,
          PruneCommand.class,
          AllocateCommand.class,
          CalibrateCommand.class,
          CompareCommand.class,
          PredictCommand.class,
          EvaluateCommand.class,
          SuggestCommand.class,
          RankCommand.class,
          MergeCommand.class,
          DistilCommand.class,
          InspectCommand.class,
          ExportCommand.class,
          ServeCommand.class,
          ExperimentCommand.class,
          ReportCommand.class,
          PointsCommand.class,
          DoctorCommand.class,
          HelpCommand.class);

  private static final String JSON = "--json";
  private static final String TRUST = "--trust-module";
  private static final int FAILED = 1;
  private static final int WRONG_INPUT = 2;
  private static final int CANCELLED = 130;
  private static final int BROKEN_PIPE = 141;
  // On a slow disk, the first time.
  private static final Duration LONGEST_LOADING = Duration.ofMinutes(1);

  private static final Pattern LACKING =
      Pattern.compile("Too many open files|No space left on device|Disk quota exceeded|Cannot allocate memory", Pattern.CASE_INSENSITIVE);

  private Main() {}

  public static void main(String[] arguments) {
    Interruption interruption = new Interruption();
    loadAhead(arguments);
    int code = run(arguments);
    if (System.out.checkError() && code == 0) {
      code = lostOutput();
    }
    interruption.end();
    System.exit(code);
  }

  // The native libraries take as long to load as everything else of a start; meanwhile options and
  // model files are read, and one library does not wait for the other. What fails here fails again
  // where it is needed, and is said there. A process that ends while a library is being loaded would
  // take down what its initialisers are just setting up, and crash: an end waits for them.
  private static void loadAhead(String[] arguments) {
    if (arguments.length < 2) {
      return; // help, version, or a mistake
    }
    List<Thread> loading =
        List.of(
            loadAhead("pacnet-load-data", () -> Class.forName("org.duckdb.DuckDBNative")),
            loadAhead(
                "pacnet-load-core",
                () -> {
                  NativeLibrary.load();
                  return null;
                }));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> loading.forEach(Main::await), "pacnet-loaded"));
  }

  private static void await(Thread loading) {
    try {
      loading.join(LONGEST_LOADING.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread loadAhead(String name, Callable<?> load) {
    Thread loading =
        new Thread(
            () -> {
              try {
                load.call();
              } catch (Exception | LinkageError e) {
                // see above
              }
            },
            name);
    loading.setDaemon(true);
    loading.start();
    return loading;
  }

  // A PrintStream keeps its errors to itself; a result that went nowhere is no success. Who closed the
  // pipe, as head does, has what they wanted: that ends a program silently, by custom.
  private static int lostOutput() {
    try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      out.write('\n');
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("Broken pipe")) {
        return BROKEN_PIPE;
      }
    }
    System.err.println("pacnet: standard output can't be written; is the disk full?");
    return FAILED;
  }

  /** What {@link #main} does, without ending the JVM. Returns the exit code. */
  public static int run(String... arguments) {
    try {
      return execute(arguments);
    } catch (DataException e) {
      return failed(e, List.of(arguments).contains(JSON));
    } catch (Throwable e) { // the JVM's own errors too: no trace for a user
      return report(FAILED, describe(e), List.of(arguments).contains(JSON));
    }
  }

  private static int execute(String... given) {
    String[] arguments = ConfigFile.expand(given);
    CommandLine commandLine = commandLine(arguments);
    if (arguments.length == 0) {
      commandLine.usage(System.err);
      return WRONG_INPUT;
    }
    return commandLine.execute(arguments);
  }

  /** What parses these arguments. */
  static CommandLine commandLine(String... arguments) {
    CommandLine commandLine = new CommandLine(new Main());
    // First, since a setting holds for the commands that are there.
    commands(arguments).forEach(commandLine::addSubcommand);
    commandLine
        .registerConverter(BatchNorm.class, dashed(BatchNorm.class))
        .registerConverter(Method.class, dashed(Method.class))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Main::wrongUsage)
        .setExecutionStrategy(
            parsed -> {
              if (parsed.hasSubcommand()) {
                try {
                  Overwriting.check(parsed.subcommand());
                } catch (DataException e) { // the only kind that picocli hands to the handler below
                  throw new CommandLine.ExecutionException(
                      parsed.subcommand().commandSpec().commandLine(), e.getMessage(), e);
                }
              }
              if (parsed.hasSubcommand() && parsed.subcommand().hasMatchedOption(TRUST)) {
                for (String option : List.of("--model", "--models")) {
                  List<?> none = List.of();
                  Object value = parsed.subcommand().matchedOptionValue(option, none);
                  List<?> directories = value instanceof List<?> several ? several : List.of(value);
                  directories.forEach(directory -> Model.trustModule(Path.of(directory.toString())));
                }
              }
              return new CommandLine.RunLast().execute(parsed);
            })
        .setExecutionExceptionHandler(
            (exception, command, parsed) ->
                failed(exception, parsed.expandedArgs().contains(JSON)));
    commandLine.getSubcommands().values().forEach(Main::addTrust);
    // Thirty options in brackets teach nobody; the list below the synopsis does.
    commandLine
        .getSubcommands()
        .values()
        .forEach(c -> c.getCommandSpec().usageMessage().abbreviateSynopsis(true));
    return commandLine;
  }

  // To every command that reads a model.
  private static void addTrust(CommandLine command) {
    if (command.getCommandSpec().findOption("--model") != null || command.getCommandSpec().findOption("--models") != null) {
      command
          .getCommandSpec()
          .addOption(
              OptionSpec.builder(TRUST)
                  .description("Let the TorchScript module in the model run, which is code: you know who made it. Remembered.")
                  .build());
    }
  }

  // The one that is asked for, if it is plain which: to look at the options of all others takes a
  // fifth of a short command's time.
  private static List<Class<?>> commands(String... arguments) {
    for (Class<?> command : COMMANDS) {
      String name = command.getAnnotation(Command.class).name();
      if (arguments.length > 0 && name.equals(arguments[0]) && command != HelpCommand.class) {
        return List.of(command);
      }
    }
    return COMMANDS;
  }

  // Names with dashes, as everywhere on a command line.
  private static <E extends Enum<E>> CommandLine.ITypeConverter<E> dashed(Class<E> type) {
    return text -> {
      for (E known : type.getEnumConstants()) {
        if (dashed(known).equalsIgnoreCase(text)) {
          return known;
        }
      }
      throw new CommandLine.TypeConversionException(
          String.format(
              Locale.ROOT,
              "choose from %s, not '%s'",
              Arrays.stream(type.getEnumConstants()).map(Main::dashed).collect(joining(", ")),
              text));
    };
  }

  private static String dashed(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static int wrongUsage(CommandLine.ParameterException e, String[] arguments) {
    return report(
        WRONG_INPUT,
        firstLine(e.getMessage())
            + " (see: "
            + e.getCommandLine().getCommandSpec().qualifiedName()
            + " --help)",
        List.of(arguments).contains(JSON));
  }

  private static int failed(Exception e, boolean json) {
    if (e instanceof CancelledException) {
      return report(CANCELLED, e.getMessage(), json);
    }
    Throwable cause = Causes.root(e);
    if (cause instanceof ClosedByInterruptException) {
      return report(CANCELLED, "cancelled", json);
    }
    // What the machine has too little of is no fault of the input.
    int wrong = LACKING.matcher(e.getMessage() + " " + cause.getMessage()).find() ? FAILED : WRONG_INPUT;
    if (e instanceof DataException data) {
      return report(wrong, oneLine(data.getMessage()) + options(data), json);
    }
    if (e instanceof ModelFormatException) {
      return report(wrong, e.getMessage(), json);
    }
    return report(FAILED, e instanceof PacNetException ? e.getMessage() : describe(e), json);
  }

  // The library speaks of settings; here they are options.
  private static String options(DataException e) {
    return e.settings().isEmpty()
        ? ""
        : e.settings().stream().map(Main::option).collect(joining(", ", " (", ")"));
  }

  private static String option(String setting) {
    return switch (setting) {
      case "labels" -> "--label";
      case "ignored" -> "--ignore";
      case "excluded" -> "--exclude";
      case "learningRate" -> "--lr";
      default -> "--" + setting.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    };
  }

  private static String describe(Throwable e) {
    if (e instanceof OutOfMemoryError) {
      return "out of memory ("
          + firstLine(e.getMessage())
          + "): use fewer rows or a smaller network, or allow more with PACNET_JAVA_OPTIONS=-Xmx8g";
    }
    Throwable cause = Causes.root(e);
    if (e instanceof LinkageError || cause instanceof LinkageError) {
      return "a library can't be loaded: "
          + firstLine(cause.toString())
          + "; are there free file handles (ulimit -n), and room in the temporary folder and in"
          + " ~/.javacpp?";
    }
    return "internal error, please report it: " + firstLine(e.toString());
  }

  // One line for a person; with --json also an object for the program that reads standard output.
  private static int report(int code, String message, boolean json) {
    String line = oneLine(message);
    System.err.println("pacnet: " + line);
    if (json) {
      System.out.println(
          Json.compact(Json.object("error", Json.object("code", code, "message", line))));
    }
    return code;
  }

  // What a file or its name brings with it must not end the line, drive the terminal, or fill it: of a long one the
  // beginning, and the end, where it says what to do.
  static String oneLine(@Nullable String message) {
    String line = String.valueOf(message).strip().replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
    return line.length() <= LONGEST_LINE
        ? line
        : line.substring(0, LONGEST_LINE * 2 / 3) + " ... " + line.substring(line.length() - LONGEST_LINE / 4);
  }

  private static String firstLine(@Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("unknown error");
  }
}
