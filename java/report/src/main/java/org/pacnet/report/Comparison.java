package org.pacnet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pacnet.Model;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Provenance;
import org.pacnet.result.Phase;
import org.pacnet.result.PhaseReport;
import org.pacnet.result.Trial;
import org.pacnet.result.Tuning;

/**
 * Ways to learn a target side by side, cross-validated on its rows.
 *
 * @param verdict whether the transfer helps, in a sentence
 * @param source what the source model was trained on; null where it is not known
 * @param target whose rows were learnt and predicted
 * @param unit the label that errors are in the unit of; empty for classes, whose errors are shares that are wrong
 * @param against the way that the others are compared with
 * @param ways the lowest loss first
 * @param diverged the names of ways that have no error, each with why
 */
public record Comparison(
    String verdict, @Nullable Provenance source, Provenance target, String unit, String against, List<Way> ways,
    List<String> diverged) {

  /**
   * One of them.
   *
   * @param name the method, and what is set otherwise than usual
   * @param error on rows that it had not seen
   * @param loss likewise: of standardised labels the mean squared error, of classes −log p
   * @param difference of its loss from that of {@code against}, the mean over the folds; below zero it is better
   * @param low of the 95 % interval of that mean, by {@link Tuning#difference}
   * @param high likewise
   * @param p of the same test, by Holm's correction; 1 for {@code against} itself
   */
  public record Way(String name, double error, double loss, double difference, double low, double high, double p) {}

  public Comparison {
    ways = List.copyOf(ways);
    diverged = List.copyOf(diverged);
  }

  /** What was tried on a model, beside one of the trials. */
  public static Comparison of(Model model, Tuning tuning, Trial against) {
    TransferConfig usual = tuning.without().config();
    double[] p = tuning.holm(against);
    List<Way> ways = new ArrayList<>();
    for (int i = 0; i < tuning.trials().size(); i++) {
      Trial trial = tuning.trials().get(i);
      Tuning.Difference difference = tuning.difference(trial, against);
      ways.add(
          new Way(name(trial.config(), usual), trial.error(), trial.loss(), difference.mean(), difference.low(), difference.high(), p[i]));
    }
    Provenance source =
        model.reports().stream().filter(report -> report.phase() == Phase.TRAIN).map(PhaseReport::data).findFirst().orElse(null);
    return new Comparison(tuning.verdict(), source, tuning.data(), tuning.unit(), name(against.config(), usual), ways,
        tuning.diverged().stream().map(way -> name(way.config(), usual) + ": " + way.problem()).toList());
  }

  private static String name(TransferConfig config, TransferConfig usual) {
    StringBuilder name = new StringBuilder(config.method().kind().toString());
    if (config.method().lambda() != null) {
      name.append(", lambda ").append(config.method().lambda());
    }
    if (config.target().learningRate() != usual.target().learningRate()) {
      name.append(String.format(Locale.ROOT, ", lr %.2g", config.target().learningRate()));
    }
    if (config.target().epochs() != usual.target().epochs()) {
      name.append(", ").append(config.target().epochs()).append(" epochs");
    }
    if (config.prune().ratio() != usual.prune().ratio()) {
      name.append(", ratio ").append(config.prune().ratio());
    }
    Double share = config.calibrate().targetShare();
    if (share != null && !share.equals(usual.calibrate().targetShare())) {
      name.append(", target's share ").append(share);
    }
    return name.toString();
  }
}
