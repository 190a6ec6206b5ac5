// Magnitude selection: which weights survive Prune.
#pragma once

#include <functional>
#include <span>

#include "core/arena.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"

namespace pacnet {

/// K = round((1 - ratio) * size), halves away from zero.
int64_t keep_count(int64_t size, double ratio);

/// Sets, over all the given tensors together, the bits of the `keep` elements of largest magnitude and clears the
/// others; of equal magnitudes the ones that come first (tensor order, then index) are kept. -0 equals +0.
/// Throws kErrorDiverged if an element is not finite.
///
/// Radix selection over the bits of |x|, which order like the numbers themselves: three counting passes find the K-th
/// magnitude exactly, a fourth writes the mask. Nothing is sorted or copied. At most so many threads, each its share of the
/// elements; the mask does not depend on how many.
void select_largest(const float* values, std::span<const Tensor> tensors, int64_t keep, BitMask& mask, int threads = 1);

/// Does what select_largest does, for numbers of its own.
using Selector = std::function<void(std::span<const Tensor> tensors, int64_t keep, BitMask& mask)>;
inline Selector select_on_cpu(const float* values, int threads = 1) {
  return [values, threads](std::span<const Tensor> tensors, int64_t keep, BitMask& mask) {
    select_largest(values, tensors, keep, mask, threads);
  };
}

/// Sets the mask over the given tensors by a rule and returns K, the number of kept weights. Global and plain keep
/// K = keep_count of all sizes together, per layer keep_count of each.
///
/// Global, unlike plain, keeps of every tensor at least its floor, half of what per layer would keep of it, rounded up and at least 1,
/// and fills up to K with the largest of the others: a layer without any weight passes nothing on, whatever the rest of the network knows
/// (layer collapse; Tanaka et al., "Pruning neural networks without any data", NeurIPS 2020). Where K is too small for
/// all floors, each tensor's is 1, and where it is too small for that, 0.
int64_t select_by_rule(const Selector& select, std::span<const Tensor> tensors, double ratio, PruningRule rule, BitMask& mask);

}  // namespace pacnet
