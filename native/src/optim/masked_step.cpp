#include "optim/masked_step.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/simd.h"
#include "optim/step_arithmetic.h"

namespace pacnet {

namespace {

constexpr int kHalf = 32;  // lanes that share one 32-bit piece of the mask

// Each lane's bit: to shift by a number a lane is AVX2's alone.
constexpr std::array<uint32_t, kHalf> kBits = [] {
  std::array<uint32_t, kHalf> bits{};
  for (int j = 0; j < kHalf; ++j) {
    bits[static_cast<std::size_t>(j)] = uint32_t{1} << j;
  }
  return bits;
}();

// A loop works on a run of words with one L2 coefficient. Each element is computed in full and then selected by its bit, so that there
// is no branch and no frozen element is touched by arithmetic. v: unused by SGD.
template <typename Step, bool kAnchored>
struct Words {
  PACNET_LOOP void run(Step step, StepBuffers buffers, const uint64_t* words, int64_t first, int64_t last, float twice_l2) {
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      if (word == 0) {
        continue;
      }
      for (int64_t half = 0; half < kWordBits; half += kHalf) {
        const uint32_t bits = static_cast<uint32_t>(word >> half);
        const int64_t base = w * kWordBits + half;
        float* __restrict p = buffers.param + base;
        float* __restrict m = buffers.moment1 + base;
        [[maybe_unused]] float* __restrict v = std::is_same_v<Step, AdamStep> ? buffers.moment2 + base : nullptr;
        const float* __restrict g = buffers.grad + base;
        const float* __restrict a = kAnchored ? buffers.anchor + base : nullptr;
        for (int j = 0; j < kHalf; ++j) {
          const float gradient = pulled(g[j], p[j], kAnchored ? a[j] : 0.0F, twice_l2);
          const bool trainable = (bits & kBits[static_cast<std::size_t>(j)]) != 0;
          if constexpr (std::is_same_v<Step, AdamStep>) {
            step_element(step, trainable, gradient, p[j], m[j], v[j]);
          } else {
            step_element(step, trainable, gradient, p[j], m[j]);
          }
        }
      }
    }
  }
};

template <typename Step>
void apply_segments(const Step& step, const StepBuffers& buffers, const BitMask& trainable,
                    std::span<const Segment> segments, int64_t begin, int64_t end) {
  for (const Segment& segment : segments) {
    const int64_t from = std::max(begin, segment.begin);
    const int64_t to = std::min(end, segment.end);
    if (from >= to) {
      continue;
    }
    const auto run = [&]<bool kAnchored>() {
      vectorised<Words<Step, kAnchored>>(step, buffers, trainable.words(), from / kWordBits, to / kWordBits, 2.0F * segment.l2);
    };
    buffers.anchor != nullptr ? run.template operator()<true>() : run.template operator()<false>();
  }
}

}  // namespace

void apply(const AdamStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end) {
  apply_segments(step, buffers, trainable, segments, begin, end);
}

void apply(const SgdStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end) {
  apply_segments(step, buffers, trainable, segments, begin, end);
}

}  // namespace pacnet
