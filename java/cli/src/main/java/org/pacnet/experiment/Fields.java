package org.pacnet.experiment;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.pacnet.config.Equation;
import org.pacnet.config.Pinn;
import org.pacnet.config.TransferConfig;
import org.pacnet.data.Data;
import org.pacnet.pde.Points;

/**
 * An {@link Equation} to solve by a network: the source has many points, the target, with another coefficient, n inside
 * and n where u is known. A source at distance d has the target's coefficient times exp(N(0, (0.35·d)²)).
 */
public final class Fields implements Problem {

  private static final double SPREAD = 0.35;
  private static final int INSIDE = 2000;
  private static final int KNOWN = 400;
  private static final int TEST_CELLS = 64;

  private final Equation equation;
  private final double distance;

  Fields(Equation equation, double distance) {
    this.equation = equation;
    this.distance = distance;
  }

  @Override
  public TransferConfig.Builder settings() {
    return TransferConfig.builder("u").network(Pinn.of(equation)).source(f -> f.epochs(600)).target(f -> f.epochs(1000));
  }

  // Of the target.
  private double coefficient() {
    return switch (equation) {
      case HEAT -> 0.1;
      case BURGERS -> 0.05;
      case ALLEN_CAHN -> 0.1;
      case WAVE -> 1;
    };
  }

  private double sourceCoefficient(int seed) {
    RandomGenerator random =
        RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003L);
    double drawn = coefficient() * Math.exp(SPREAD * distance * random.nextGaussian());
    return Math.max(equation.least(), Math.min(equation.most(), drawn));
  }

  @Override
  public Data source(int seed) {
    return new Points(equation, sourceCoefficient(seed)).training(INSIDE, KNOWN, seed);
  }

  @Override
  public Data sourceTest(int seed) {
    return new Points(equation, sourceCoefficient(seed)).solution(TEST_CELLS);
  }

  @Override
  public Data target(int seed, int rows) {
    return new Points(equation, coefficient()).training(rows, rows, seed * 1_000_003L + rows);
  }

  @Override
  public Data test(int seed) {
    return new Points(equation, coefficient()).solution(TEST_CELLS);
  }
}
