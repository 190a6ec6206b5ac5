#include "train/gates.h"

#include <algorithm>
#include <cmath>
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
  const auto layers = static_cast<std::size_t>(scope.layout.layers());
  noise_.resize(layers);
  shares_.resize(layers);
  open_.resize(layers);
  std::vector<int64_t> learnt;
  for (const Tensor& tensor : scope.layout.tensors()) {
    learnt.push_back(scope.trainable.count(tensor));
  }
  for (const Scope::Adapter& adapter : scope.adapters) {
    const Tensor& tensor = scope.layout.tensors()[adapter.tensor];
    learnt[adapter.tensor] = adapter.rank * (tensor.dims.front() + tensor.size / tensor.dims.front());
  }
  for (std::size_t t = 0; t < learnt.size(); ++t) {
    if (gated(t)) {
      shares_[static_cast<std::size_t>(scope.layout.tensors()[t].layer)] +=
          static_cast<double>(learnt[t]) / static_cast<double>(scope.layout.parameters());
    }
  }
  look();
}

void Gates::look() {
  const double threshold = policy() ? 0.0 : scope_.gates.threshold;
  for (std::size_t l = 0; l < open_.size() && !settled_; ++l) {
    open_[l] = static_cast<double>(gates_.data()[l]) + noise_[l] > threshold;
  }
}

void Gates::draw(Random& random) {
  for (double& noise : noise_) {
    // The difference of two of Gumbel's: that of a choice of two (Jang, Gu and Poole 2017).
    const double u = (static_cast<double>(random.next()) + 0.5) * 0x1p-32;
    noise = std::log(u) - std::log1p(-u);
  }
  look();
}

void Gates::settle() {
  std::fill(noise_.begin(), noise_.end(), 0.0);
  std::vector<std::size_t> order(open_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return gates_.data()[a] > gates_.data()[b]; });
  double taken = 0.0;
  std::fill(open_.begin(), open_.end(), false);
  for (const std::size_t l : order) {
    // The likeliest that is small enough, even where none is likely: a target that may not move at all learns nothing.
    const bool wanted = gates_.data()[l] > 0.0F || taken == 0.0;
    if (wanted && shares_[l] > 0.0 && taken + shares_[l] <= scope_.gates.budget) {
      open_[l] = true;
      taken += shares_[l];
    }
  }
  settled_ = true;
}

// d gate / d logit, as if it were the softmax at that temperature (straight-through).
double Gates::slope(std::size_t layer) const {
  const double s = 1.0 / (1.0 + std::exp(-(static_cast<double>(gates_.data()[layer]) + noise_[layer]) / scope_.gates.temperature));
  return s * (1.0 - s) / scope_.gates.temperature;
}

void Gates::add_penalty() {
  double expected = 0.0;
  std::vector<double> chance(shares_.size());
  for (std::size_t l = 0; l < shares_.size(); ++l) {
    chance[l] = 1.0 / (1.0 + std::exp(-static_cast<double>(gates_.data()[l])));
    expected += shares_[l] * chance[l];
  }
  const double sign = static_cast<double>(expected > scope_.gates.budget) - static_cast<double>(expected < scope_.gates.budget);
  for (std::size_t l = 0; l < shares_.size(); ++l) {
    gate_gradients_.data()[l] += static_cast<float>(scope_.gates.strength * sign * shares_[l] * chance[l] * (1.0 - chance[l]));
  }
}

// A tensor's gradient along its change, each thread by its share of the words; closed layers' gradients become zero.
void Gates::backward(float* grads, int64_t epoch, Team& team) {
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
  const double strength = epoch > scope_.gates.free_epochs ? scope_.gates.strength : 0.0;
  for (std::size_t l = 0; l < layers; ++l) {
    double sum = 0.0;
    for (std::size_t at = l; at < sums.size(); at += layers) {
      sum += sums[at];
    }
    const float gate = gates_.data()[l];
    const double sign = static_cast<double>(gate > 0.0F) - static_cast<double>(gate < 0.0F);
    gate_gradients_.data()[l] =
        settled_ ? 0.0F : static_cast<float>(policy() ? sum * slope(l) : sum + strength * sign);
  }
  if (policy() && !settled_) {
    add_penalty();
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

void Gates::compose(float* params, Team& team) {
  look();
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
