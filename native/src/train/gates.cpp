#include "train/gates.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/simd.h"

namespace pacnet {

namespace {

// Of the positions of one word of the mask. Gaps behind a tensor are part of its last word, and never trainable.
struct Along {
  PACNET_LOOP void run(uint64_t word, const float* grads, const float* change, double* sum) {
    double lanes[8] = {};
    for (int64_t j = 0; word != 0 && j < kWordBits; j += 8) {
      for (int64_t i = 0; i < 8; ++i) {
        const double product = static_cast<double>(grads[j + i]) * static_cast<double>(change[j + i]);
        lanes[i] += ((word >> (j + i)) & 1U) != 0 ? product : 0.0;
      }
    }
    *sum = std::accumulate(lanes, lanes + 8, 0.0);
  }
};

struct Compose {
  PACNET_LOOP void run(uint64_t word, const float* start, const float* change, float* __restrict params) {
    for (int64_t j = 0; j < kWordBits; ++j) {
      params[j] = ((word >> j) & 1U) != 0 ? start[j] + change[j] : start[j];
    }
  }
};

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
      const Share share = share_of(tensor.size, thread, team.size(), kWordBits);
      for (int64_t from = tensor.offset + share.begin; from < tensor.offset + share.end; from += kWordBits) {
        double along = 0.0;
        vectorised<Along>(scope_.trainable.word(from / kWordBits), grads + from, change_.data() + from, &along);
        own[tensor.layer] += along;
      }
      if (!open(tensor)) {
        std::fill(grads + tensor.offset + share.begin, grads + tensor.offset + share.end, 0.0F);
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
      const bool moves = !gated(t) || open(tensor);
      const Share share = share_of(tensor.size, thread, team.size(), kWordBits);
      for (int64_t from = tensor.offset + share.begin; from < tensor.offset + share.end; from += kWordBits) {
        const uint64_t word = moves ? scope_.trainable.word(from / kWordBits) : 0;
        vectorised<Compose>(word, start_ + from, change_.data() + from, params + from);
      }
    }
  });
}

}  // namespace pacnet
