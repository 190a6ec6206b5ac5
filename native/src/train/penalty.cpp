#include "train/penalty.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "core/simd.h"

namespace pacnet {

namespace {

constexpr std::array<float, kWordBits> kZeros{};
constexpr std::array<float, kWordBits> kOnes = [] {
  std::array<float, kWordBits> ones{};
  ones.fill(1.0F);
  return ones;
}();

// Numbers of the arena's extent, or the same 64 again and again.
struct Values {
  const float* data;
  int64_t step;
  const float* of(int64_t word) const { return data + word * step; }
};
Values values_or(const FloatBuffer& buffer, const std::array<float, kWordBits>& otherwise) {
  return buffer.size() > 0 ? Values{buffer.data(), kWordBits} : Values{otherwise.data(), 0};
}

// Words [first, last) of the mask.
struct AddPull {
  PACNET_LOOP void run(const uint64_t* words, int64_t first, int64_t last, const float* params, Values anchor, Values precision,
                       float twice_l2, float* grads) {
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      const float* p = params + w * kWordBits;
      const float* a = anchor.of(w);
      const float* h = precision.of(w);
      float* __restrict g = grads + w * kWordBits;
      for (int64_t j = 0; word != 0 && j < kWordBits; ++j) {
        g[j] += ((word >> j) & 1U) != 0 ? twice_l2 * h[j] * (p[j] - a[j]) : 0.0F;
      }
    }
  }
};

struct AddAlong {
  PACNET_LOOP void run(const uint64_t* words, int64_t first, int64_t last, const float* params, Values anchor, const float* column,
                       double* sum) {
    constexpr int kLanes = 8;  // sums side by side: one alone would wait for itself
    double lanes[kLanes] = {};
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      const float* p = params + w * kWordBits;
      const float* a = anchor.of(w);
      const float* v = column + w * kWordBits;
      for (int64_t j = 0; word != 0 && j < kWordBits; j += kLanes) {
        for (int64_t i = 0; i < kLanes; ++i) {
          const double along = static_cast<double>(v[j + i]) * static_cast<double>(p[j + i] - a[j + i]);
          lanes[i] += ((word >> (j + i)) & 1U) != 0 ? along : 0.0;
        }
      }
    }
    *sum = std::accumulate(lanes, lanes + kLanes, 0.0);
  }
};

struct SubtractColumn {
  PACNET_LOOP void run(const uint64_t* words, int64_t first, int64_t last, const float* column, float twice, float* grads) {
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      const float* v = column + w * kWordBits;
      float* __restrict g = grads + w * kWordBits;
      for (int64_t j = 0; word != 0 && j < kWordBits; ++j) {
        g[j] -= ((word >> j) & 1U) != 0 ? twice * v[j] : 0.0F;
      }
    }
  }
};

}  // namespace

bool has_penalty(const Scope& scope) { return scope.precision.size() > 0 || !scope.low_rank.empty(); }

void add_penalty_gradient(const Scope& scope, const float* params, float* grads, Team& team) {
  const Values anchor = values_or(scope.anchor, kZeros);
  const Values precision = values_or(scope.precision, kOnes);
  const uint64_t* words = scope.trainable.words();
  const int64_t count = scope.layout.extent() / kWordBits;
  team.run([&](int thread) {
    const Share own = share_of(count, thread, team.size());
    for (const Segment& segment : scope.segments) {
      vectorised<AddPull>(words, std::max(own.begin, segment.begin / kWordBits), std::min(own.end, segment.end / kWordBits), params,
                          anchor, precision, 2.0F * segment.l2, grads);
    }
  });
  std::vector<double> sums(static_cast<std::size_t>(team.size()));
  for (const FloatBuffer& column : scope.low_rank) {
    team.run([&](int thread) {
      const Share own = share_of(count, thread, team.size());
      vectorised<AddAlong>(words, own.begin, own.end, params, anchor, column.data(), &sums[static_cast<std::size_t>(thread)]);
    });
    const auto twice = static_cast<float>(2.0 * std::accumulate(sums.begin(), sums.end(), 0.0));
    team.run([&](int thread) {
      const Share own = share_of(count, thread, team.size());
      vectorised<SubtractColumn>(words, own.begin, own.end, column.data(), twice, grads);
    });
  }
}

}  // namespace pacnet
