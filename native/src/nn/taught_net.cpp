#include "nn/taught_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "nn/autograd_training.h"

namespace pacnet {

TaughtNet::TaughtNet(std::unique_ptr<Net> kind, int64_t teachers, double strength, double least)
    : family_(std::move(kind)), teachers_(teachers), strength_(strength), least_(least) {
  const std::vector<Tensor>& tensors = family_.kind().layout().tensors();
  const auto head = std::find_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.is(kRoleHead) && t.is(kRolePrunable); });
  require(head != tensors.end(), "the network has no head");
  features_ = head->size / head->dims.front();
  family_.add("student", layout_);
  const int64_t layer = family_.kind().layout().layers();
  layout_.add("projection.weight", {features_, features_}, 0, layer);
  layout_.add("relevance.weight", {teachers, 2 * features_}, 0, layer);
  layout_.add("relevance.bias", {teachers}, 0, layer);
}

void TaughtNet::initialize(float* params, uint64_t seed) const {
  family_.kind().initialize(params, seed);
  const Tensor& projection = layout_.tensors()[layout_.tensors().size() - 3];
  std::fill(params + projection.offset, params + layout_.extent(), 0.0F);
  for (int64_t f = 0; f < features_; ++f) {
    params[projection.offset + f * (features_ + 1)] = 1.0F;
  }
}

std::unique_ptr<TrainingPass> TaughtNet::training(const TrainingSetup& setup) const { return autograd_training(*this, setup); }

void TaughtNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  autograd_predict(*this, params, x, rows, kFamilyRows, out, threads);
}

at::Tensor TaughtNet::run(const FormTensors& tensors, const at::Tensor& x) const {
  require(x.is_cpu(), "teachers are for the CPU: take the device cpu");
  const int64_t inputs = family_.kind().inputs();
  FormTensors student = family_.tensors_of(0, tensors);
  FormFeatures own;
  student.features = tensors.features != nullptr ? tensors.features : &own;
  at::Tensor out = family_.kind().run(student, x.narrow(1, 0, inputs));
  if (tensors.beside != nullptr && strength_ > 0) {
    tensors.beside->penalty = lesson(tensors, x.narrow(1, inputs, teachers_ * features_), student.features->last) * strength_;
  }
  return out;
}

at::Tensor TaughtNet::lesson(const FormTensors& tensors, const at::Tensor& taught, const at::Tensor& z) const {
  require(z.defined(), "the network does not show what its head is given");
  const std::size_t last = tensors.views.size() - 1;
  const at::Tensor& relevance = tensors.views[last - 1];
  const at::Tensor each = taught.reshape({taught.size(0), teachers_, features_});
  const at::Tensor near = (each * relevance.narrow(1, 0, features_)).sum(2) + at::linear(z, relevance.narrow(1, features_, features_), tensors.views[last]);
  const at::Tensor off = (at::linear(each, tensors.views[last - 2]) - z.unsqueeze(1)).square().mean(2);
  return (at::softmax(near, 1).clamp_min(least_) * off).sum(1).mean();
}

}  // namespace pacnet
