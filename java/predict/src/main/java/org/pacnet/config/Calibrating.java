package org.pacnet.config;

/**
 * What Calibrate does whatever the method; immutable.
 *
 * @param batchNorm what it does with BatchNorm, where the network has it
 * @param newClasses take classes of a target that differ from the source's in spelling only for new
 *     ones, which get an output layer of the target's own; otherwise they are refused
 * @param intervals whether calibrations cross-validate themselves, five more times, so that predictions can
 *     have bounds
 */
public record Calibrating(BatchNorm batchNorm, boolean newClasses, boolean intervals) {

  static final Calibrating DEFAULT = new Calibrating(BatchNorm.FROZEN, false, false);

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private BatchNorm batchNorm;
    private boolean newClasses;
    private boolean intervals;

    Builder(Calibrating c) {
      batchNorm = c.batchNorm;
      newClasses = c.newClasses;
      intervals = c.intervals;
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

    Calibrating build() {
      return new Calibrating(batchNorm, newClasses, intervals);
    }
  }
}
