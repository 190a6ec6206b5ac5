package org.pacnet.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.BatchNorm;
import org.pacnet.config.Method;
import org.pacnet.config.MethodSpec;
import org.pacnet.config.TransferConfig;
import org.pacnet.error.DataException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the target is learnt. */
final class MethodOptions {

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description =
          "How the target is learnt; docs/methods.md says what each does (default: auto, what is safe:"
              + " stack in a table of numbers, logistic for classes in one of up to 1,000 rows, finetune-head for up to 100 images, pac otherwise): ${COMPLETION-CANDIDATES}")
  private @Nullable Method method;

  @Option(
      names = "--last-layers",
      paramLabel = "N",
      description = "How many layers finetune-last trains, counted from the output (default: 2)")
  private @Nullable Integer lastLayers;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description = "The rank, at most, of what lora lets a matrix learn (default: 8), and swr (default: 0, its pruned weights are learnt)")
  private @Nullable Integer rank;

  @Option(
      names = "--budget",
      paramLabel = "SHARE",
      description = "What of all parameters swr may change, at most (default: 0.1)")
  private @Nullable Double budget;

  @Option(
      names = "--taps-authors",
      description = "taps by its authors' values: gates start at 0.15, are free for two epochs, and are then pulled by a mean over the layers (default: 0.2, a sum)")
  private boolean tapsAuthors;

  @Option(
      names = "--neighbours",
      paramLabel = "K",
      description = "How many of the nearest other targets vote, at most, by metavote (default: 5)")
  private @Nullable Integer neighbours;

  @Option(
      names = "--relatives",
      split = ",",
      paramLabel = "TARGET",
      description = "Other targets of the model that merge, metavote, hub and teachers learn from (default: all)")
  private List<String> relatives = List.of();

  @Option(
      names = "--top",
      paramLabel = "K",
      description = "How many of its networks a row is given to by hub (default: all, each with its share)")
  private @Nullable Integer top;

  @Option(
      names = "--members",
      paramLabel = "N",
      description = "How many networks pac-ensemble and pac-stack calibrate (default: 5)")
  private @Nullable Integer members;

  @Option(
      names = "--batch-norm",
      paramLabel = "HOW",
      description =
          "BatchNorm in Calibrate: frozen (default), or per-target: scale, shift and statistics of the"
              + " target's own")
  private @Nullable BatchNorm batchNorm;

  @Option(
      names = "--intervals",
      description =
          "Cross-validate the calibration, five more times, so that predict --interval can give bounds.")
  private boolean intervals;

  @Mixin private FoldOption folds = new FoldOption();

  @Option(
      names = "--tune",
      description =
          "Choose method, lambda, learning rate, epochs and, in transfer, ratio by cross-validation on the target's rows, and say"
              + " whether the transfer helps.")
  private boolean tune;

  @Option(
      names = "--learning-curve",
      description = "Say what more rows of the target would buy, by cross-validation on parts of them.")
  private boolean learningCurve;

  @Option(
      names = "--importance",
      description = "Say which columns matter for target, source and the correction between them, by shuffling each.")
  private boolean importance;

  boolean importance() {
    return importance;
  }

  boolean tune() {
    return tune;
  }

  boolean learningCurve() {
    return learningCurve;
  }

  /**
   * What is there comes from a model: what is its method's own to be set counts for that method alone.
   *
   * @param is the method that is set already
   */
  void apply(TransferConfig.Builder builder, MethodSpec is) {
    MethodSpec spec = method == null ? is : is.as(method);
    if (lastLayers != null) {
      if (!(spec instanceof MethodSpec.LastLayers)) {
        throw notOf("--last-layers", "finetune-last");
      }
      spec = new MethodSpec.LastLayers(lastLayers);
    }
    if (rank != null) {
      if (spec instanceof MethodSpec.Budgeted budgeted) {
        spec = new MethodSpec.Budgeted(budgeted.budget(), rank, budgeted.lambda());
      } else if (spec instanceof MethodSpec.LowRank) {
        spec = new MethodSpec.LowRank(rank);
      } else {
        throw notOf("--rank", "lora or swr");
      }
    }
    if (budget != null) {
      if (!(spec instanceof MethodSpec.Budgeted budgeted)) {
        throw notOf("--budget", "swr");
      }
      spec = new MethodSpec.Budgeted(budget, budgeted.rank(), budgeted.lambda());
    }
    if (tapsAuthors) {
      if (!(spec instanceof MethodSpec.Gated gated)) {
        throw notOf("--taps-authors", "taps");
      }
      spec = new MethodSpec.Gated(true, gated.lambda());
    }
    if (neighbours != null) {
      if (!(spec instanceof MethodSpec.MetaVote vote)) {
        throw notOf("--neighbours", "metavote");
      }
      spec = new MethodSpec.MetaVote(vote.relatives(), neighbours, vote.lambda());
    }
    if (top != null) {
      if (!(spec instanceof MethodSpec.Hub hub)) {
        throw notOf("--top", "hub");
      }
      spec = new MethodSpec.Hub(hub.relatives(), top, hub.lambda());
    }
    if (!relatives.isEmpty()) {
      if (!(spec instanceof MethodSpec.OfRelatives some)) {
        throw notOf("--relatives", "merge, metavote, hub or teachers");
      }
      spec = some.of(relatives);
    }
    if (members != null) {
      if (!(spec instanceof MethodSpec.Ensemble ensemble)) {
        throw notOf("--members", "pac-ensemble or pac-stack");
      }
      spec = new MethodSpec.Ensemble(ensemble.kind(), ensemble.lambda(), members);
    }
    builder.method(spec);
    if (intervals) {
      builder.calibrate(c -> c.intervals(true));
    }
    folds.apply(builder);
    if (batchNorm != null) {
      builder.calibrate(c -> c.batchNorm(batchNorm));
    }
  }

  private static DataException notOf(String option, String methods) {
    return new DataException(option + " is for --method " + methods + ": give that too, or leave it out");
  }
}
