// Networks whose gradients come from LibTorch's autograd. Their parameters and gradients are views of the arena, so that
// pruning, the masked step, the guarantees and the files are those of every other network.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "nn/net.h"
#include "nn/tensor_form.h"

namespace pacnet {

/// An implementation declares its tensors in its constructor, by the names of the same module in PyTorch, and says what
/// comes out of what goes in.
class AutogradNet : public Net {
 public:
  const Layout& layout() const noexcept override { return layout_; }
  int64_t inputs() const noexcept override { return channels_ * height_ * width_; }
  int64_t outputs() const noexcept override { return outputs_; }
  std::vector<int64_t> row() const override { return {channels_, height_, width_}; }
  void initialize(float* params, uint64_t seed) const override;
  void initialize_head(float* params, uint64_t seed) const override;
  int useful_threads(int offered, int64_t batch) const override;
  std::unique_ptr<TrainingPass> training(const TrainingSetup& setup) const override;
  void predict(const float* params, const float* x, int64_t rows, float* out, int threads) const override;

  using Tensors = FormTensors;

  /// x: rows of images, channel by channel.
  at::Tensor run(const Tensors& tensors, const at::Tensor& x) const override;

 protected:
  AutogradNet(int64_t channels, int64_t height, int64_t width, int64_t outputs)
      : channels_(channels), height_(height), width_(width), outputs_(outputs) {}

  /// x: [rows, channels, height, width], in channels-last memory. Returns [rows, outputs].
  virtual at::Tensor forward(const Tensors& tensors, const at::Tensor& x) const = 0;

  /// A convolution without a bias, padded to keep the size but for its stride.
  struct Convolution {
    std::size_t weight;
    int64_t kernel;
    int64_t stride;
    at::Tensor operator()(const Tensors& tensors, const at::Tensor& x) const;
  };
  /// BatchNorm (Ioffe & Szegedy 2015) with PyTorch's momentum 0.1 and epsilon 1e-5.
  struct Normalisation {
    std::size_t first;  ///< weight, bias, running_mean, running_var
    at::Tensor operator()(const Tensors& tensors, const at::Tensor& x) const;
    at::Tensor stochastic(const Tensors& tensors, const at::Tensor& x) const;
    at::Tensor moving_variance(const Tensors& tensors, const at::Tensor& x) const;
  };
  struct Linear {
    std::size_t weight;  ///< and then bias
    at::Tensor operator()(const Tensors& tensors, const at::Tensor& x) const;
  };

  /// What is added from now on is of the next layer.
  void next_layer() { ++layer_; }
  static void observe(const Tensors& tensors, const at::Tensor& a);
  /// The mean over the image, and the output layer on it.
  static at::Tensor pooled_head(const Tensors& tensors, const Linear& head, const at::Tensor& a);

  /// The same as text, for script().
  std::string script_of(const Convolution& convolution, const std::string& x) const;
  std::string script_of(const Normalisation& normalisation, const std::string& x) const;
  std::string script_pooled_head(const Linear& head, const std::string& a) const;

  Convolution add_convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride);
  Normalisation add_normalisation(const std::string& name, int64_t width);
  /// The output layer.
  Linear add_head(const std::string& name, int64_t in);

 private:
  std::size_t add(std::string name, std::vector<int64_t> dims, int roles);
  void initialize(float* params, const Tensor& tensor, Random& random) const;

  int64_t channels_;
  int64_t height_;
  int64_t width_;
  int64_t outputs_;
  int64_t layer_ = 0;
  Layout layout_;
};

}  // namespace pacnet
