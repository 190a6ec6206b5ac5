package org.pacnet.result;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pacnet.data.Provenance;

/**
 * What a phase did.
 *
 * @param phase which one
 * @param epochsRun 0 for Prune
 * @param bestEpoch whose weights were taken: the last one, or that of the lowest validation loss
 * @param trainLosses one an epoch
 * @param validationLosses one an epoch, empty without validation
 * @param seconds wall time
 * @param before the errors on the phase's own data when it began; null where there was nothing to
 *     compare: an untrained network, a new head, or no data
 * @param after the same when it had ended; null where it read no data
 * @param data what the phase read; null where it read none
 * @param heldOut what Train's number of epochs was chosen by; null where nothing was tried
 * @param threads what the caller allowed; the same count gives the same bits again
 */
public record PhaseReport(
    Phase phase,
    long epochsRun,
    long bestEpoch,
    List<Double> trainLosses,
    List<Double> validationLosses,
    double seconds,
    @Nullable Metrics before,
    @Nullable Metrics after,
    @Nullable Provenance data,
    @Nullable HeldOut heldOut,
    int threads) {

  public PhaseReport {
    trainLosses = List.copyOf(trainLosses);
    validationLosses = List.copyOf(validationLosses);
  }

  /** The same with what was found before it. */
  public PhaseReport with(@Nullable HeldOut found) {
    return new PhaseReport(
        phase, epochsRun, bestEpoch, trainLosses, validationLosses, seconds, before, after, data, found, threads);
  }
}
