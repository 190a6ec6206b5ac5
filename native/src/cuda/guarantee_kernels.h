// The promises of the phases, checked where the parameters are: twins of train/guarantee.h that say where, not what.
#pragma once

#include <cstdint>

#include "cuda/grid.h"

namespace pacnet::cuda {

/// What may not be; each kernel lowers `first` to the arena's first index where it is.
enum class Breach { kMoved, kNotZero, kNotFinite };

template <Breach kBreach>
struct FindBreach {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const float* before;  ///< of kMoved
  const float* values;
  const uint64_t* trainable;  ///< of kMoved and kNotZero
  const uint64_t* used;       ///< 1 where a tensor is, 0 in the gaps
  int64_t extent;
  unsigned long long* first;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < extent; i += at.stride()) {
      if (((used[i / 64] >> (i % 64)) & 1U) == 0) {
        continue;
      }
      const uint32_t bits = bits_of(values[i]);
      bool bad = false;
      if constexpr (kBreach == Breach::kNotFinite) {
        bad = (bits & 0x7f800000U) == 0x7f800000U;
      } else if (((trainable[i / 64] >> (i % 64)) & 1U) == 0) {
        bad = kBreach == Breach::kMoved ? bits != bits_of(before[i]) : bits != 0;
      }
      if (bad) {
        atomic_min(first, static_cast<unsigned long long>(i));
      }
    }
  }
};

}  // namespace pacnet::cuda
