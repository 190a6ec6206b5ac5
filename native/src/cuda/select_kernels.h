// Magnitude selection on the device, twin of prune/select.h: three counting passes over |x| find the K-th magnitude, a fourth
// reads the numbers a last time and writes what is above it and what equals it; which of the equals are kept is settled
// on those bits alone.
#pragma once

#include <cstdint>

#include "cuda/grid.h"

namespace pacnet::cuda {

/// |x| as an integer has 31 bits: digits of 11, 10 and 10 from the top.
struct Digit {
  int shift;
  int bits;
};
constexpr int kDigits = 3;
constexpr int kMostBuckets = 1 << 11;
PACNET_HD inline Digit digit(int pass) { return pass == 0 ? Digit{20, 11} : pass == 1 ? Digit{10, 10} : Digit{0, 10}; }

struct SelectState {
  uint32_t prefix = 0;               ///< of the K-th magnitude, as far as it is known
  unsigned long long wanted = 0;     ///< how many are still to be taken among those that start so
  unsigned long long bad = kNone;    ///< arena index of the first number that is not finite
  unsigned long long counts[kMostBuckets] = {};
};

struct RankedNumbers {
  const float* values;    ///< the arena
  const uint64_t* lanes;  ///< a bit for each: 1 is ranked; ties are in the arena's order
  int64_t words;

  /// Four of them from a multiple of four on, those that are ranked by a bit each.
  struct Quad {
    unsigned ranked;
    uint32_t magnitude[4];
  };
  PACNET_HD Quad quad(int64_t first) const {
    Quad quad{static_cast<unsigned>(lanes[first / 64] >> (first % 64)) & 0xfU, {}};
    if (quad.ranked != 0) {
      const Four four = load(values, first);
      for (int j = 0; j < 4; ++j) {
        quad.magnitude[j] = bits_of(four.at[j]) & 0x7fffffffU;
      }
    }
    return quad;
  }
};

/// A pass over all numbers: how many have each digit, of those whose digits above are the prefix's.
struct CountDigits {
  struct Shared {
    unsigned counts[kMostBuckets];
  };
  static constexpr int kPhases = 3;

  RankedNumbers numbers;
  SelectState* state;
  int pass;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const Digit d = digit(pass);
    const int buckets = 1 << d.bits;
    if constexpr (kPhase == 0) {
      for (int b = at.thread; b < buckets; b += at.threads) {
        shared.counts[b] = 0;
      }
    } else if constexpr (kPhase == 1) {
      const int above = d.shift + d.bits;
      for (int64_t i = at.index(); i < numbers.words * 16; i += at.stride()) {
        const RankedNumbers::Quad quad = numbers.quad(4 * i);
        for (int j = 0; j < 4; ++j) {
          if (((quad.ranked >> j) & 1U) == 0) {
            continue;
          }
          const uint32_t bits = quad.magnitude[j];
          if (pass == 0 && bits >= 0x7f800000U) {
            atomic_min(&state->bad, static_cast<unsigned long long>(4 * i + j));
          } else if (pass == 0 || bits >> above == state->prefix >> above) {
            atomic_add(&shared.counts[(bits >> d.shift) & static_cast<unsigned>(buckets - 1)], 1U);
          }
        }
      }
    } else {
      for (int b = at.thread; b < buckets; b += at.threads) {
        if (shared.counts[b] != 0) {
          atomic_add(&state->counts[b], static_cast<unsigned long long>(shared.counts[b]));
        }
      }
    }
  }
};

/// From the counts to the next digit of the prefix: one block. Leaves the counts at zero.
struct ChooseDigit {
  static constexpr int kThreads = 256;
  struct Shared {
    unsigned long long sums[kThreads];  ///< of a thread's buckets
  };
  static constexpr int kPhases = 3;

  SelectState* state;
  int pass;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const Digit d = digit(pass);
    const int each = (1 << d.bits) / kThreads;
    if constexpr (kPhase == 0) {
      unsigned long long sum = 0;
      for (int b = at.thread * each; b < (at.thread + 1) * each; ++b) {
        sum += state->counts[b];
      }
      shared.sums[at.thread] = sum;
    } else if constexpr (kPhase == 1) {
      if (at.thread != 0) {
        return;
      }
      unsigned long long wanted = state->wanted;
      int group = kThreads - 1;
      for (; group > 0 && shared.sums[group] < wanted; --group) {
        wanted -= shared.sums[group];
      }
      int bucket = (group + 1) * each - 1;
      for (; bucket > group * each && state->counts[bucket] < wanted; --bucket) {
        wanted -= state->counts[bucket];
      }
      state->wanted = wanted;
      state->prefix |= static_cast<uint32_t>(bucket) << d.shift;
    } else {
      for (int b = at.thread * each; b < (at.thread + 1) * each; ++b) {
        state->counts[b] = 0;
      }
    }
  }
};

