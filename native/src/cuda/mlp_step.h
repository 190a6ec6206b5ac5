// One training step of a perceptron as kernels and matrix products. Where they run is the backend's affair, so that the tests
// can run all of it on the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cuda/grid.h"
#include "cuda/layer_kernels.h"
#include "cuda/step.h"
#include "nn/loss.h"
#include "nn/mlp.h"

namespace pacnet::cuda {

/// Backend: floats(count) and doubles(count) give memory that lives as long as it does; run(kernel, grid); product_nt, product_nn and
/// product_tn as gemm_nt, gemm_nn and gemm_tn of core/blas.h, without strides of their own.
template <typename Backend>
class MlpStep final : public Step {
 public:
  /// batch: most rows of a step.
  MlpStep(const Mlp& mlp, const LossSpec& loss, const StepFit& fit, int64_t batch, Backend& backend)
      : mlp_(mlp), loss_(loss), fit_(fit), backend_(backend) {
    for (int64_t l = 0; l <= mlp.layers(); ++l) {
      const int64_t size = batch * mlp.width(l);
      const bool hidden = l > 0 && l < mlp.layers();
      activations_.push_back(backend.floats(size));
      saved_.push_back(hidden && !shares_output(mlp.activation(), mlp.dropout()) ? backend.floats(size)
                                                                                 : activations_.back());
      gradients_.push_back(l > 0 ? backend.floats(size) : nullptr);
    }
    label_width_ = label_width(loss, mlp);
    labels_ = backend.floats(batch * label_width_);
    sums_ = backend.doubles(kLossBlocks);
  }

  void train(int64_t rows) override {
    forward(rows, mlp_.dropout() > 0);
    loss(rows, gradients_.back());
    for (int64_t l = mlp_.layers() - 1; l >= 0; --l) {
      const int64_t in = mlp_.width(l);
      const int64_t out = mlp_.width(l + 1);
      const float* delta = gradients_[index(l + 1)];
      backend_.product_tn(out, in, rows, delta, activations_[index(l)], fit_.arrays.grad + mlp_.weight(l).offset);
      backend_.run(ColumnSums{delta, fit_.arrays.grad + mlp_.bias(l).offset, rows, out}, ColumnSums::grid(out));
      if (l > 0) {
        float* inward = gradients_[index(l)];
        backend_.product_nn(rows, in, out, delta, fit_.arrays.param + mlp_.weight(l).offset, inward);
        drop(l, rows, inward);
        activate_backward(l, rows, inward);
      }
    }
    optimize(fit_, rows, backend_);
  }

  void measure(int64_t rows) override {
    forward(rows, false);
    loss(rows, nullptr);
    backend_.run(SkipRows{fit_.advance.state, rows}, {1, 1});
  }

  bool repeats() const override { return true; }

 private:
  // Of as many as any loss has elements, so that sums don't depend on the GPU.
  static constexpr int64_t kLossBlocks = 64;

  static std::size_t index(int64_t layer) { return static_cast<std::size_t>(layer); }

  void forward(int64_t rows, bool dropping) {
    const int64_t inputs = mlp_.inputs();
    backend_.run(GatherRows{fit_.x, fit_.order, fit_.advance.state, activations_.front(), rows, inputs}, grid_for(rows * inputs));
    backend_.run(GatherRows{fit_.y, fit_.order, fit_.advance.state, labels_, rows, label_width_}, grid_for(rows * label_width_));
    for (int64_t l = 0; l < mlp_.layers(); ++l) {
      const int64_t out = mlp_.width(l + 1);
      float* a = activations_[index(l + 1)];
      const float* bias = fit_.arrays.param + mlp_.bias(l).offset;
      backend_.product_nt(rows, out, mlp_.width(l), activations_[index(l)], fit_.arrays.param + mlp_.weight(l).offset, a);
      if (l + 1 == mlp_.layers()) {
        backend_.run(AddBias{bias, a, rows, out}, grid_for(rows * out));
        continue;
      }
      activate(l + 1, bias, rows);
      if (dropping) {
        drop(l + 1, rows, a);
      }
    }
  }

  // By the kernel of each activation.
  template <typename Body>
  void with_activation(const Body& body) {
    switch (mlp_.activation()) {
      case kRelu:
        return body(Relu{});
      case kTanh:
        return body(Tanh{});
      case kSigmoid:
        return body(Sigmoid{});
      case kGelu:
        return body(Gelu{});
      case kSilu:
        return body(Silu{});
    }
  }

  void activate(int64_t layer, const float* bias, int64_t rows) {
    const int64_t width = mlp_.width(layer);
    float* a = activations_[index(layer)];
    with_activation([&]<typename F>(F) {
      backend_.run(Activate<F>{a, bias, saved_[index(layer)], a, rows, width}, grid_for(rows * width));
    });
  }

  void activate_backward(int64_t layer, int64_t rows, float* grad) {
    const int64_t count = rows * mlp_.width(layer);
    with_activation([&]<typename F>(F) {
      backend_.run(ActivateBackward<F>{saved_[index(layer)], grad, count}, grid_for(count));
    });
  }

  void drop(int64_t layer, int64_t rows, float* values) {
    if (mlp_.dropout() > 0) {
      const int64_t count = rows * mlp_.width(layer);
      backend_.run(Drop{fit_.advance.state, fit_.keys, static_cast<float>(mlp_.dropout()), layer, values, count}, grid_for(count));
    }
  }

  // grad: null for the loss alone.
  void loss(int64_t rows, float* grad) {
    const int64_t outputs = mlp_.outputs();
    const float scale = 1.0F / static_cast<float>(rows);
    const float* out = activations_.back();
    if (loss_.kind == kCrossEntropy) {
      const Grid grid = capped(rows);
      backend_.run(CrossEntropyLoss{out, labels_, grad, scale, rows, outputs, loss_.classes, sums_}, grid);
      backend_.run(AddSums{sums_, grid.blocks, 1.0, fit_.loss}, {1, 1});
      return;
    }
    const int64_t count = rows * outputs;
    const Grid grid = capped(count);
    const auto elements = [&]<typename Error>(Error error) {
      backend_.run(ElementLoss<Error>{error, out, labels_, grad, scale / static_cast<float>(outputs), count, sums_}, grid);
    };
    if (loss_.kind == kMse) {
      elements(SquaredError{});
    } else if (loss_.kind == kMae) {
      elements(AbsoluteError{});
    } else {
      elements(HuberError{static_cast<float>(loss_.huber_delta)});
    }
    backend_.run(AddSums{sums_, grid.blocks, 1.0 / static_cast<double>(outputs), fit_.loss}, {1, 1});
  }

  static Grid capped(int64_t items) {
    Grid grid = grid_for(items, BlockSum::kThreads);
    grid.blocks = std::min(grid.blocks, kLossBlocks);
    return grid;
  }

  const Mlp& mlp_;
  LossSpec loss_;
  StepFit fit_;
  Backend& backend_;
  int64_t label_width_ = 0;
  std::vector<float*> activations_;  ///< [l]: behind l layers
  std::vector<float*> saved_;        ///< [l]: what layer l's activation keeps for its way back
  std::vector<float*> gradients_;    ///< [l]: of layer l's product
  float* labels_ = nullptr;
  double* sums_ = nullptr;
};

}  // namespace pacnet::cuda
