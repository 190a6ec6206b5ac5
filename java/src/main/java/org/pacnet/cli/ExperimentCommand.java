package org.pacnet.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.experiment.FriedmanExperiment;
import org.pacnet.method.Method;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pacnet experiment}. */
@Command(
    name = "experiment",
    mixinStandardHelpOptions = true,
    description = {"Run a benchmark with a known answer.", ""},
    synopsisSubcommandLabel = "friedman",
    subcommands = ExperimentCommand.FriedmanCommand.class)
final class ExperimentCommand {

  /** {@code pacnet experiment friedman}. */
  @Command(
      name = "friedman",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Friedman #1 for transfer: target error against number of target samples, on 10,000"
            + " noise-free test rows, for each method. 10,000 source rows, MLP 10-128-128-128-1.",
        ""
      })
  static final class FriedmanCommand implements Runnable {

    @Option(names = "--seeds", paramLabel = "N", description = "Repetitions (default: 10)")
    private int seeds = 10;

    @Option(
        names = "--distance",
        paramLabel = "D",
        description = "How far the source is from the target (default: 2)")
    private double distance = 2;

    @Option(
        names = "--targets",
        split = ",",
        paramLabel = "N",
        description = "Numbers of target samples (default: 10,30,100,300)")
    private List<Integer> targets = List.of(10, 30, 100, 300);

    @Option(
        names = "--methods",
        split = ",",
        paramLabel = "NAME",
        description = "Of scratch, finetune, finetune-head, l2, l2sp, pac, pac-nolambda, pac-noallocate,"
                + " pac-nozero (default: scratch,finetune,l2sp,pac)")
    private List<String> methods = List.of("scratch", "finetune", "l2sp", "pac");

    @Option(
        names = "--threads",
        paramLabel = "N",
        description = "Seeds that run at once (default: the processors); results don't depend on it")
    private @Nullable Integer threads;

    @Mixin private Output output = new Output();

    @Override
    public void run() {
      FriedmanExperiment.Settings settings =
          new FriedmanExperiment.Settings(
              seeds,
              distance,
              targets,
              methods.stream().map(Method::of).toList(),
              threads != null ? threads : Runtime.getRuntime().availableProcessors());
      try (ProgressDisplay display = new ProgressDisplay()) {
        FriedmanExperiment.Results results =
            new FriedmanExperiment(settings, display.steps("friedman", settings.cells())).run();
        display.finish();
        output.print(results, text -> print(text, results));
      }
    }

    private static void print(PrintStream out, FriedmanExperiment.Results results) {
      FriedmanExperiment.Settings settings = results.settings();
      out.printf(
          Locale.ROOT,
          "Friedman #1, distance %s, %d seed(s), %.1f s%n%n",
          settings.distance(),
          settings.seeds(),
          results.seconds());
      List<String> header = new ArrayList<>(List.of("target RMSE"));
      settings.targets().forEach(n -> header.add("n = " + n));
      List<List<String>> rows = new ArrayList<>();
      for (Method method : settings.methods()) {
        List<String> row = new ArrayList<>(List.of(method.toString()));
        results.summary().stream()
            .filter(summary -> summary.method() == method)
            .forEach(
                summary ->
                    row.add(
                        String.format(Locale.ROOT, "%.2f ± %.2f", summary.mean(), summary.std())));
        rows.add(row);
      }
      Text.table(out, header, rows);
      out.printf(
          Locale.ROOT,
          "%nSource RMSE: trained %.2f, just pruned %.2f, allocated %.2f%n",
          results.source().trained(),
          results.source().pruned(),
          results.source().allocated());
    }
  }
}
