// Counter-based random numbers: every draw is a function of (seed, stream, position), so a phase gives the same bits
// however it was reached. Philox is the generator that PyTorch uses on GPUs (Salmon et al. 2011).
#pragma once

#include <ATen/core/PhiloxRNGEngine.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace pacnet {

/// What a stream of random numbers is for. Values are part of the results of a seed: append, never renumber.
enum class Stream : uint64_t {
  kInitialize = 1,
  kInitializeHead = 2,
  kSplit = 3,
  kShuffle = 4,
  kDropout = 5,
  kNormalise = 6,
  kPrune = 7,
  kSearch = 8,
  kPolicy = 9
};

class Random {
 public:
  Random(uint64_t seed, Stream stream, uint64_t position = 0)
      : engine_(seed, (static_cast<uint64_t>(stream) << 56) + position, 0) {}

  uint32_t next() { return engine_(); }
  /// In [0, 1), a multiple of 2^-24.
  float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24F; }
  /// In [0, bound), bound < 2^32, without bias (Lemire 2019).
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{next()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0U - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) {
        product = uint64_t{next()} * bound;
      }
    }
    return static_cast<uint32_t>(product >> 32);
  }
  /// Fisher-Yates.
  void shuffle(std::vector<uint32_t>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[below(static_cast<uint32_t>(i))]);
    }
  }

 private:
  at::Philox4_32 engine_;
};

/// A step's pattern of dropout: never 0, which turns it off.
inline uint32_t dropout_key(uint64_t seed, int64_t step) {
  return Random(seed, Stream::kDropout, static_cast<uint64_t>(step)).next() | 1U;
}

}  // namespace pacnet
