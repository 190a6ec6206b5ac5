package org.pacnet.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pacnet.internal.base.Messages;

/**
 * What Calibrate does whatever the method; immutable.
 *
 * @param batchNorm what it does with BatchNorm, where the network has it
 * @param newClasses take classes of a target that differ from the source's in spelling only for new
 *     ones, which get an output layer of the target's own; otherwise they are refused
 * @param intervals whether calibrations cross-validate themselves, five more times, so that predictions can
 *     have bounds
 * @param foldBy a column of a table's target that says which of its rows belong together (of one patient, one batch): what is
 *     cross-validated is then asked of others than it learnt from; neither input nor label, unless the model has it as one. Null: each
 *     row stands for itself
 * @param foldTime a column of a table's target that says when a row was measured, a number or a date: what is cross-validated is then
 *     asked of later rows than it learnt from; neither input nor label either. Null: rows are in no order
 * @param extra columns of a table's target that the source does not have: inputs of what corrects the base, for the methods {@code stack},
 *     {@code cokriging}, {@code gp-residual}, {@code gp}, {@code ridge-residual} and {@code logistic}
 * @param curriculum whether networks learn the easiest third of the rows first, and the others as training goes on (Wang et al. 2022,
 *     arXiv:2112.02268): easy is what networks say well that learnt from the others, in five folds
 * @param jitter what the values of a table's number columns are off by at random when a network is trained on them, anew in each epoch: standard
 *     deviations in the columns' own units, such as the errors that they were measured with
 * @param timeShift whether pieces of trajectories begin up to half a piece earlier or later in each epoch
 * @param targetShare of the weight of all rows what the target's have, where a method learns from the source's too ({@code pooled-linear},
 *     {@code trees}, and {@code stack}, which has both), in (0, 1). Null: half of it, or by their number where they are more
 */
public record Calibrating(
    BatchNorm batchNorm, boolean newClasses, boolean intervals, @Nullable String foldBy, @Nullable String foldTime, List<String> extra,
    boolean curriculum, Map<String, Double> jitter, boolean timeShift, @Nullable Double targetShare) {

  static final Calibrating DEFAULT =
      new Calibrating(BatchNorm.FROZEN, false, false, null, null, List.of(), false, Map.of(), false, null);

  /** Throws a {@link org.pacnet.error.DataException} that names the setting if one is out of its range. */
  public Calibrating {
    extra = List.copyOf(extra);
    jitter = Collections.unmodifiableMap(new LinkedHashMap<>(jitter));
    jitter.forEach(
        (column, deviation) ->
            Check.that(Check.positive(deviation), "jitter", "the jitter of " + Messages.name(column), "must be positive", deviation));
    Check.that(
        targetShare == null || (targetShare > 0 && targetShare < 1),
        "targetShare", "the target's share of the weight", "must be above 0 and below 1", targetShare);
    Check.that(
        foldBy == null || foldTime == null,
        "foldTime", "a column of times",
        "can't be there beside one that says which rows belong together",
        foldTime);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private BatchNorm batchNorm;
    private boolean newClasses;
    private boolean intervals;
    private @Nullable String foldBy;
    private @Nullable String foldTime;
    private List<String> extra;
    private boolean curriculum;
    private Map<String, Double> jitter;
    private boolean timeShift;
    private @Nullable Double targetShare;

    Builder(Calibrating c) {
      batchNorm = c.batchNorm;
      newClasses = c.newClasses;
      intervals = c.intervals;
      foldBy = c.foldBy;
      foldTime = c.foldTime;
      extra = c.extra;
      curriculum = c.curriculum;
      jitter = c.jitter;
      timeShift = c.timeShift;
      targetShare = c.targetShare;
    }

    /** What it does with BatchNorm, where the network has it; by default {@link BatchNorm#FROZEN}. */
    public Builder batchNorm(BatchNorm value) {
      batchNorm = value;
      return this;
    }

    /**
     * Take classes of a target that differ from the source's in spelling only for new ones, which get an
     * output layer of the target's own; otherwise they are refused; by default no.
     */
    public Builder newClasses(boolean value) {
      newClasses = value;
      return this;
    }

    /**
     * Whether calibrations cross-validate themselves, five more times, so that predictions can have bounds;
     * by default no.
     */
    public Builder intervals(boolean value) {
      intervals = value;
      return this;
    }

    /**
     * A column of a table's target that says which of its rows belong together (of one patient, one batch): what is cross-validated
     * is then asked of others than it learnt from; neither input nor label, unless the model has it as one. By default null: each
     * row stands for itself.
     */
    public Builder foldBy(@Nullable String column) {
      foldBy = column;
      return this;
    }

    /**
     * A column of a table's target that says when a row was measured, a number or a date: what is cross-validated is then asked of
     * later rows than it learnt from; neither input nor label, unless the model has it as one. By default null: rows are in no order.
     */
    public Builder foldTime(@Nullable String column) {
      foldTime = column;
      return this;
    }

    /** Columns of a table's target that the source does not have, and that correct the base; by default none. */
    public Builder extra(String... columns) {
      extra = List.of(columns);
      return this;
    }

    /**
     * Whether networks learn the easiest third of the rows first, and the others as training goes on; by default no. Five more calibrations say what
     * is easy.
     */
    public Builder curriculum(boolean value) {
      curriculum = value;
      return this;
    }

    /**
     * By how much (standard deviations in the columns' own units) values of a table's number columns are off at random when a network is trained on
     * them, anew in each epoch; by default none are.
     */
    public Builder jitter(Map<String, Double> deviations) {
      jitter = deviations;
      return this;
    }

    /** Whether pieces of trajectories begin up to half a piece earlier or later in each epoch; by default no. */
    public Builder timeShift(boolean value) {
      timeShift = value;
      return this;
    }

    /**
     * Of the weight of all rows what the target's have, where a method learns from the source's too, in (0, 1). By default null: half of it,
     * or by their number where they are more.
     */
    public Builder targetShare(@Nullable Double value) {
      targetShare = value;
      return this;
    }

    Calibrating build() {
      return new Calibrating(batchNorm, newClasses, intervals, foldBy, foldTime, extra, curriculum, jitter, timeShift, targetShare);
    }
  }
}
