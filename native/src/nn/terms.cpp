#include "nn/terms.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>

#include "core/omp.h"
#include "core/simd.h"
#include "nn/tensor_form.h"

namespace pacnet {

namespace {

// softmax(o / temperature)
void soften(const float* o, int64_t count, double temperature, double* p) {
  const double largest = static_cast<double>(*std::max_element(o, o + count));
  double total = 0.0;
  for (int64_t j = 0; j < count; ++j) {
    p[j] = std::exp((static_cast<double>(o[j]) - largest) / temperature);
    total += p[j];
  }
  for (int64_t j = 0; j < count; ++j) {
    p[j] /= total;
  }
}

struct AddFeatureGradient {
  PACNET_LOOP void run(const float* w, int64_t channels, const float* f, const float* r, int64_t positions, float scale,
                       float* grad) {
    for (int64_t p = 0; p < positions; ++p) {
      for (int64_t c = 0; c < channels; ++c) {
        grad[p * channels + c] += scale * w[c] * (f[p * channels + c] - r[p * channels + c]);
      }
    }
  }
};

}  // namespace

void add_feature_gradient(const std::vector<float>& weight, const float* f, const float* r, int64_t positions,
                          int64_t rows, float* grad) {
  vectorised<AddFeatureGradient>(weight.data(), static_cast<int64_t>(weight.size()), f, r, positions,
                                 2.0F / static_cast<float>(rows), grad);
}

at::Tensor spectral_gradient(double strength, int64_t count, const at::Tensor& f) {
  const at::NoGradGuard no_gradients;
  const int64_t rows = f.size(0);
  const int64_t channels = f.size(1);
  // d sigma_i^2 / dF = 2 u_i u_i' F = 2 F v_i v_i': eigenvectors of the smaller of F F' and F' F serve, in double
  // precision, since squaring costs half the digits.
  const at::Tensor features = f.to(at::kDouble);
  const bool by_rows = rows <= channels;
  const at::Tensor gram =
      by_rows ? at::matmul(features, features.t()) : at::matmul(features.t(), features);
  // Ascending, as eigenvalues of a symmetric matrix are given.
  const at::Tensor smallest =
      std::get<1>(at::linalg_eigh(gram)).narrow(1, 0, std::min(count, std::min(rows, channels)));
  const at::Tensor projector = at::matmul(smallest, smallest.t());
  return ((by_rows ? at::matmul(projector, features) : at::matmul(features, projector)) *
          (2.0 * strength / static_cast<double>(rows)))
      .to(at::kFloat);
}

void add_spectral_gradient(double strength, int64_t count, const float* f, int64_t rows, int64_t channels,
                           float* grad) {
  const OmpThreads one(1);  // the network's pass has its own
  tensor_at(grad, {rows, channels}, at::kCPU)
      .add_(spectral_gradient(strength, count, tensor_at(f, {rows, channels}, at::kCPU)));
}

void add_soft_gradient(const Terms::Soft& soft, const float* out, const float* reference, const Labels& labels,
                       int64_t rows, int64_t batch_rows, int64_t outputs, float* grad) {
  std::vector<double> p(static_cast<std::size_t>(soft.count));
  std::vector<double> q(static_cast<std::size_t>(soft.count));
  const double scale = soft.strength / soft.temperature / static_cast<double>(batch_rows);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * outputs + soft.first;
    soften(out + at, soft.count, soft.temperature, p.data());
    if (soft.table.empty()) {
      soften(reference + at, soft.count, soft.temperature, q.data());
    } else {
      const auto label = static_cast<int64_t>(*labels.of(r));
      std::copy_n(soft.table.data() + label * soft.count, soft.count, q.begin());
    }
    for (int64_t j = 0; j < soft.count; ++j) {
      const auto i = static_cast<std::size_t>(j);
      grad[at + j] += labels.weight(r) * static_cast<float>(scale * (p[i] - q[i]));
    }
  }
}

}  // namespace pacnet
