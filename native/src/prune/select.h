// Magnitude selection: which weights survive Prune.
#pragma once

#include <span>

#include "core/arena.h"
#include "prune/mask.h"

namespace pacnet {

/// K = round((1 - ratio) * size), halves away from zero.
int64_t keep_count(int64_t size, double ratio);

/// Sets, over all the given tensors together, the bits of the `keep` elements of largest magnitude and clears the
/// others; of equal magnitudes the ones that come first (tensor order, then index) are kept. -0 equals +0.
/// Throws kErrorDiverged if an element is not finite.
///
/// Radix selection over the bits of |x|, which order like the numbers themselves: three counting passes find the K-th
/// magnitude exactly, a fourth writes the mask. Nothing is sorted or copied.
void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, BitMask& mask);

}  // namespace pacnet
