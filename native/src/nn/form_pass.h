// Loss, terms and gradients of a network in LibTorch's operations, by autograd, on any device.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/net.h"
#include "nn/tensor_form.h"

namespace pacnet {

class FormPass {
 public:
  /// params and reference: arenas on the device; reference may be null where no term needs it. bf16: products in
  /// bfloat16, by LibTorch's autocast.
  FormPass(const Net& net, float* params, const BitMask& trainable, const LossSpec& loss, const Terms& terms,
           const float* reference, at::Device device, bool bf16);

  /// Writes the gradients of the mean loss over the rows, and of the terms, to an arena on the device; returns that loss
  /// without the terms. x: [rows, inputs], y: [rows, labels].
  at::Tensor gradients(const at::Tensor& x, const at::Tensor& y, float* grads);
  /// The mean loss over the rows as the network predicts.
  at::Tensor loss(const at::Tensor& x, const at::Tensor& y);

  FormTensors& tensors() { return tensors_; }

 private:
  at::Tensor run(const FormTensors& tensors, const at::Tensor& x) const;
  /// Each row's, without weights.
  at::Tensor row_losses(const at::Tensor& out, const at::Tensor& labels) const;
  /// Of what rows are compared with, without what each counts.
  at::Tensor labels_of(const at::Tensor& y) const;
  /// Rows' losses times what each row counts.
  at::Tensor counted(const at::Tensor& losses, const at::Tensor& y) const;
  at::Tensor mean_loss(const at::Tensor& x, const at::Tensor& out, const at::Tensor& y) const;
  void add_terms(const at::Tensor& x, const at::Tensor& y, const at::Tensor& out, const FormFeatures& features,
                 std::vector<at::Tensor>& roots, std::vector<at::Tensor>& gradients);

  const Net& net_;
  LossSpec loss_;
  const Terms& terms_;
  at::Device device_;
  bool bf16_;
  FormTensors tensors_;
  FormTensors reference_;
  std::vector<at::Tensor> channel_weights_;  ///< Terms::features on the device; undefined where there are none
  at::Tensor table_;                         ///< Terms::Soft's
  float* grads_ = nullptr;
};

}  // namespace pacnet
