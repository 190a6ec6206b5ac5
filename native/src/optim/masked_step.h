// The fused, masked optimizer: one pass over the arena reads parameter, gradient and moments, adds the L2 pull, and
// writes back only where the trainable bit is set. A frozen parameter is not rewritten with its own value plus zero: its
// bits are selected unchanged.
#pragma once

#include <cstdint>
#include <span>

#include "core/arena.h"
#include "prune/mask.h"

namespace pacnet {

/// A run of the arena with one L2 coefficient. begin and end are multiples of kWordBits.
struct Segment {
  int64_t begin;
  int64_t end;
  float l2;  ///< gradient 2 * l2 * (w - anchor)
};

/// The buffers of a step, all of the arena's extent. anchor may be null for zero.
struct StepBuffers {
  float* param;
  const float* grad;
  float* moment1;  ///< Adam's first moment, SGD's momentum
  float* moment2;  ///< Adam's second moment; unused by SGD
  const float* anchor;
};

/// Adam (Kingma & Ba 2015) in PyTorch's form, and AdamW (Loshchilov & Hutter 2019) with decay > 0:
/// w -= step_size * m / (sqrt(v) / sqrt_correction2 + epsilon).
struct AdamStep {
  float beta1;
  float beta2;
  float epsilon;
  float step_size;         ///< lr / (1 - beta1^t)
  float sqrt_correction2;  ///< sqrt(1 - beta2^t)
  float decay;             ///< 1 - lr * weight_decay; 1 without

  AdamStep(double lr, double b1, double b2, double eps, double weight_decay, int64_t t);
};

/// SGD with momentum in PyTorch's form (no dampening): b = momentum * b + g, w -= lr * b, b = g in the first step.
struct SgdStep {
  float lr;
  float momentum;
  bool first;
};

/// One step over [begin, end) of the arena (multiples of kWordBits), for one thread.
void apply(const AdamStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end);
void apply(const SgdStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end);

}  // namespace pacnet
