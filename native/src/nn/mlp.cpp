#include "nn/mlp.h"

#include <algorithm>
#include <string>

#include "core/blas.h"
#include "core/simd.h"
#include "core/team.h"

namespace pacnet {

namespace {

PACNET_SIMD void add_bias(const float* bias, int64_t rows, int64_t width, float* values) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < width; ++c) {
      values[r * width + c] += bias[c];
    }
  }
}

// out[c] = sum over rows of values[r, begin + c], c < columns.
PACNET_SIMD void column_sums(const float* values, int64_t rows, int64_t width, int64_t columns, float* __restrict out) {
  std::fill_n(out, columns, 0.0F);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      out[c] += values[r * width + c];
    }
  }
}

}  // namespace

Mlp::Mlp(std::vector<int64_t> sizes, Activation activation, double dropout)
    : sizes_(std::move(sizes)), activation_(activation), dropout_(dropout) {
  // A hidden layer is Linear, activation and, if there is any, Dropout in torch.nn.Sequential.
  const int64_t modules = dropout > 0.0 ? 3 : 2;
  for (int64_t l = 0; l < layers(); ++l) {
    const std::string name = "layers." + std::to_string(l * modules);
    layout_.add(name + ".weight", {width(l + 1), width(l)});
    layout_.add(name + ".bias", {width(l + 1)});
  }
}

double Mlp::training_flops_per_row() const {
  double flops = 0.0;
  for (int64_t l = 0; l < layers(); ++l) {
    flops += 6.0 * static_cast<double>(weight(l).size);
  }
  return flops;
}

MlpPass::MlpPass(const Mlp& mlp, int64_t capacity, bool training) : mlp_(mlp) {
  for (int64_t l = 0; l <= mlp.layers(); ++l) {
    const bool hidden = l > 0 && l < mlp.layers();
    activations_.emplace_back(capacity * mlp.width(l));
    saved_.emplace_back(training && hidden && !shares_output(mlp.activation(), mlp.dropout()) ? capacity * mlp.width(l)
                                                                                            : 0);
    gradients_.emplace_back(training && l > 0 ? capacity * mlp.width(l) : 0);
  }
}

float* MlpPass::saved(int64_t layer) {
  FloatBuffer& own = saved_[static_cast<std::size_t>(layer)];
  return own.size() > 0 ? own.data() : at(activations_, layer);
}

Dropout MlpPass::dropout(int64_t layer, uint32_t key) const {
  // An odd multiplier keeps the keys of a step's layers distinct.
  return {key == 0 ? 0.0F : static_cast<float>(mlp_.dropout()), key + 0x9e3779b9U * static_cast<uint32_t>(layer)};
}

void MlpPass::forward(const float* params, int64_t begin, int64_t end, uint32_t dropout_key) {
  const int64_t rows = end - begin;
  for (int64_t l = 0; l < mlp_.layers(); ++l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    float* a = at(activations_, l + 1) + begin * out;
    const float* bias = params + mlp_.bias(l).offset;
    gemm_nt(rows, out, in, at(activations_, l) + begin * in, in, params + mlp_.weight(l).offset, in, a, out);
    if (l + 1 < mlp_.layers()) {
      activate(mlp_.activation(), a, bias, rows, out, saved(l + 1) + begin * out, a, dropout(l + 1, dropout_key),
               begin);
    } else {
      add_bias(bias, rows, out, a);
    }
  }
}

double MlpPass::loss_and_backward(const float* params, const LossSpec& loss, const float* labels, int64_t begin,
                                  int64_t end, int64_t batch_rows, uint32_t dropout_key) {
  const int64_t rows = end - begin;
  const int64_t outputs = mlp_.outputs();
  const double sum = loss_sum(loss, output() + begin * outputs, labels, rows, outputs,
                              1.0F / static_cast<float>(batch_rows), at(gradients_, mlp_.layers()) + begin * outputs);
  for (int64_t l = mlp_.layers() - 1; l > 0; --l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    float* grad = at(gradients_, l) + begin * in;
    gemm_nn(rows, in, out, at(gradients_, l + 1) + begin * out, out, params + mlp_.weight(l).offset, in, grad, in);
    activate_backward(mlp_.activation(), saved(l) + begin * in, rows, in, grad, dropout(l, dropout_key), begin);
  }
  return sum;
}

void MlpPass::weight_gradients(int64_t batch_rows, bool with_bias, int thread, int threads, float* grads) const {
  for (int64_t l = 0; l < mlp_.layers(); ++l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    const Share own = share_of(out, thread, threads);
    const int64_t columns = own.end - own.begin;
    if (columns == 0) {
      continue;
    }
    const float* delta = at(gradients_, l + 1) + own.begin;
    gemm_tn(columns, in, batch_rows, delta, out, at(activations_, l), in,
            grads + mlp_.weight(l).offset + own.begin * in, in);
    if (with_bias) {
      column_sums(delta, batch_rows, out, columns, grads + mlp_.bias(l).offset + own.begin);
    }
  }
}

}  // namespace pacnet
