// One training step of any network by LibTorch's operations, with the kernels' batches and optimizer.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones.h>

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "cuda/layer_kernels.h"
#include "cuda/step.h"
#include "nn/form_pass.h"
#include "train/penalty.h"
#include "train/scope.h"

namespace pacnet::cuda {

/// Backend: floats(count) as for MlpStep, run(kernel, grid), and device(), where its memory is.
template <typename Backend>
class FormStep final : public Step {
 public:
  /// reference: the scope's anchor in the backend's memory, null without; dropout: the network's; seed: of what is random;
  /// batch: most rows of a step.
  FormStep(const Net& net, const Scope& scope, const LossSpec& loss, const StepFit& fit, const float* reference,
           double dropout, uint64_t seed, bool bf16, int64_t batch, Backend& backend)
      : inputs_(net.inputs()),
        labels_(label_width(loss, net)),
        scope_(scope),
        fit_(fit),
        dropout_(dropout),
        seed_(seed),
        backend_(backend),
        pass_(net, fit.arrays.param, scope.trainable, loss, scope.terms, reference, backend.device(), bf16),
        x_(backend.floats(batch * inputs_)),
        y_(backend.floats(batch * labels_)) {
    pass_.tensors().drop = [this](int64_t layer, const at::Tensor& a) { return drop(layer, a); };
    if (has_penalty(scope)) {
      prepare_penalty(reference);
    }
  }

  void train(int64_t rows) override {
    gather(fit_, x_, y_, rows, inputs_, labels_, true, backend_);
    Random random(seed_, Stream::kNormalise, static_cast<uint64_t>(step_++));
    pass_.tensors().random = &random;
    const at::Tensor loss = pass_.gradients(x(rows), y(rows), fit_.arrays.grad);
    count(loss, rows);
    if (factors_.defined()) {
      add_penalty();
    }
    optimize(fit_, backend_);
    backend_.run(SkipRows{fit_.advance.state, rows}, {1, 1});
  }

  void measure(int64_t rows) override {
    gather(fit_, x_, y_, rows, inputs_, labels_, false, backend_);
    count(pass_.loss(x(rows), y(rows)), rows);
    backend_.run(SkipRows{fit_.advance.state, rows}, {1, 1});
  }

  // Singular values want the host; so do the channels that are drawn.
  bool repeats() const override { return scope_.terms.spectral == 0.0 && scope_.terms.stochastic_normalisation == 0.0; }

 private:
  at::Tensor floats(const float* data, at::IntArrayRef sizes) const { return tensor_at(data, sizes, backend_.device()); }
  at::Tensor x(int64_t rows) const { return floats(x_, {rows, inputs_}); }
  at::Tensor y(int64_t rows) const { return floats(y_, {rows, labels_}); }
  at::Tensor arena(const float* data) const { return floats(data, {fit_.arrays.extent}); }

  void count(const at::Tensor& loss, int64_t rows) const {
    const at::NoGradGuard no_gradients;
    at::for_blob(fit_.loss, {})
        .options(at::TensorOptions().dtype(at::kDouble).device(backend_.device()))
        .target_device(backend_.device())
        .make_tensor()
        .add_(loss.to(at::kDouble), static_cast<double>(rows));
  }

  // By a pattern of zeros and the others' scale, which autograd takes for a factor.
  at::Tensor drop(int64_t layer, const at::Tensor& a) {
    at::Tensor pattern = at::ones(a.sizes(), at::TensorOptions().dtype(at::kFloat).device(a.device()));
    backend_.run(Drop{fit_.advance.state, fit_.keys, static_cast<float>(dropout_), layer, pattern.data_ptr<float>(), pattern.numel()},
                 grid_for(pattern.numel()));
    return a * pattern;
  }

  // Of add_penalty_gradient: 2 l2 h_i by position, and the columns, both zero where nothing moves.
  void prepare_penalty(const float* reference) {
    const int64_t extent = fit_.arrays.extent;
    FloatBuffer factors(extent);
    FloatBuffer moves(extent);
    for (const Segment& segment : scope_.segments) {
      for (int64_t i = segment.begin; i < segment.end; ++i) {
        if (scope_.trainable.get(i)) {
          moves.data()[i] = 1.0F;
          factors.data()[i] = 2.0F * segment.l2 * (scope_.precision.size() > 0 ? scope_.precision.data()[i] : 1.0F);
        }
      }
    }
    const auto here = [&](const FloatBuffer& values) {
      return tensor_at(values.data(), {extent}, at::kCPU).to(backend_.device(), at::kFloat, false, true);
    };
    factors_ = here(factors);
    const at::Tensor moving = here(moves);
    for (const FloatBuffer& column : scope_.low_rank) {
      columns_.push_back(here(column) * moving);
    }
    if (reference != nullptr) {
      anchor_ = arena(reference);
    }
  }

  void add_penalty() const {
    const at::NoGradGuard no_gradients;
    const at::Tensor param = arena(fit_.arrays.param);
    const at::Tensor off = anchor_.defined() ? param - anchor_ : param;
    at::Tensor grad = arena(fit_.arrays.grad);
    grad.addcmul_(factors_, off);
    for (const at::Tensor& column : columns_) {
      const at::Tensor along = (column.to(at::kDouble) * off).sum();
      grad.sub_(column * (2.0 * along).to(at::kFloat));
    }
  }

  int64_t inputs_;
  int64_t labels_;
  const Scope& scope_;
  StepFit fit_;
  double dropout_;
  uint64_t seed_;
  int64_t step_ = 0;
  Backend& backend_;
  FormPass pass_;
  float* x_;
  float* y_;
  at::Tensor factors_;  ///< undefined without a penalty
  at::Tensor anchor_;
  std::vector<at::Tensor> columns_;
};

}  // namespace pacnet::cuda
