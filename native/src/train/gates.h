// TAPS (Wallingford et al., "Task Adaptive Parameter Sharing for Multi-Task Learning", CVPR 2022): a gate a layer decides
// whether what the layer learnt counts.
#pragma once

#include <vector>

#include "core/arena.h"
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

  /// From the gradients of the weights to those of change, in place, and of the gates: the step function passes
  /// gradients as if it were the identity (straight-through; Bengio et al. 2013), and every gate is pulled toward zero.
  void backward(float* grads, Team& team);
  /// Everything trainable but what a closed gate keeps at its start.
  BitMask moved() const;
  /// The weights that follow from change and gates.
  void compose(float* params, Team& team) const;

 private:
  bool open(const Tensor& tensor) const;
  bool gated(std::size_t tensor) const { return scope_.gates.tensors[tensor]; }

  const Scope& scope_;
  const float* start_;
  Layout gate_layout_;
  FloatBuffer change_;
  FloatBuffer gates_;
  FloatBuffer gate_gradients_;
};

}  // namespace pacnet
