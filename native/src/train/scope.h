// What a fit may move and where it pulls it: FitScope's insides.
#pragma once

#include <vector>

#include "core/arena.h"
#include "nn/terms.h"
#include "optim/masked_step.h"
#include "prune/mask.h"

namespace pacnet {

struct Scope {
  explicit Scope(const Layout& network) : layout(network), trainable(network) {
    const auto& tensors = layout.tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      trainable.fill(tensors[t], true);
      segments.push_back(
          {tensors[t].offset, t + 1 < tensors.size() ? tensors[t + 1].offset : layout.extent(), 0.0F});
    }
  }

  const Layout layout;
  BitMask trainable;
  std::vector<Segment> segments;  ///< one a tensor
  FloatBuffer anchor;             ///< empty for zeros
  bool frozen_zero = false;
  Terms terms;  ///< whose reference is the anchor

  /// Of each position, instead of one; empty: one. The pull is then the tensor's coefficient times this.
  FloatBuffer precision;
  /// Columns v of the arena's extent: each takes (sum v_i (w_i - a_i))^2 off the penalty.
  std::vector<FloatBuffer> low_rank;

  /// TAPS (Wallingford et al. 2022): a layer with a gate is its start plus what it learnt where the gate is above the
  /// threshold, and its start where it is not.
  struct Gates {
    double threshold = 0.0;
    double start = 0.0;
    double strength = 0.0;
    int64_t free_epochs = 0;    ///< in which gates are not pulled
    std::vector<bool> tensors;  ///< which have one; empty: no gates
    double budget = -1.0;       ///< 0 or more: gates are logits of a policy (SWR, Kim et al. 2023), and the threshold is 0
    double temperature = 1.0;   ///< of a policy
    bool drawn = false;         ///< whether a policy is drawn from in the first half of the steps
  } gates;

  /// LoRA (Hu et al. 2022): the tensor is its start plus scale * B A, A [rank, what is not its first dimension] beginning as it is here.
  struct Adapter {
    std::size_t tensor;
    int64_t rank;
    float scale;
    std::vector<float> a;
  };
  std::vector<Adapter> adapters;
};

}  // namespace pacnet
