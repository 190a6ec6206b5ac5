package org.pacnet.internal.engine;

/**
 * How a fit goes; {@code pacnet::FitOptions} says more.
 *
 * @param loss the core's constant, as are optimizer and schedule
 * @param huberDelta where Huber's loss turns linear
 * @param weighted whether rows of labels end with what the row counts
 * @param optimizer of the three
 * @param momentum of SGD
 * @param weightDecay of AdamW
 * @param learningRate at the start
 * @param schedule of the learning rate
 * @param epochs at most
 * @param batchSize rows a step
 * @param validationShare share of the rows held out
 * @param patience epochs without a lower validation loss; 0: never stop early
 * @param curriculum whether rows are ordered from easy to hard, and the hard ones come in as the fit goes on
 * @param seed of everything random
 * @param threads at most
 * @param cuda whether to train on the GPU
 * @param precision of its products: the core's constant
 */
public record FitSettings(
    int loss,
    double huberDelta,
    boolean weighted,
    int optimizer,
    double momentum,
    double weightDecay,
    double learningRate,
    int schedule,
    long epochs,
    long batchSize,
    double validationShare,
    long patience,
    boolean curriculum,
    long seed,
    int threads,
    boolean cuda,
    int precision) {}
