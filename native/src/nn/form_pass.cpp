#include "nn/form_pass.h"

#include <ATen/autocast_mode.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

namespace pacnet {

namespace {

// Autocast to bfloat16, while this lives.
class Bf16 {
 public:
  Bf16(at::DeviceType device, bool wanted) : device_(device), wanted_(wanted) {
    if (wanted_) {
      before_ = at::autocast::is_autocast_enabled(device_);
      dtype_ = at::autocast::get_autocast_dtype(device_);
      at::autocast::set_autocast_enabled(device_, true);
      at::autocast::set_autocast_dtype(device_, at::kBFloat16);
      at::autocast::increment_nesting();
    }
  }
  ~Bf16() {
    if (wanted_) {
      if (at::autocast::decrement_nesting() == 0) {
        at::autocast::clear_cache();  // of weights that will have moved
      }
      at::autocast::set_autocast_enabled(device_, before_);
      at::autocast::set_autocast_dtype(device_, dtype_);
    }
  }
  Bf16(const Bf16&) = delete;
  Bf16& operator=(const Bf16&) = delete;

 private:
  at::DeviceType device_;
  bool wanted_;
  bool before_ = false;
  at::ScalarType dtype_ = at::kFloat;
};

at::Tensor copied(const std::vector<float>& values, at::IntArrayRef sizes, at::Device device) {
  return tensor_at(values.data(), sizes, at::kCPU).to(device, at::kFloat, false, true);
}

}  // namespace

at::Tensor tensor_at(const float* data, at::IntArrayRef sizes, at::Device device) {
  // from_blob takes no const; who asks for a tensor of what is const only reads it.
  return at::for_blob(const_cast<float*>(data), sizes)  // NOLINT
      .options(at::TensorOptions().dtype(at::kFloat).device(device))
      .target_device(device)
      .make_tensor();
}

FormTensors views_of(const Layout& layout, float* arena, at::Device device) {
  FormTensors tensors;
  for (const Tensor& tensor : layout.tensors()) {
    tensors.views.push_back(tensor_at(arena + tensor.offset, tensor.dims, device));
  }
  tensors.moving.resize(layout.tensors().size());
  return tensors;
}

FormTensors part_of(const FormTensors& all, std::size_t first, std::size_t count) {
  const auto begin = static_cast<std::ptrdiff_t>(first);
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  FormTensors own;
  own.views.assign(all.views.begin() + begin, all.views.begin() + end);
  own.moving.assign(all.moving.begin() + begin, all.moving.begin() + end);
  own.training = all.training;
  own.stochastic = all.stochastic;
  own.random = all.random;
  own.drop = [](int64_t /*layer*/, const at::Tensor& a) { return a; };
  return own;
}

FormPass::FormPass(const Net& net, float* params, const BitMask& trainable, const LossSpec& loss, const Terms& terms,
                   const float* reference, at::Device device, bool bf16)
    : net_(net),
      loss_(loss),
      terms_(terms),
      device_(device),
      bf16_(bf16),
      tensors_(views_of(net.layout(), params, device)) {
  for (std::size_t t = 0; t < tensors_.views.size(); ++t) {
    const Tensor& tensor = net.layout().tensors()[t];
    const bool moves = trainable.count(tensor) > 0;
    tensors_.moving[t] = moves;
    if (moves && !tensor.is(kRoleStatistics)) {
      tensors_.views[t].set_requires_grad(true);
    }
  }
  tensors_.stochastic = terms.stochastic_normalisation;
  if (terms.needs_reference()) {
    reference_ = views_of(net.layout(), const_cast<float*>(reference), device);  // NOLINT: only read
  }
  for (const std::vector<float>& weights : terms.features) {
    channel_weights_.push_back(
        weights.empty() ? at::Tensor() : copied(weights, {static_cast<int64_t>(weights.size())}, device));
  }
  if (!terms.soft.table.empty()) {
    table_ = copied(terms.soft.table, {terms.soft.first > 0 ? terms.soft.first : terms.soft.count, terms.soft.count}, device)
                 .to(at::kDouble);
  }
}

at::Tensor FormPass::run(const FormTensors& tensors, const at::Tensor& x) const {
  const Bf16 products(device_.type(), bf16_);
  return net_.run(tensors, x).to(at::kFloat);
}

at::Tensor FormPass::row_losses(const at::Tensor& out, const at::Tensor& labels) const {
  constexpr auto kNone = at::Reduction::None;
  switch (loss_.kind) {
    case kCrossEntropy:
      return at::cross_entropy_loss(out.narrow(1, 0, loss_.classes), labels.reshape({-1}).to(at::kLong), {}, kNone);
    case kMae:
      return at::l1_loss(out, labels, kNone).mean(1);
    case kHuber:
      return at::huber_loss(out, labels, kNone, loss_.huber_delta).mean(1);
    case kMse:
      break;
  }
  return at::mse_loss(out, labels, kNone).mean(1);
}

at::Tensor FormPass::labels_of(const at::Tensor& y) const { return loss_.weighted ? y.narrow(1, 0, y.size(1) - 1) : y; }

at::Tensor FormPass::counted(const at::Tensor& losses, const at::Tensor& y) const {
  return loss_.weighted ? losses * y.select(1, y.size(1) - 1) : losses;
}

at::Tensor FormPass::mean_loss(const at::Tensor& x, const at::Tensor& out, const at::Tensor& y) const {
  if (loss_.weighted) {
    return counted(row_losses(out, labels_of(y)), y).mean();
  }
  switch (loss_.kind) {
    case kCrossEntropy:
      return at::cross_entropy_loss(out.narrow(1, 0, loss_.classes), y.view({-1}).to(at::kLong));
    case kMae:
      return at::l1_loss(out, y);
    case kHuber:
      return at::huber_loss(out, y, at::Reduction::Mean, loss_.huber_delta);
    case kMse:
      break;
  }
  const at::Tensor weights = net_.error_weights(x);
  return weights.defined() ? ((out - y).square() * weights).mean() : at::mse_loss(out, y);
}

at::Tensor FormPass::gradients(const at::Tensor& x, const at::Tensor& y, float* grads) {
  // Autograd adds to what is there. The views are made once, in the first step.
  tensor_at(grads, {net_.layout().extent()}, device_).zero_();
  if (grads != grads_) {
    for (std::size_t t = 0; t < tensors_.views.size(); ++t) {
      if (tensors_.views[t].requires_grad()) {
        const Tensor& tensor = net_.layout().tensors()[t];
        tensors_.views[t].mutable_grad() = tensor_at(grads + tensor.offset, tensor.dims, device_);
      }
    }
    grads_ = grads;
  }
  FormFeatures features;
  FormBeside beside;
  beside.labels = labels_of(y);
  tensors_.features = &features;
  tensors_.beside = &beside;
  tensors_.training = true;
  const at::Tensor out = run(tensors_, x);
  tensors_.training = false;
  tensors_.features = nullptr;
  tensors_.beside = nullptr;
  const at::Tensor loss = mean_loss(x, out, y);
  // The terms give their gradients themselves, and autograd takes them from there.
  torch::autograd::variable_list roots{loss};
  const auto charge = [&](const at::Tensor& charged) {
    if (charged.requires_grad()) {
      roots.push_back(charged);
    }
  };
  if (beside.penalty.defined()) {
    charge(beside.penalty);
  }
  for (const auto& [own, share] : beside.outputs) {
    charge((counted(row_losses(own, labels_of(y)), y) * share).mean());
  }
  torch::autograd::variable_list gradients(roots.size(), at::ones_like(loss));
  add_terms(x, y, out, features, roots, gradients);
  torch::autograd::backward(roots, gradients);
  return loss.detach();
}

at::Tensor FormPass::loss(const at::Tensor& x, const at::Tensor& y) {
  const at::NoGradGuard no_gradients;
  return mean_loss(x, run(tensors_, x), y);
}

void FormPass::add_terms(const at::Tensor& x, const at::Tensor& y, const at::Tensor& out, const FormFeatures& features,
                         std::vector<at::Tensor>& roots, std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_gradients;
  const int64_t rows = x.size(0);
  const auto add = [&](const at::Tensor& of, const at::Tensor& gradient) {
    if (of.requires_grad()) {  // not so where everything up to there is frozen
      roots.push_back(of);
      gradients.push_back(gradient.to(of.scalar_type()));
    }
  };
  FormFeatures wanted;
  at::Tensor reference_out;
  if (terms_.needs_reference()) {
    reference_.features = &wanted;
    reference_out = run(reference_, x);
  }
  for (std::size_t l = 0; l < std::min(features.layers.size(), channel_weights_.size()); ++l) {
    if (channel_weights_[l].defined()) {
      const at::Tensor& f = features.layers[l];
      at::Tensor weights = channel_weights_[l] * (2.0 / static_cast<double>(rows));
      if (f.dim() == 4) {
        weights = weights.view({1, -1, 1, 1});
      }
      add(f, weights * (f - wanted.layers[l]));
    }
  }
  if (terms_.spectral > 0.0) {
    add(features.last, spectral_gradient(terms_.spectral, terms_.spectral_count, features.last));
  }
  const Terms::Soft& soft = terms_.soft;
  if (soft.strength > 0.0) {
    const auto softened = [&](const at::Tensor& o) {
      return at::softmax(o.narrow(1, soft.first, soft.count).to(at::kDouble) / soft.temperature, 1);
    };
    const at::Tensor q =
        table_.defined() ? table_.index_select(0, y.select(1, 0).to(at::kLong)) : softened(reference_out);
    const at::Tensor gradient = at::zeros_like(out);
    at::Tensor own = (softened(out) - q) * (soft.strength / soft.temperature / static_cast<double>(rows));
    if (loss_.weighted) {
      own = own * y.narrow(1, y.size(1) - 1, 1);
    }
    gradient.narrow(1, soft.first, soft.count).copy_(own);
    add(out, gradient);
  }
}

}  // namespace pacnet
