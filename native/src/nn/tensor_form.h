// Networks as LibTorch's operations, on whatever device their tensors are: what autograd goes back through.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/arena.h"
#include "core/random.h"

namespace pacnet {

/// What a pass went through: behind each layer but the head [rows, channels] or [rows, channels, height, width], and the
/// head's input [rows, channels].
struct FormFeatures {
  std::vector<at::Tensor> layers;
  at::Tensor last;
};

/// What a training pass is charged for besides the loss of what comes out.
struct FormBeside {
  at::Tensor labels;   ///< of its rows
  at::Tensor penalty;  ///< undefined: nothing
  /// Other outputs, [rows, outputs], and what each row's loss of them counts, [rows].
  std::vector<std::pair<at::Tensor, at::Tensor>> outputs;
};

/// A network's parameters as tensors, and how a pass goes.
struct FormTensors {
  std::vector<at::Tensor> views;  ///< in the layout's order
  std::vector<bool> moving;       ///< by tensor; of statistics: whether a training pass moves them
  bool training = false;
  double stochastic = 0.0;          ///< Terms::stochastic_normalisation
  Random* random = nullptr;         ///< for it, and for what a hub draws
  FormFeatures* features = nullptr;  ///< where to leave them; null where nobody asks
  FormBeside* beside = nullptr;      ///< likewise
  /// Dropout of a layer's activations in training passes.
  std::function<at::Tensor(int64_t layer, const at::Tensor& a)> drop;
};

/// Of a network that is made of others: the tensors of one of them, without features and dropout.
FormTensors part_of(const FormTensors& all, std::size_t first, std::size_t count);

/// The arena's tensors, where they are.
FormTensors views_of(const Layout& layout, float* arena, at::Device device);

/// Floats of that device as a tensor, without a copy.
at::Tensor tensor_at(const float* data, at::IntArrayRef sizes, at::Device device);

}  // namespace pacnet
