package org.pacnet.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * @param relatives how much each other target counted by a method that learns from them, by name, in shares of 1; null for other methods
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
    @Nullable Map<String, Double> relatives,
    int threads) {

  public PhaseReport {
    relatives = relatives == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(relatives));
    trainLosses = List.copyOf(trainLosses);
    validationLosses = List.copyOf(validationLosses);
  }

  /** The same with what was found before it. */
  public PhaseReport with(@Nullable HeldOut found) {
    return new PhaseReport(
        phase, epochsRun, bestEpoch, trainLosses, validationLosses, seconds, before, after, data, found, relatives, threads);
  }

  /** The same with how much each other target counted. */
  public PhaseReport with(Map<String, Double> counted) {
    return new PhaseReport(
        phase, epochsRun, bestEpoch, trainLosses, validationLosses, seconds, before, after, data, heldOut, counted, threads);
  }
}