/// The last pass over the numbers: sixteen threads a word, four numbers each, every word once.
struct MarkWords {
  static constexpr int kThreads = 256;
  static constexpr int kWords = kThreads / 16;  // a block
  struct Shared {
    uint8_t greater[kThreads];
    uint8_t equal[kThreads];
  };
  static constexpr int kPhases = 3;

  RankedNumbers numbers;
  const SelectState* state;
  uint64_t* mask;                     ///< by word, as all that follows
  uint64_t* equal;
  unsigned long long* block_equals;   ///< how many equals a block's words have

  static Grid grid(int64_t words) { return grid_for(words * 16, kThreads); }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const int64_t word = at.index() / 16;
    if constexpr (kPhase == 0) {
      unsigned above = 0;
      unsigned same = 0;
      if (word < numbers.words) {
        const RankedNumbers::Quad quad = numbers.quad(at.index() * 4);
        for (int j = 0; j < 4; ++j) {
          const unsigned ranked = (quad.ranked >> j) & 1U;
          above |= (ranked & static_cast<unsigned>(quad.magnitude[j] > state->prefix)) << j;
          same |= (ranked & static_cast<unsigned>(quad.magnitude[j] == state->prefix)) << j;
        }
      }
      shared.greater[at.thread] = static_cast<uint8_t>(above);
      shared.equal[at.thread] = static_cast<uint8_t>(same);
    } else if constexpr (kPhase == 1) {
      if (at.thread % 16 == 0 && word < numbers.words) {
        uint64_t above = 0;
        uint64_t same = 0;
        for (int k = 0; k < 16; ++k) {
          above |= static_cast<uint64_t>(shared.greater[at.thread + k]) << (4 * k);
          same |= static_cast<uint64_t>(shared.equal[at.thread + k]) << (4 * k);
        }
        mask[word] = above;
        equal[word] = same;
      }
    } else if (at.thread == 0) {
      unsigned long long count = 0;
      for (int t = 0; t < kThreads; ++t) {
        count += static_cast<unsigned long long>(ones(shared.equal[t]));
      }
      block_equals[at.block] = count;
    }
  }
};

/// How many equals are before each block: one block.
struct ScanEquals {
  static constexpr int kThreads = 1024;
  struct Shared {
    unsigned long long sums[kThreads];
  };
  static constexpr int kPhases = 3;

  unsigned long long* block_equals;  ///< in: of a block; out: before it
  int64_t blocks;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const int64_t each = (blocks + at.threads - 1) / at.threads;
    const int64_t first = at.thread * each;
    const int64_t end = first + each < blocks ? first + each : blocks;
    if constexpr (kPhase == 0) {
      unsigned long long sum = 0;
      for (int64_t b = first; b < end; ++b) {
        sum += block_equals[b];
      }
      shared.sums[at.thread] = sum;
    } else if constexpr (kPhase == 1) {
      if (at.thread == 0) {
        unsigned long long before = 0;
        for (int t = 0; t < at.threads; ++t) {
          const unsigned long long own = shared.sums[t];
          shared.sums[t] = before;
          before += own;
        }
      }
    } else {
      unsigned long long before = shared.sums[at.thread];
      for (int64_t b = first; b < end; ++b) {
        const unsigned long long own = block_equals[b];
        block_equals[b] = before;
        before += own;
      }
    }
  }
};

/// Keeps the equals that come first: a thread a word, and the grid of MarkWords in words.
struct KeepEquals {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  const SelectState* state;
  const uint64_t* equal;
  const unsigned long long* before_block;
  uint64_t* mask;
  int64_t words;

  static Grid grid(int64_t words) { return grid_for(words); }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t word = at.index(); word < words; word += at.stride()) {
      const int64_t block = word / MarkWords::kWords;
      unsigned long long before = before_block[block];
      for (int64_t w = block * MarkWords::kWords; w < word; ++w) {
        before += static_cast<unsigned long long>(ones(equal[w]));
      }
      uint64_t left = equal[word];
      uint64_t kept = 0;
      while (left != 0 && before < state->wanted) {
        const uint64_t lowest = left & (~left + 1);
        kept |= lowest;
        left ^= lowest;
        ++before;
      }
      mask[word] |= kept;
    }
  }
};

}  // namespace pacnet::cuda
