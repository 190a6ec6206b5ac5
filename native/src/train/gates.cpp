#include "train/gates.h"

#include <algorithm>

namespace pacnet {

Gates::Gates(const Scope& scope, const float* start) : scope_(scope), start_(start), change_(scope.layout.extent()) {
  gate_layout_.add("gates", {scope.layout.layers()}, 0);
  gates_ = FloatBuffer(gate_layout_.extent());
  gate_gradients_ = FloatBuffer(gate_layout_.extent());
  std::fill_n(gates_.data(), scope.layout.layers(), static_cast<float>(scope.gates.start));
}

bool Gates::open(const Tensor& tensor) const {
  return static_cast<double>(gates_.data()[tensor.layer]) > scope_.gates.threshold;
}

void Gates::backward(float* grads) {
  const auto& tensors = scope_.layout.tensors();
  std::vector<double> sums(static_cast<std::size_t>(scope_.layout.layers()), 0.0);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const Tensor& tensor = tensors[t];
    if (!gated(t)) {
      continue;
    }
    double& sum = sums[static_cast<std::size_t>(tensor.layer)];
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      if (scope_.trainable.get(i)) {
        sum += static_cast<double>(grads[i]) * static_cast<double>(change_.data()[i]);
      }
    }
    if (!open(tensor)) {
      std::fill_n(grads + tensor.offset, tensor.size, 0.0F);
    }
  }
  for (std::size_t l = 0; l < sums.size(); ++l) {
    const float gate = gates_.data()[l];
    const double sign = static_cast<double>(gate > 0.0F) - static_cast<double>(gate < 0.0F);
    gate_gradients_.data()[l] = static_cast<float>(sums[l] + scope_.gates.strength * sign);
  }
}

BitMask Gates::moved() const {
  BitMask mask = scope_.trainable;
  const auto& tensors = scope_.layout.tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    if (gated(t) && !open(tensors[t])) {
      mask.fill(tensors[t], false);
    }
  }
  return mask;
}

void Gates::compose(float* params) const {
  const auto& tensors = scope_.layout.tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const Tensor& tensor = tensors[t];
    if (tensor.is(kRoleStatistics)) {
      continue;  // training passes move them by themselves
    }
    // A closed layer is what it was, bit for bit; so is what may not move, whose change stays zero but whose -0.0 would
    // not survive an addition.
    const bool moves = !gated(t) || open(tensor);
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      params[i] = moves && scope_.trainable.get(i) ? start_[i] + change_.data()[i] : start_[i];
    }
  }
}

}  // namespace pacnet
