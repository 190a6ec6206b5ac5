package org.pacnet.internal.learn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pacnet.config.Fit;
import org.pacnet.config.Pinn;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Schema;
import org.pacnet.error.DivergedException;
import org.pacnet.internal.base.PairedLosses;
import org.pacnet.internal.table.EncodedData;
import org.pacnet.result.HeldOut;
import org.pacnet.result.Monitor;

/**
 * How long Train goes on where nobody says: with few rows an epoch has few steps, and some tables take many; others, of more noise than
 * rule, do worse with many. Rows that are held out in turn tell.
 */
public final class SourceEpochs {

  // The usual one first; more where that is clearly better than what came before it.
  private static final int[] NUMBERS = {30, 100, 300, 1000};
  // Points of an equation have no noise, and fronts take long to be found.
  private static final int OF_POINTS = 1000;
  private static final int FEWEST_ROWS = 20;
  // With more rows, the usual number makes enough steps.
  private static final int MOST_ROWS = 1000;
  // Rows times epochs times parameters: a few seconds.
  private static final double MOST_WORK = 2e10;
  private static final int FOLDS = 5;
  // How many standard errors of their difference more epochs must be better by.
  private static final double CLEARLY = 1;
  // Of more rows fewer folds say as much.
  private static final int ALL_FOLDS_ROWS = 250;
  private static final int FEWEST_FOLDS = 3;

  private SourceEpochs() {}

  /** Settings that say how many, and what they were chosen by; null where nothing was tried. */
  public record Chosen(TransferConfig config, @Nullable HeldOut heldOut) {}

  /**
   * The same settings, with a number of epochs.
   *
   * @param random whether Train starts from random weights
   */
  public static Chosen choose(Schema schema, TransferConfig config, EncodedData rows, boolean random, Monitor monitor) {
    if (config.source().epochs() != Fit.CHOSEN) {
      return new Chosen(config, null);
    }
    TransferConfig chosen = with(config, config.network() instanceof Pinn ? OF_POINTS : NUMBERS[0]);
    int n = rows.rows();
    boolean few = n >= FEWEST_ROWS && n <= MOST_ROWS;
    if (!random || !few || !Phases.predictsLabels(config, schema) || config.source().validationShare() > 0) {
      return new Chosen(chosen, null);
    }
    Folds folds = Folds.of(rows, FOLDS, config.seed());
    int tried = n <= ALL_FOLDS_ROWS ? folds.count() : FEWEST_FOLDS;
    Subset held = new Subset(rows, IntStream.range(0, tried).flatMap(fold -> Arrays.stream(folds.inside(fold))).toArray());
    Phases usual = new Phases(schema, chosen);
    double work = (double) tried * n * usual.parameterCount();
    if (work * NUMBERS[1] > MOST_WORK) {
      return new Chosen(chosen, null);
    }
    float[] best = Objects.requireNonNull(said(rows, folds, tried, (others, inside) -> usual.trial(others, inside, monitor)));
    for (int k = 1; k < NUMBERS.length && work * NUMBERS[k] <= MOST_WORK; k++) {
      TransferConfig more = with(config, NUMBERS[k]);
      Phases longer = new Phases(schema, more);
      float[] better;
      try {
        better = Objects.requireNonNull(said(rows, folds, tried, (others, inside) -> longer.trial(others, inside, monitor)));
      } catch (DivergedException e) {
        break; // what went so far goes
      }
      if (!PairedLosses.clearlyLess(Measure.losses(schema, held, better), Measure.losses(schema, held, best), null, CLEARLY)) {
        break;
      }
      chosen = more;
      best = better;
    }
    float[] linear = said(rows, folds, tried, usual::linearTrial);
    return new Chosen(
        chosen,
        new HeldOut(
            held.rows(),
            Measure.of(schema, held, best).error(),
            linear == null ? null : Measure.of(schema, held, linear).error()));
  }

  /** Learns from some rows and is asked of others. */
  private interface Way {
    float @Nullable [] said(Subset others, Subset inside);
  }

  // Of the first folds' rows; null where a way can't be gone.
  private static float @Nullable [] said(EncodedData rows, Folds folds, int count, Way way) {
    FloatBuffer all = null;
    for (int fold = 0; fold < count; fold++) {
      int[] inside = folds.inside(fold);
      float[] said = way.said(new Subset(rows, folds.outside(fold)), new Subset(rows, inside));
      if (said == null) {
        return null;
      }
      if (all == null) {
        int held = IntStream.range(0, count).map(f -> folds.inside(f).length).sum();
        all = FloatBuffer.allocate(said.length / inside.length * held);
      }
      all.put(said);
    }
    return all == null ? null : all.array();
  }

  private static TransferConfig with(TransferConfig config, int epochs) {
    return config.toBuilder().source(f -> f.epochs(epochs)).build();
  }
}
