package org.pacnet.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Method;
import org.pacnet.config.TransferConfig;
import org.pacnet.experiment.Experiment;
import org.pacnet.experiment.ExperimentPage;
import org.pacnet.experiment.Problem;
import org.pacnet.internal.base.Machine;
import org.pacnet.report.Reports;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pacnet experiment}. */
@Command(
    name = "experiment",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Run a benchmark with a known answer: target error against number of target samples, on"
          + " noise-free test rows, for each method. Settings as of transfer.",
      ""
    })
final class ExperimentCommand implements Runnable {

  @Parameters(
      index = "0",
      paramLabel = "PROBLEM",
      description =
          "friedman (Friedman #1 for transfer), family (the same after twenty other targets), regions (a target that is"
              + " one of four others here and another there), rough (edges and ripples), wide (100 inputs, of"
              + " which 20 matter), levels (categories), shapes (pictures; samples are of each"
              + " class); from trajectories, of which the samples are some: pendulum,"
              + " lotka-volterra, duffing, spring-mass, van-der-pol (stiff); from trajectories of what is controlled, with what a planner"
              + " achieves: cartpole, reacher, and cartpoles, reachers (the same after ten systems in the place of one); from points, of which the samples are so"
              + " many inside and so many at the border: heat, burgers, allen-cahn, wave")
  private Experiment.Problems problem = Experiment.Problems.FRIEDMAN;

  @Option(names = "--seeds", paramLabel = "N", description = "Repetitions (default: 10)")
  private @Nullable Integer seeds;

  @Option(
      names = "--quick",
      description = "Three repetitions instead of ten: under two minutes on two cores.")
  private boolean quick;

  @Option(names = "--first-seed", paramLabel = "N", description = "Of the first one (default: 0)")
  private int firstSeed = 0;

  @Option(
      names = "--distance",
      paramLabel = "D",
      description = "How far the source is from the target (default: 2)")
  private double distance = 2;

