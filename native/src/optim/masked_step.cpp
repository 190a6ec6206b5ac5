#include "optim/masked_step.h"

#include <algorithm>

#include "core/simd.h"
#include "optim/step_arithmetic.h"

namespace pacnet {

namespace {

constexpr int kHalf = 32;  // lanes that share one 32-bit piece of the mask

// The kernels work on a run of words with one L2 coefficient. Each element is computed in full and then selected by its
// bit, so that the loop has no branch and no frozen element is touched by arithmetic.
template <bool kAnchored>
[[gnu::always_inline]] inline void adam_words(const AdamStep& s, const StepBuffers& b, const uint64_t* words,
                                              int64_t first, int64_t last, float twice_l2) {
  for (int64_t w = first; w < last; ++w) {
    const uint64_t word = words[w];
    if (word == 0) {
      continue;
    }
    for (int64_t half = 0; half < kWordBits; half += kHalf) {
      const uint32_t bits = static_cast<uint32_t>(word >> half);
      const int64_t base = w * kWordBits + half;
      float* __restrict p = b.param + base;
      float* __restrict m = b.moment1 + base;
      float* __restrict v = b.moment2 + base;
      const float* __restrict g = b.grad + base;
      const float* __restrict a = kAnchored ? b.anchor + base : nullptr;
      for (int j = 0; j < kHalf; ++j) {
        step_element(s, ((bits >> j) & 1U) != 0, pulled(g[j], p[j], kAnchored ? a[j] : 0.0F, twice_l2), p[j], m[j], v[j]);
      }
    }
  }
}

template <bool kAnchored>
[[gnu::always_inline]] inline void sgd_words(const SgdStep& s, const StepBuffers& b, const uint64_t* words,
                                             int64_t first, int64_t last, float twice_l2) {
  for (int64_t w = first; w < last; ++w) {
    const uint64_t word = words[w];
    if (word == 0) {
      continue;
    }
    for (int64_t half = 0; half < kWordBits; half += kHalf) {
      const uint32_t bits = static_cast<uint32_t>(word >> half);
      const int64_t base = w * kWordBits + half;
      float* __restrict p = b.param + base;
      float* __restrict m = b.moment1 + base;
      const float* __restrict g = b.grad + base;
      const float* __restrict a = kAnchored ? b.anchor + base : nullptr;
      for (int j = 0; j < kHalf; ++j) {
        step_element(s, ((bits >> j) & 1U) != 0, pulled(g[j], p[j], kAnchored ? a[j] : 0.0F, twice_l2), p[j], m[j]);
      }
    }
  }
}

PACNET_SIMD void adam_run(const AdamStep& s, const StepBuffers& b, const uint64_t* words, int64_t first, int64_t last,
                          float twice_l2) {
  if (b.anchor != nullptr) {
    adam_words<true>(s, b, words, first, last, twice_l2);
  } else {
    adam_words<false>(s, b, words, first, last, twice_l2);
  }
}

PACNET_SIMD void sgd_run(const SgdStep& s, const StepBuffers& b, const uint64_t* words, int64_t first, int64_t last,
                         float twice_l2) {
  if (b.anchor != nullptr) {
    sgd_words<true>(s, b, words, first, last, twice_l2);
  } else {
    sgd_words<false>(s, b, words, first, last, twice_l2);
  }
}

template <typename Step, typename Run>
void apply_segments(const Step& step, const StepBuffers& buffers, const BitMask& trainable,
                    std::span<const Segment> segments, int64_t begin, int64_t end, Run run) {
  for (const Segment& segment : segments) {
    const int64_t from = std::max(begin, segment.begin);
    const int64_t to = std::min(end, segment.end);
    if (from < to) {
      run(step, buffers, trainable.words(), from / kWordBits, to / kWordBits, 2.0F * segment.l2);
    }
  }
}

}  // namespace

void apply(const AdamStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end) {
  apply_segments(step, buffers, trainable, segments, begin, end, adam_run);
}

void apply(const SgdStep& step, const StepBuffers& buffers, const BitMask& trainable,
           std::span<const Segment> segments, int64_t begin, int64_t end) {
  apply_segments(step, buffers, trainable, segments, begin, end, sgd_run);
}

}  // namespace pacnet
