// The scopes of the phases, from a network's mask.
#pragma once

#include <cstdint>
#include <vector>

#include "pacnet/pacnet.h"

namespace pacnet::test {

enum class Train { kAll, kKept, kPruned };

inline int64_t size_of(const Network& network, int64_t tensor) {
  int64_t size = 1;
  for (int64_t d = 0; d < network.tensor_rank(tensor); ++d) {
    size *= network.tensor_dim(tensor, d);
  }
  return size;
}

/// One bit an element, unused bits 0.
inline std::vector<uint8_t> mask_bits(const Network& network, int64_t tensor) {
  std::vector<uint8_t> bits(static_cast<std::size_t>((size_of(network, tensor) + 7) / 8));
  network.get_mask(tensor, bits.data(), static_cast<int64_t>(bits.size()));
  return bits;
}

/// What a phase may move: Train everything, Allocate what is kept, Calibrate what is pruned.
struct PhaseScope {
  explicit PhaseScope(const Network& network, Train which = Train::kAll, double l2 = 0.0) : scope(network) {
    for (int64_t t = 0; t < network.tensor_count(); ++t) {
      if (which != Train::kAll) {
        std::vector<uint8_t> bits = mask_bits(network, t);
        if (which == Train::kPruned) {
          const int64_t size = size_of(network, t);
          for (int64_t i = 0; i < static_cast<int64_t>(bits.size()) * 8; ++i) {
            bits[static_cast<std::size_t>(i / 8)] ^= static_cast<uint8_t>(i < size ? 1 << (i % 8) : 0);
          }
        }
        scope.set_trainable(t, bits.data(), static_cast<int64_t>(bits.size()));
      }
      scope.set_pull(t, l2);
    }
    if (which == Train::kKept) {
      scope.require_frozen_zero();
    }
  }
  operator const FitScope&() const { return scope; }  // NOLINT: a scope with a way to make it

  FitScope scope;
};

}  // namespace pacnet::test
