#include "train/gates.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/simd.h"

namespace pacnet {

namespace {

// Words [first, last) of the mask. Gaps behind a tensor are part of its last word, and never trainable.
struct Along {
  PACNET_LOOP void run(const uint64_t* words, int64_t first, int64_t last, const float* grads, const float* change, double* sum) {
    double lanes[8] = {};
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      const float* g = grads + w * kWordBits;
      const float* d = change + w * kWordBits;
      for (int64_t j = 0; word != 0 && j < kWordBits; j += 8) {
        for (int64_t i = 0; i < 8; ++i) {
          const double product = static_cast<double>(g[j + i]) * static_cast<double>(d[j + i]);
          lanes[i] += ((word >> (j + i)) & 1U) != 0 ? product : 0.0;
        }
      }
    }
    *sum = std::accumulate(lanes, lanes + 8, 0.0);
  }
};

struct Compose {
  PACNET_LOOP void run(const uint64_t* words, int64_t first, int64_t last, const float* start, const float* change, float* params) {
    for (int64_t w = first; w < last; ++w) {
      const uint64_t word = words[w];
      const float* s = start + w * kWordBits;
      const float* d = change + w * kWordBits;
      float* __restrict p = params + w * kWordBits;
      for (int64_t j = 0; j < kWordBits; ++j) {
        p[j] = ((word >> j) & 1U) != 0 ? s[j] + d[j] : s[j];
      }
    }
  }
};

// A thread's words of a tensor.
Share words_of(const Tensor& tensor, int thread, int threads) {
  const int64_t first = tensor.offset / kWordBits;
  const Share own = share_of((tensor.size + kWordBits - 1) / kWordBits, thread, threads);
  return {first + own.begin, first + own.end};
}

}  // namespace

Gates::Gates(const Scope& scope, const float* start) : scope_(scope), start_(start), change_(scope.layout.extent()) {
  gate_layout_.add("gates", {scope.layout.layers()}, 0);
  gates_ = FloatBuffer(gate_layout_.extent());
  gate_gradients_ = FloatBuffer(gate_layout_.extent());
  std::fill_n(gates_.data(), scope.layout.layers(), static_cast<float>(scope.gates.start));
}

bool Gates::open(const Tensor& tensor) const {
  return static_cast<double>(gates_.data()[tensor.layer]) > scope_.gates.threshold;
}

// A tensor's gradient along its change, each thread by its share of the words; closed layers' gradients become zero.
void Gates::backward(float* grads, Team& team) {
  const auto& tensors = scope_.layout.tensors();
  const auto layers = static_cast<std::size_t>(scope_.layout.layers());
  std::vector<double> sums(layers * static_cast<std::size_t>(team.size()), 0.0);
  team.run([&](int thread) {
    double* own = sums.data() + layers * static_cast<std::size_t>(thread);
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const Tensor& tensor = tensors[t];
      if (!gated(t)) {
        continue;
      }
      const Share share = words_of(tensor, thread, team.size());
      double along = 0.0;
      vectorised<Along>(scope_.trainable.words(), share.begin, share.end, grads, change_.data(), &along);
      own[tensor.layer] += along;
      if (!open(tensor)) {
        std::fill(grads + share.begin * kWordBits, grads + share.end * kWordBits, 0.0F);
      }
    }
  });
  for (std::size_t l = 0; l < layers; ++l) {
    double sum = 0.0;
    for (std::size_t at = l; at < sums.size(); at += layers) {
      sum += sums[at];
    }
    const float gate = gates_.data()[l];
    const double sign = static_cast<double>(gate > 0.0F) - static_cast<double>(gate < 0.0F);
    gate_gradients_.data()[l] = static_cast<float>(sum + scope_.gates.strength * sign);
  }
}

BitMask Gates::moved() const {
  BitMask mask = scope_.trainable;
  const auto& tensors = scope_.layout.tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    if (gated(t) && !open(tensors[t])) {
      mask.fill(tensors[t], false);
    }
  }
  return mask;
}

void Gates::compose(float* params, Team& team) const {
  const auto& tensors = scope_.layout.tensors();
  team.run([&](int thread) {
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const Tensor& tensor = tensors[t];
      if (tensor.is(kRoleStatistics)) {
        continue;  // training passes move them by themselves
      }
      // A closed layer is what it was, bit for bit; so is what may not move, whose change stays zero but whose -0.0 would
      // not survive an addition.
      const Share share = words_of(tensor, thread, team.size());
      if (!gated(t) || open(tensor)) {
        vectorised<Compose>(scope_.trainable.words(), share.begin, share.end, start_, change_.data(), params);
      } else {
        std::copy(start_ + share.begin * kWordBits, start_ + share.end * kWordBits, params + share.begin * kWordBits);
      }
    }
  });
}

}  // namespace pacnet
