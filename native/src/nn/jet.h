// Values and derivatives of a tanh perceptron u(x, t) by forward-mode Taylor propagation (Griewank & Walther 2008, ch. 13),
// and the gradient of what is made of them: one pass of wider matrix products each way, in place of autograd twice.
#pragma once

#include <cstdint>
#include <vector>

#include "core/arena.h"
#include "nn/mlp.h"

namespace pacnet {

/// What is known of u at a point, in the order in which a pass keeps them.
enum Channel { kValue, kByX, kByT, kByXX, kByTT };

class JetPass {
 public:
  /// mlp: from 2 inputs to 1 output with tanh. channels: 4, or 5 where u_tt is wanted. capacity: rows at once.
  JetPass(const Mlp& mlp, int channels, int64_t capacity, bool training);

  int64_t capacity() const noexcept { return capacity_; }
  /// Room for x and t of the next rows, [rows, 2]; then forward().
  float* input() { return activations_.front().data(); }
  void forward(const float* params, int64_t rows);
  /// Behind forward(): [rows] of a channel, by what went in.
  const float* output(Channel channel) const { return activations_.back().data() + channel * rows_; }
  /// Of the loss with respect to each channel, [channels, rows]: to be filled before backward().
  float* output_gradient() { return gradients_.back().data(); }
  /// Adds the wanted parameters' gradients to grads.
  void backward(const float* params, const Wanted& wanted, float* grads);

 private:
  const Mlp& mlp_;
  int channels_;
  int64_t capacity_;
  int64_t rows_ = 0;
  std::vector<FloatBuffer> activations_;  ///< [l]: behind l layers, [channels, rows, width]
  std::vector<FloatBuffer> products_;     ///< [l]: before layer l's tanh, of which the derivatives' are kept
  std::vector<FloatBuffer> gradients_;    ///< [l]: of layer l's product
};

}  // namespace pacnet
