#include "nn/jet.h"

#include <algorithm>

#include "core/blas.h"
#include "core/columns.h"
#include "core/simd.h"
#include "nn/elementary.h"

namespace pacnet {

namespace {

// h = tanh(z), and by the chain rule h_x = h' z_x, h_xx = h'' z_x^2 + h' z_xx, with h' = 1 - h^2, h'' = -2 h h'.
// z, a: [channels][rows * width], a channel `stride` behind the one before; bias: [width].
struct Propagate {
  PACNET_LOOP void run(const float* __restrict z, const float* __restrict bias, int64_t rows, int64_t width, int64_t stride,
                       bool by_tt, float* __restrict a) {
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * width;
      for (int64_t c = 0; c < width; ++c) {
        const int64_t i = at + c;
        const float h = hyperbolic_tangent(z[i] + bias[c]);
        const float first = 1.0F - h * h;
        const float second = -2.0F * h * first;
        const float x = z[i + kByX * stride];
        a[i] = h;
        a[i + kByX * stride] = first * x;
        a[i + kByT * stride] = first * z[i + kByT * stride];
        a[i + kByXX * stride] = second * x * x + first * z[i + kByXX * stride];
      }
      for (int64_t c = 0; by_tt && c < width; ++c) {
        const int64_t i = at + c;
        const float h = a[i];
        const float first = 1.0F - h * h;
        const float t = z[i + kByT * stride];
        a[i + kByTT * stride] = -2.0F * h * first * t * t + first * z[i + kByTT * stride];
      }
    }
  }
};

// The same backwards, in place: g with respect to a becomes that with respect to z. h''' = -2 h' (1 - 3 h^2).
struct PropagateBack {
  PACNET_LOOP void run(const float* __restrict z, const float* __restrict a, int64_t count, int64_t stride, bool by_tt,
                       float* __restrict g) {
    for (int64_t i = 0; i < count; ++i) {
      const float h = a[i];
      const float first = 1.0F - h * h;
      const float second = -2.0F * h * first;
      const float third = -2.0F * first * (1.0F - 3.0F * h * h);
      const float x = z[i + kByX * stride];
      const float t = z[i + kByT * stride];
      const float gx = g[i + kByX * stride];
      const float gt = g[i + kByT * stride];
      const float gxx = g[i + kByXX * stride];
      g[i] = g[i] * first + (gx * x + gt * t) * second + gxx * (third * x * x + second * z[i + kByXX * stride]);
      g[i + kByX * stride] = gx * first + 2.0F * gxx * second * x;
      g[i + kByT * stride] = gt * first;
      g[i + kByXX * stride] = gxx * first;
    }
    for (int64_t i = 0; by_tt && i < count; ++i) {
      const float h = a[i];
      const float first = 1.0F - h * h;
      const float second = -2.0F * h * first;
      const float third = -2.0F * first * (1.0F - 3.0F * h * h);
      const float t = z[i + kByT * stride];
      const float gtt = g[i + kByTT * stride];
      g[i] += gtt * (third * t * t + second * z[i + kByTT * stride]);
      g[i + kByT * stride] += 2.0F * gtt * second * t;
      g[i + kByTT * stride] = gtt * first;
    }
  }
};

}  // namespace

JetPass::JetPass(const Mlp& mlp, int channels, int64_t capacity, bool training)
    : mlp_(mlp), channels_(channels), capacity_(capacity) {
  for (int64_t l = 0; l <= mlp.layers(); ++l) {
    const int64_t size = channels * capacity * mlp.width(l);
    const bool hidden = l > 0 && l < mlp.layers();
    activations_.emplace_back(size);
    products_.emplace_back(hidden ? size : 0);
    gradients_.emplace_back(training && l > 0 ? size : 0);
  }
}

void JetPass::forward(const float* params, int64_t rows) {
  rows_ = rows;
  // x and t by themselves: their first derivatives are ones, the second zero.
  float* in = activations_.front().data();
  std::fill_n(in + 2 * rows, 2 * rows * (channels_ - 1), 0.0F);
  for (int64_t r = 0; r < rows; ++r) {
    in[2 * (kByX * rows + r)] = 1.0F;
    in[2 * (kByT * rows + r) + 1] = 1.0F;
  }
  for (int64_t l = 0; l < mlp_.layers(); ++l) {
    const auto from = static_cast<std::size_t>(l);
    const int64_t width = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    const bool last = l + 1 == mlp_.layers();
    float* z = (last ? activations_ : products_)[from + 1].data();
    const float* bias = params + mlp_.bias(l).offset;
    gemm_nt(channels_ * rows, out, width, activations_[from].data(), width, params + mlp_.weight(l).offset, width, z, out);
    if (last) {
      for (int64_t r = 0; r < rows; ++r) {
        z[r] += bias[0];
      }
    } else {
      vectorised<Propagate>(z, bias, rows, out, rows * out, channels_ > kByTT, activations_[from + 1].data());
    }
  }
}

void JetPass::backward(const float* params, const Wanted& wanted, float* grads) {
  for (int64_t l = mlp_.layers() - 1; l >= wanted.lowest; --l) {
    const auto from = static_cast<std::size_t>(l);
    const int64_t width = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    const float* delta = gradients_[from + 1].data();
    if (wanted.weights[from]) {
      gemm_tn_add(out, width, channels_ * rows_, delta, out, activations_[from].data(), width,
                  grads + mlp_.weight(l).offset, width);
    }
    if (wanted.biases[from]) {
      add_column_sums(delta, rows_, out, out, grads + mlp_.bias(l).offset);
    }
    if (l > wanted.lowest) {
      float* inward = gradients_[from].data();
      gemm_nn(channels_ * rows_, width, out, delta, out, params + mlp_.weight(l).offset, width, inward, width);
      vectorised<PropagateBack>(products_[from].data(), activations_[from].data(), rows_ * width, rows_ * width,
                     channels_ > kByTT, inward);
    }
  }
}

}  // namespace pacnet
