// What a fit can be charged for besides its labels: how far features are from those of other weights, how small the
// singular values of a batch's features are, how far outputs are from soft ones. Every term is a mean over the batch's
// rows, and comes with its gradient with respect to what it is of; docs/methods.md has the formulas and their sources.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/loss_arithmetic.h"

namespace pacnet {

struct Terms {
  /// The arena of the weights whose features and outputs are the reference; null where there is no anchor.
  const float* reference = nullptr;

  /// DELTA (Li et al. 2019): by layer, a weight for each channel of its features; empty: not this layer.
  std::vector<std::vector<float>> features;

  /// BSS (Chen et al. 2019): strength, and how many of the smallest singular values.
  double spectral = 0.0;
  int64_t spectral_count = 0;

  /// Cross-entropy of `count` outputs from `first` on with soft labels, at a temperature: those of the row's class in a
  /// table (Co-Tuning, You et al. 2020), or without one what the reference says (LwF, Li and Hoiem 2016).
  struct Soft {
    double strength = 0.0;  ///< 0: none
    double temperature = 1.0;
    int64_t first = 0;
    int64_t count = 0;
    std::vector<float> table;  ///< [classes, count]
  } soft;

  /// StochNorm (Kou et al. 2020): the chance that a channel is normalised by running statistics in training; 0: BatchNorm.
  double stochastic_normalisation = 0.0;

  bool any_features() const {
    for (const std::vector<float>& weights : features) {
      if (!weights.empty()) {
        return true;
      }
    }
    return false;
  }
  /// Whether a pass by the reference is needed: it costs as much as another forward pass.
  bool needs_reference() const { return any_features() || (soft.strength > 0.0 && soft.table.empty()); }
  const std::vector<float>* features_of(std::size_t layer) const {
    return layer < features.size() && !features[layer].empty() ? &features[layer] : nullptr;
  }
};

/// Of sum over elements of weight[channel] * (f - r)^2 / rows: adds the gradient to grad.
/// f, r, grad: [positions, channels], positions being rows times the pixels of a row's feature map.
void add_feature_gradient(const std::vector<float>& weight, const float* f, const float* r, int64_t positions,
                          int64_t rows, float* grad);

/// Of strength / rows * the sum of the squares of the `count` smallest singular values of f [rows, channels].
at::Tensor spectral_gradient(double strength, int64_t count, const at::Tensor& f);
void add_spectral_gradient(double strength, int64_t count, const float* f, int64_t rows, int64_t channels, float* grad);

/// Of strength * the mean over batch_rows of -weight * sum_j q_j log softmax(o / temperature)_j, o being the outputs meant by
/// `soft`. out, reference, grad: [rows, outputs], of which `reference` is unused where there is a table, and the labels, class
/// indices, where there is none.
void add_soft_gradient(const Terms::Soft& soft, const float* out, const float* reference, const Labels& labels,
                       int64_t rows, int64_t batch_rows, int64_t outputs, float* grad);

}  // namespace pacnet
