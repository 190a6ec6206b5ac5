package org.pacnet.internal.engine;

import org.jspecify.annotations.Nullable;
import org.pacnet.binding.FitScope;

/**
 * What a fit is charged for, or does, besides what {@link FitRange} says; the methods of {@code
 * pacnet::FitScope} of the same names say more. docs/methods.md has the formulas.
 */
public sealed interface FitTerm {

  void addTo(FitScope scope);

  /** A factor for the pull of each parameter. */
  record Precision(float[] values) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_precision(values, values.length);
    }
  }

  /** A direction in which the pull is weaker. */
  record LowRank(float[] column) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.add_low_rank(column, column.length);
    }
  }

  /** A pull of a layer's features toward those by the anchor, with a weight for each channel. */
  record Features(int layer, float[] weights) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_feature_pull(layer, weights, weights.length);
    }
  }

  /** A penalty on the smallest singular values of a batch's features. */
  record Spectral(double strength, int count) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_spectral_penalty(strength, count);
    }
  }

  /**
   * Soft labels for the outputs from {@code first} on.
   *
   * @param table [first, outputs − first]; null for what the anchor gives
   */
  record SoftLabels(int first, double temperature, double strength, float @Nullable [] table)
      implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_soft_labels(first, temperature, strength, table, table == null ? 0 : table.length);
    }
  }

  /** Normalisation by running statistics with this chance. */
  record StochasticNormalisation(double chance) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_stochastic_normalisation(chance);
    }
  }

  /**
   * A gate for each layer.
   *
   * @param gated a flag for each tensor
   * @param freeEpochs in which nothing pulls the gates
   */
  record Gates(boolean[] gated, double threshold, double start, double strength, int freeEpochs)
      implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_gates(gated, gated.length, threshold, start, strength, freeEpochs);
    }
  }

  /**
   * Which layers learn is chosen under a budget.
   *
   * @param gated a flag for each tensor
   */
  record Policy(boolean[] gated, double budget, double strength, double temperature) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_policy(gated, gated.length, budget, strength, temperature, true);
    }
  }

  /**
   * What a matrix or kernel learns has a low rank.
   *
   * @param a where the second factor begins, [rank, columns]
   */
  record Adapter(int tensor, int rank, float[] a) implements FitTerm {
    @Override
    public void addTo(FitScope scope) {
      scope.set_adapter(tensor, rank, 1, a, a.length);
    }
  }
}
