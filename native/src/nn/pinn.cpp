#include "nn/pinn.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>

#include "core/blas.h"
#include "core/error.h"
#include "core/team.h"
#include "nn/split_training.h"
#include "nn/tensor_form.h"
#include "pacnet/pacnet.h"

namespace pacnet {

namespace {

constexpr int64_t kAtOnce = 128;  // rows whose jets stay in the cache from one layer to the next, and back

enum Condition { kEquation = 0, kKnownValue = 1, kKnownVelocity = 2 };

std::vector<int64_t> sizes_of(const std::vector<int64_t>& hidden) {
  std::vector<int64_t> sizes{2};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(1);
  return sizes;
}

// t enters as 2 t - 1, so that both inputs are in [-1, 1].
constexpr double kTimeScale = 2.0;

class PointPass {
 public:
  /// wanted: of a training pass; null for predictions.
  PointPass(const Pinn& pinn, int64_t rows, const Wanted* wanted)
      : pinn_(pinn), wanted_(wanted), jet_(pinn.field(), pinn.channels(), std::min(kAtOnce, std::max<int64_t>(rows, 1)), wanted != nullptr) {}

  int64_t capacity() const { return jet_.capacity(); }

  /// What each of `rows` rows asks for.
  void forward(const float* params, const float* x, int64_t rows, float* out) {
    for (int64_t r = 0; r < rows; ++r) {
      jet_.input()[2 * r] = column(x, r, 0);
      jet_.input()[2 * r + 1] = static_cast<float>(kTimeScale * static_cast<double>(column(x, r, 1)) - 1.0);
    }
    jet_.forward(params, rows);
    for (int64_t r = 0; r < rows; ++r) {
      const Jet jet = jet_at(r);
      out[r] = static_cast<float>(asked(x, r) == kKnownValue      ? jet.u
                                  : asked(x, r) == kKnownVelocity ? jet.t
                                                                  : pinn_.residual().value(jet, point(x, r)));
    }
  }

  /// The weighted squares of out - y summed; the gradients of that times scale are added to grads unless it is null.
  double loss(const float* params, const float* x, const float* y, int64_t rows, const float* out, double scale,
              float* grads) {
    double sum = 0.0;
    float* g = jet_.output_gradient();
    for (int64_t r = 0; r < rows; ++r) {
      const double off = static_cast<double>(out[r]) - static_cast<double>(y[r]);
      const double weight = asked(x, r) == kEquation ? 1.0 : pinn_.weight();
      sum += weight * off * off;
      if (grads == nullptr) {
        continue;
      }
      const double slope = 2.0 * weight * off * scale;
      Jet d{0.0, 0.0, 0.0, 0.0, 0.0};
      if (asked(x, r) == kKnownValue) {
        d.u = 1.0;
      } else if (asked(x, r) == kKnownVelocity) {
        d.t = 1.0;
      } else {
        d = pinn_.residual().gradient(jet_at(r), point(x, r));
      }
      g[kValue * rows + r] = static_cast<float>(slope * d.u);
      g[kByX * rows + r] = static_cast<float>(slope * d.x);
      g[kByT * rows + r] = static_cast<float>(slope * d.t * kTimeScale);
      g[kByXX * rows + r] = static_cast<float>(slope * d.xx);
      if (pinn_.channels() > kByTT) {
        g[kByTT * rows + r] = static_cast<float>(slope * d.tt * kTimeScale * kTimeScale);
      }
    }
    if (grads != nullptr) {
      jet_.backward(params, *wanted_, grads);
    }
    return sum;
  }

 private:
  float column(const float* x, int64_t row, std::size_t which) const {
    return x[row * pinn_.inputs() + pinn_.columns()[which]];
  }
  Point point(const float* x, int64_t row) const {
    const auto at = [&](std::size_t which) { return static_cast<double>(column(x, row, which)); };
    return {at(0), at(1), at(2)};
  }
  int asked(const float* x, int64_t row) const { return static_cast<int>(column(x, row, 3)); }
  Jet jet_at(int64_t row) const {
    const auto at = [&](Channel channel) { return static_cast<double>(jet_.output(channel)[row]); };
    return {at(kValue), at(kByX), kTimeScale * at(kByT), at(kByXX),
            pinn_.channels() > kByTT ? kTimeScale * kTimeScale * at(kByTT) : 0.0};
  }

  const Pinn& pinn_;
  const Wanted* wanted_;
  JetPass jet_;
};

class PinnWorker final : public SplitTraining::Worker {
 public:
  PinnWorker(const Pinn& pinn, const BitMask& trainable, int64_t rows)
      : pinn_(pinn), wanted_(pinn.field(), trainable), pass_(pinn, rows, &wanted_), x_(rows * pinn.inputs()), out_(pass_.capacity()) {}

