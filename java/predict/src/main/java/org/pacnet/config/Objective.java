package org.pacnet.config;

import org.pacnet.error.DataException;

/**
 * What training makes small; immutable.
 *
 * @param task regression or classification
 * @param loss {@code CROSS_ENTROPY} for a classification, one of the others for a regression
 * @param huberDelta where Huber's loss turns linear, in standardised units
 * @param balanced whether classes count the same, however many rows each has: a row counts rows / (classes · rows of its class), as
 *     scikit-learn's class_weight "balanced" has it; for a classification
 */
public record Objective(Task task, Loss loss, double huberDelta, boolean balanced) {

  static final Objective DEFAULT = new Objective(Task.REGRESSION, Loss.MSE, 1, false);

  /** Throws a {@link DataException} that names the setting if one is out of its range. */
  public Objective {
    Check.that(
        (task == Task.CLASSIFICATION) == (loss == Loss.CROSS_ENTROPY),
        "loss", "the loss",
        "must be cross_entropy for a classification, and mse, mae or huber for a regression",
        loss);
    Check.that(Check.positive(huberDelta), "huberDelta", "Huber's delta", "must be positive", huberDelta);
    Check.that(!balanced || task == Task.CLASSIFICATION, "balanced", "balanced", "is for a classification", balanced);
  }

  /** Collects them; each method is the component of the same name. */
  public static final class Builder {
    private Task task;
    private Loss loss;
    private double huberDelta;
    private boolean balanced;

    Builder(Objective o) {
      task = o.task;
      loss = o.loss;
      huberDelta = o.huberDelta;
      balanced = o.balanced;
    }

    /** With it the loss: cross-entropy, or squared error; by default {@link Task#REGRESSION}. */
    public Builder task(Task value) {
      task = value;
      loss = value == Task.CLASSIFICATION ? Loss.CROSS_ENTROPY : Loss.MSE;
      return this;
    }

    /**
     * {@code CROSS_ENTROPY} for a classification, one of the others for a regression; by default {@link
     * Loss#MSE}.
     */
    public Builder loss(Loss value) {
      loss = value;
      return this;
    }

    /** Where Huber's loss turns linear, in standardised units; by default 1. */
    public Builder huberDelta(double value) {
      huberDelta = value;
      return this;
    }

    /** Whether classes count the same, however many rows each has; by default not. */
    public Builder balanced(boolean value) {
      balanced = value;
      return this;
    }

    Objective build() {
      return new Objective(task, loss, huberDelta, balanced);
    }
  }
}
