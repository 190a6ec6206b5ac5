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
    loss_sums_ = backend.doubles(BlockSum::kThreads);
    int64_t widest = 0;
    for (int64_t l = 1; l <= mlp.layers(); ++l) {
      widest = std::max(widest, mlp.width(l));
    }
    column_sums_ = backend.floats(LayerGradient<Linear>::room(widest));
  }

  void train(int64_t rows) override {
    gather(fit_, activations_.front(), labels_, rows, mlp_.inputs(), label_width_, true, backend_);
    forward(rows, mlp_.dropout() > 0);
    loss(rows, gradients_.back());
    layer_gradient<Linear>(mlp_.layers(), rows);
    for (int64_t l = mlp_.layers() - 1; l >= 0; --l) {
      const int64_t in = mlp_.width(l);
      const int64_t out = mlp_.width(l + 1);
      const float* delta = gradients_[index(l + 1)];
      backend_.product_tn(out, in, rows, delta, activations_[index(l)], fit_.arrays.grad + mlp_.weight(l).offset);
      if (l > 0) {
        float* inward = gradients_[index(l)];
        backend_.product_nn(rows, in, out, delta, fit_.arrays.param + mlp_.weight(l).offset, inward);
        drop(l, rows, inward);
        with_activation([&]<typename F>(F) { layer_gradient<F>(l, rows); });
      }
    }
    optimize(fit_, backend_);
  }

  void measure(int64_t rows) override {
    gather(fit_, activations_.front(), labels_, rows, mlp_.inputs(), label_width_, false, backend_);
    forward(rows, false);
    loss(rows, nullptr);
  }

  bool repeats() const override { return true; }

 private:
  static std::size_t index(int64_t layer) { return static_cast<std::size_t>(layer); }

  void forward(int64_t rows, bool dropping) {
    for (int64_t l = 0; l < mlp_.layers(); ++l) {
      const int64_t out = mlp_.width(l + 1);
      float* a = activations_[index(l + 1)];
      backend_.product_nt(rows, out, mlp_.width(l), activations_[index(l)], fit_.arrays.param + mlp_.weight(l).offset, a);
      if (l + 1 < mlp_.layers()) {  // the last one's bias is added with the loss
        activate(l + 1, rows);
        if (dropping) {
          drop(l + 1, rows, a);
        }
      }
    }
  }

  template <typename Body>
  void with_activation(const Body& body) {
    by_activation(mlp_.activation(), body);
  }

  const float* bias_into(int64_t layer) const { return fit_.arrays.param + mlp_.bias(layer - 1).offset; }

  void activate(int64_t layer, int64_t rows) {
    const int64_t width = mlp_.width(layer);
    float* a = activations_[index(layer)];
    with_activation([&]<typename F>(F) {
      backend_.run(Activate<F>{a, bias_into(layer), saved_[index(layer)], a, rows, width}, Activate<F>::grid(rows, width));
    });
  }

  // The gradient of a layer's product, from that of what came out of its activation F, and the bias's.
  template <typename F>
  void layer_gradient(int64_t layer, int64_t rows) {
    const int64_t width = mlp_.width(layer);
    float* bias = fit_.arrays.grad + mlp_.bias(layer - 1).offset;
    const int64_t chunks = LayerGradient<F>::chunks_for(rows, width);
    float* sums = chunks == 1 ? bias : column_sums_;
    const LayerGradient<F> all{saved_[index(layer)], gradients_[index(layer)], sums, rows, width, chunks};
    backend_.run(all, all.grid());
    if (chunks > 1) {
      const LayerGradient<Linear> of_chunks{nullptr, sums, bias, chunks, width, 1};
      backend_.run(of_chunks, of_chunks.grid());
    }
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
    float* out = activations_.back();
    const float* bias = bias_into(mlp_.layers());
    const Labels labels = labels_at(labels_, loss_, outputs);
    const bool by_row = loss_.kind == kCrossEntropy;
    const int64_t count = rows * outputs;
    const LossSum sum{loss_sums_, fit_.loss, by_row ? 1.0 : 1.0 / static_cast<double>(outputs), fit_.advance.state, rows};
    // A few elements a thread; one block has no sums to be added by another launch.
    const Grid grid{std::clamp<int64_t>((by_row ? rows : count) / (4 * BlockSum::kThreads), 1, BlockSum::kThreads),
                    BlockSum::kThreads};
    if (by_row) {
      backend_.run(CrossEntropyLoss{out, bias, labels, grad, scale, rows, outputs, loss_.classes, sum}, grid);
    } else {
      by_error(loss_, [&]<typename Error>(Error error) {
        backend_.run(ElementLoss<Error>{error, out, bias, labels, grad, scale / static_cast<float>(outputs), count, outputs, sum},
                     grid);
      });
    }
    if (grid.blocks > 1) {
      backend_.run(AddSums{loss_sums_, grid.blocks, sum.scale, fit_.loss}, {1, BlockSum::kThreads});
    }
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
  double* loss_sums_ = nullptr;
  float* column_sums_ = nullptr;
};

}  // namespace pacnet::cuda
