// TAPS (Wallingford et al., "Task Adaptive Parameter Sharing for Multi-Task Learning", CVPR 2022): a gate a layer decides
// whether what the layer learnt counts. SWR (Kim et al., "Scalable Weight Reparametrization for Efficient Transfer Learning", arXiv 2302.13435):
// gates are logits of a policy under a budget, which is drawn from while it is learnt.
#pragma once

#include <vector>

#include "core/arena.h"
#include "core/random.h"
#include "core/team.h"
#include "prune/mask.h"
#include "train/scope.h"

namespace pacnet {

/// The trainable weights as start + [gate > threshold] * change. The optimizer moves change and gates; the network sees
/// the sum.
class Gates {
 public:
  /// start: the arena before the fit, which must outlive this.
  Gates(const Scope& scope, const float* start);

  float* change() noexcept { return change_.data(); }
  float* gates() noexcept { return gates_.data(); }
  float* gate_gradients() noexcept { return gate_gradients_.data(); }
  const Layout& gate_layout() const noexcept { return gate_layout_; }

  /// Of a policy that is drawn from: which layers count in the next step.
  void draw(Random& random);
  /// Of a policy: the layers of positive logits count from now on, the likeliest first, as long as they are within the budget, and the logits stay.
  void settle();
  bool settled() const noexcept { return settled_; }

  /// From the gradients of the weights to those of change, in place, and of the gates: the step function passes
  /// gradients as if it were the identity (straight-through; Bengio et al. 2013), and from some epoch on every gate is
  /// pulled toward zero.
  void backward(float* grads, int64_t epoch, Team& team);
  /// Everything trainable but what a closed gate keeps at its start.
  BitMask moved() const;
  /// The weights that follow from change and gates.
  void compose(float* params, Team& team);

 private:
  bool open(const Tensor& tensor) const { return open_[static_cast<std::size_t>(tensor.layer)]; }
  bool policy() const noexcept { return scope_.gates.budget >= 0.0; }
  void look();
  double slope(std::size_t layer) const;
  void add_penalty();
  bool gated(std::size_t tensor) const { return scope_.gates.tensors[tensor]; }

  const Scope& scope_;
  const float* start_;
  Layout gate_layout_;
  FloatBuffer change_;
  FloatBuffer gates_;
  FloatBuffer gate_gradients_;
  std::vector<bool> open_;       ///< by layer
  std::vector<double> noise_;    ///< likewise, of a policy
  std::vector<double> shares_;   ///< likewise: what of all parameters as many are as the layer's gated ones learn
  bool settled_ = false;
};

}  // namespace pacnet