  @Option(
      names = "--targets",
      split = ",",
      paramLabel = "N",
      description = "Numbers of target samples (default: 10,30,100,300; of trajectories 1,2,4,8)")
  private @Nullable List<Integer> targets;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      description = "Of ${COMPLETION-CANDIDATES} (default: scratch,finetune,l2sp,pac)")
  private List<Method> methods = List.of(Method.SCRATCH, Method.FINETUNE, Method.L2SP, Method.PAC);

  @Option(
      names = "--tune",
      description =
          "Choose each method's settings by cross-validation on the samples, as compare --tune"
              + " does, and add a row for what --tune of calibrate chooses.")
  private boolean tune;

  @Option(
      names = "--out",
      paramLabel = "FILE.csv",
      description =
          "Write every cell there. What is done is kept in FILE.csv.journal: ended at any moment,"
              + " the same command goes on from there")
  private @Nullable Path out;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Options as lines OPTION=VALUE without the dashes; those given here count before them")
  @SuppressWarnings("UnusedVariable") // ConfigFile has read it before the options are parsed
  private @Nullable Path config;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Seeds that run at once (default: the processors); results don't depend on it")
  private @Nullable Integer threads;

  @Mixin private NetworkOptions network = new NetworkOptions();
  @Mixin private PruneOptions prune = new PruneOptions();
  @Mixin private EpochOptions epochs = new EpochOptions();
  @Mixin private TrainingOptions training = new TrainingOptions();
  @Mixin private CurriculumOptions curriculum = new CurriculumOptions();
  @Mixin private ReportOption report = new ReportOption();
  @Mixin private Output output = new Output();

  @Override
  public void run() {
    report.file();
    TransferConfig.Builder builder;
    List<Integer> sizes;
    try (Problem chosen = problem.at(distance)) {
      builder = chosen.settings();
      sizes = targets != null ? targets : chosen.targets();
    }
    network.apply(builder);
    prune.apply(builder);
    training.apply(builder);
    curriculum.apply(builder);
    epochs.apply(builder);
    Experiment.Settings what =
        new Experiment.Settings(
            problem,
            distance,
            firstSeed,
            seeds != null ? seeds : quick ? 3 : 10,
            sizes,
            methods,
            tune,
            builder.build(),
            threads != null ? threads : Machine.processors());
    try (ProgressDisplay display = new ProgressDisplay()) {
      Experiment.Results results =
          new Experiment(what, out, display.steps(problem.toString(), what.cells()))
              .run();
      display.finish();
      report.write(command -> ExperimentPage.of(results, command));
      output.print(results, text -> print(text, results));
    }
  }

  private static void print(PrintStream out, Experiment.Results results) {
    Experiment.Settings settings = results.settings();
    out.printf(
        Locale.ROOT,
        "%s, distance %s, %d seed(s), %.1f s, at most %d MB of memory%n%n",
        settings.problem(),
        settings.distance(),
        settings.seeds(),
        results.seconds(),
        results.peakBytes() / 1_000_000);
    boolean wrong = settings.problem().countsMistakes();
    double unit = wrong ? 100 : 1;
    // As many digits as tell the smallest errors apart.
    boolean small = !wrong && results.summary().stream().mapToDouble(Experiment.Summary::mean).min().orElse(1) < 0.1;
    String digits = small ? "%.4f" : "%.2f";
    List<String> header = new ArrayList<>(List.of(wrong ? "target, % wrong" : "target RMSE"));
    settings.targets().forEach(n -> header.add("n = " + n));
    header.add("source");
    header.add("ms");
    List<List<String>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<Experiment.Summary> own = results.of(method);
      List<String> row = new ArrayList<>(List.of(method));
      own.forEach(
          s ->
              row.add(
                  String.format(
                      Locale.ROOT,
                      digits + " ± " + digits + "%s",
                      unit * s.mean(),
                      unit * s.interval(),
                      s.p() < 0.05 ? "*" : " ")));
      row.add(
          own.get(0).sourceError() == null
              ? "-"
              : String.format(Locale.ROOT, digits, unit * mean(own, Experiment.Summary::sourceError)));
      row.add(String.format(Locale.ROOT, "%.0f", 1000 * mean(own, Experiment.Summary::seconds)));
      rows.add(row);
    }
    Text.table(out, header, rows);
    out.printf(
        Locale.ROOT,
        "%nMean ± half the 95 %% interval over seeds; * differs from pac (paired t-test, Holm, p <"
            + " 0.05); source: error on the source's rows of what is left of it%n");
    if (results.bestReward() != null) {
      printRewards(out, results, results.bestReward());
    }
    results.leftOut().forEach((method, why) -> out.printf(Locale.ROOT, "%nLeft out: %s%n", why));
    out.printf(
        Locale.ROOT,
        "%nSource: trained " + digits + ", just pruned " + digits + ", allocated " + digits + "%n",
        unit * results.source().trained(),
        unit * results.source().pruned(),
        unit * results.source().allocated());
  }

  private static void printRewards(PrintStream out, Experiment.Results results, double best) {
    List<String> header = new ArrayList<>(List.of("reward a step"));
    results.settings().targets().forEach(n -> header.add("n = " + n));
    List<List<String>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<String> row = new ArrayList<>(List.of(method));
      results.of(method).forEach(s -> row.add(String.format(Locale.ROOT, "%.3f", s.reward())));
      rows.add(row);
    }
    out.println();
    Text.table(out, header, rows);
    out.printf(Locale.ROOT, "%nOf a planner that follows its plans by the model, on the target; %.3f by the truth itself%n", best);
  }

  private static double mean(
      List<Experiment.Summary> summaries, ToDoubleFunction<Experiment.Summary> of) {
    return summaries.stream().mapToDouble(of).average().orElseThrow();
  }
}
