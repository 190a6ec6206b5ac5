package org.pacnet.config;

import org.pacnet.error.DataException;

/**
 * How a network is trained on the rows of one side, source or target; immutable.
 *
 * @param epochs of the source {@link #CHOSEN}, or 0 where the weights that Train starts from are taken as they are; otherwise at
 *     least 1
 * @param learningRate positive
 * @param schedule of the learning rate over a phase
 * @param batchSize rows a step; a smaller data set is one batch
 * @param optimizer a new one, with fresh state, for each phase
 * @param momentum of SGD, [0, 1)
 * @param weightDecay of AdamW, decoupled; touches trainable weights only
 * @param validationShare share of a phase's rows held out, [0, 1): the weights of the epoch with the
 *     lowest validation loss are taken
 * @param patience stop a phase after so many epochs without a lower validation loss; 0: never
 */
public record Fit(
    int epochs,
    double learningRate,
    Schedule schedule,
    int batchSize,
    Optimizer optimizer,
    double momentum,
    double weightDecay,
    double validationShare,
    int patience) {

  /**
   * So many epochs of the source as rows that are held out in turn say: 30, or 100, 300 or 1,000 where a table of 20 to 1,000 rows is learnt
   * clearly better by so many; of points of an equation 1,000. A model's own settings have the number that was taken.
   */
  public static final int CHOSEN = -1;

  static final Fit SOURCE = new Fit(CHOSEN, 3e-3, Schedule.COSINE, 128, Optimizer.ADAM, 0.9, 0, 0, 0);
  static final Fit TARGET = new Builder(SOURCE).epochs(300).build();

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Fit {
    Check.that(
        Check.positive(learningRate), "learningRate", "the learning rate", "must be positive", learningRate);
    Check.that(batchSize > 0, "batchSize", "the batch size", "must be at least 1", batchSize);
    Check.that(
        momentum >= 0 && momentum < 1, "momentum", "the momentum", "must be at least 0 and below 1", momentum);
    Check.that(
        weightDecay == 0 || Check.positive(weightDecay),
        "weightDecay", "the weight decay",
        "must be 0 or more",
        weightDecay);
    Check.that(
        weightDecay == 0 || optimizer == Optimizer.ADAMW,
        "weightDecay", "the weight decay",
        "needs the optimizer adamw",
        weightDecay);
    Check.that(
        validationShare >= 0 && validationShare < 1,
        "validationShare", "the validation share",
        "must be at least 0 and below 1",
        validationShare);
    Check.that(patience >= 0, "patience", "the patience", "must be 0 or more", patience);
    Check.that(
        patience == 0 || validationShare > 0, "patience", "the patience", "needs a validation share", patience);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private int epochs;
    private double learningRate;
    private Schedule schedule;
    private int batchSize;
    private Optimizer optimizer;
    private double momentum;
    private double weightDecay;
    private double validationShare;
    private int patience;

    Builder(Fit f) {
      epochs = f.epochs;
      learningRate = f.learningRate;
      schedule = f.schedule;
      batchSize = f.batchSize;
      optimizer = f.optimizer;
      momentum = f.momentum;
      weightDecay = f.weightDecay;
      validationShare = f.validationShare;
      patience = f.patience;
    }

    /**
     * By default {@link #CHOSEN} on the source and 300 on the target; of the source 0 where the weights that Train starts from are taken as
     * they are.
     */
    public Builder epochs(int value) {
      epochs = value;
      return this;
    }

    /** Positive; by default 0.003. */
    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    /** Of the learning rate over a phase; by default {@link Schedule#COSINE}. */
    public Builder schedule(Schedule value) {
      schedule = value;
      return this;
    }

    /** Rows a step; a smaller data set is one batch; by default 128. */
    public Builder batchSize(int value) {
      batchSize = value;
      return this;
    }

    /** A new one, with fresh state, for each phase; by default {@link Optimizer#ADAM}. */
    public Builder optimizer(Optimizer value) {
      optimizer = value;
      return this;
    }

    /** Of SGD, [0, 1); by default 0.9. */
    public Builder momentum(double value) {
      momentum = value;
      return this;
    }

    /** Of AdamW, decoupled; touches trainable weights only; by default 0. */
    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    /**
     * Share of a phase's rows held out, [0, 1): the weights of the epoch with the lowest validation loss
     * are taken; by default 0.
     */
    public Builder validationShare(double value) {
      validationShare = value;
      return this;
    }

    /** Stop a phase after so many epochs without a lower validation loss; 0: never; by default 0. */
    public Builder patience(int value) {
      patience = value;
      return this;
    }

    Fit build() {
      return new Fit(
          epochs,
          learningRate,
          schedule,
          batchSize,
          optimizer,
          momentum,
          weightDecay,
          validationShare,
          patience);
    }
  }
}