  float* input() override { return x_.data(); }

  double run(const float* params, const float* labels, int64_t rows, int64_t batch_rows, float* grads) override {
    if (grads != nullptr) {
      std::fill_n(grads, pinn_.layout().extent(), 0.0F);
    }
    double sum = 0.0;
    for (int64_t begin = 0; begin < rows; begin += pass_.capacity()) {
      const int64_t count = std::min(pass_.capacity(), rows - begin);
      const float* x = x_.data() + begin * pinn_.inputs();
      pass_.forward(params, x, count, out_.data());
      sum += pass_.loss(params, x, labels + begin, count, out_.data(), 1.0 / static_cast<double>(batch_rows), grads);
    }
    return sum;
  }

 private:
  const Pinn& pinn_;
  Wanted wanted_;
  PointPass pass_;
  FloatBuffer x_;
  FloatBuffer out_;
};

}  // namespace

Pinn::Pinn(Residual residual, const std::vector<int64_t>& hidden, std::array<int64_t, 4> columns, double weight)
    : residual_(std::move(residual)), columns_(columns), weight_(weight), field_(sizes_of(hidden), kTanh, 0.0) {}

int Pinn::useful_threads(int offered, int64_t batch) const {
  return static_cast<int>(std::min<int64_t>(field_.useful_threads(offered, batch * channels()), batch));
}

std::unique_ptr<TrainingPass> Pinn::training(const TrainingSetup& setup) const {
  require(setup.loss.kind == kMse && !setup.loss.weighted, "a physics-informed network learns by squared errors, without rows' weights");
  return std::make_unique<SplitTraining>(
      *this, setup, [&](int64_t rows) { return std::make_unique<PinnWorker>(*this, setup.trainable, rows); });
}

void Pinn::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  Team team(useful_threads(threads, rows));
  team.run([&](int thread) {
    pin_blas_threads();
    const Share own = share_of(rows, thread, team.size(), kAtOnce);
    PointPass pass(*this, own.end - own.begin, nullptr);
    for (int64_t begin = own.begin; begin < own.end; begin += pass.capacity()) {
      const int64_t count = std::min(pass.capacity(), own.end - begin);
      pass.forward(params, x + begin * inputs(), count, out + begin);
    }
  });
}

// Taylor propagation as in JetPass, by tensors: [rows, width] each.
at::Tensor Pinn::run(const FormTensors& tensors, const at::Tensor& x) const {
  const auto column = [&](std::size_t which) { return x.narrow(1, columns_[which], 1); };
  at::Tensor u = at::cat({column(0), kTimeScale * column(1) - 1.0}, 1);
  const at::Tensor zero = at::zeros_like(column(0));
  const at::Tensor one = at::ones_like(zero);
  at::Tensor by_x = at::cat({one, zero}, 1);
  at::Tensor by_t = at::cat({zero, kTimeScale * one}, 1);
  at::Tensor by_xx = at::zeros_like(u);
  at::Tensor by_tt = at::zeros_like(u);
  for (int64_t l = 0; l < field_.layers(); ++l) {
    const auto t = static_cast<std::size_t>(2 * l);
    const auto slopes = [&](const at::Tensor& d) { return at::linear(d, tensors.views[t]); };
    u = at::linear(u, tensors.views[t], tensors.views[t + 1]);
    by_x = slopes(by_x);
    by_t = slopes(by_t);
    by_xx = slopes(by_xx);
    by_tt = slopes(by_tt);
    if (l + 1 < field_.layers()) {
      u = at::tanh(u);
      const at::Tensor first = 1.0 - u.square();
      const at::Tensor second = -2.0 * u * first;
      by_xx = first * by_xx + second * by_x.square();
      by_tt = first * by_tt + second * by_t.square();
      by_x = first * by_x;
      by_t = first * by_t;
    }
  }
  const at::Tensor left = residual_.value({u, by_x, by_t, by_xx, by_tt}, {column(0), column(1), column(2)});
  const at::Tensor asked = column(3);
  return at::where(asked == static_cast<int>(kKnownValue), u,
                   at::where(asked == static_cast<int>(kKnownVelocity), by_t, left));
}

at::Tensor Pinn::error_weights(const at::Tensor& x) const {
  const at::Tensor asked = x.narrow(1, columns_[3], 1);
  return at::where(asked == static_cast<int>(kEquation), at::ones_like(asked), at::full_like(asked, weight_));
}

}  // namespace pacnet
