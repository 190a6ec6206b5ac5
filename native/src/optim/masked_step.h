// The fused, masked optimizer: one pass over the arena reads parameter, gradient and moments, adds the L2 pull, and
// writes back only where the trainable bit is set. A frozen parameter is not rewritten with its own value plus zero: its
// bits are selected unchanged.
#pragma once

#include <cstdint>
#include <span>

#include "core/arena.h"
#include "optim/step_arithmetic.h"
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

/// One step over [begin, end) of the arena (multiples of kWordBits), for one thread.
void apply(const AdamStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end);
void apply(const SgdStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end);

}  // namespace pacnet
