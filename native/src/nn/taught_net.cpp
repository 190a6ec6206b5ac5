#include "nn/taught_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>

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
  for (int64_t k = 0; k < teachers; ++k) {
    family_.add("teachers." + std::to_string(k), layout_);
  }
  const int64_t layer = family_.kind().layout().layers();
  layout_.add("projection.weight", {features_, features_}, 0, layer);
  layout_.add("relevance.weight", {teachers, 2 * features_}, 0, layer);
}

void TaughtNet::initialize(float* params, uint64_t seed) const {
  for (int64_t k = 0; k <= teachers_; ++k) {
    family_.kind().initialize(family_.params_of(static_cast<std::size_t>(k), params), seed + static_cast<uint64_t>(k));
  }
  const Tensor& projection = layout_.tensors()[layout_.tensors().size() - 2];
  std::fill(params + projection.offset, params + layout_.extent(), 0.0F);
  for (int64_t f = 0; f < features_; ++f) {
    params[projection.offset + f * (features_ + 1)] = 1.0F;
  }
}

std::unique_ptr<TrainingPass> TaughtNet::training(const TrainingSetup& setup) const { return autograd_training(*this, setup); }

void TaughtNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  family_.kind().predict(params, x, rows, out, threads);
}

at::Tensor TaughtNet::run(const FormTensors& tensors, const at::Tensor& x) const {
  require(x.is_cpu(), "teachers are for the CPU: take the device cpu");
  FormTensors student = family_.tensors_of(0, tensors);
  FormFeatures own;
  student.features = tensors.features != nullptr ? tensors.features : &own;
  at::Tensor out = family_.kind().run(student, x);
  if (tensors.beside != nullptr && strength_ > 0) {
    tensors.beside->penalty = lesson(tensors, x, student.features->last) * strength_;
  }
  return out;
}

// z: what the student's head is given, [rows, features].
at::Tensor TaughtNet::lesson(const FormTensors& tensors, const at::Tensor& x, const at::Tensor& z) const {
  require(z.defined(), "the network does not show what its head is given");
  const std::size_t last = tensors.views.size() - 1;
  const at::Tensor& projection = tensors.views[last - 1];
  const at::Tensor& relevance = tensors.views[last];
  std::vector<at::Tensor> near;
  std::vector<at::Tensor> off;
  for (int64_t k = 0; k < teachers_; ++k) {
    FormTensors teacher = family_.tensors_of(static_cast<std::size_t>(1 + k), tensors);
    FormFeatures said;
    teacher.features = &said;
    teacher.training = false;
    {
      const at::NoGradGuard no_gradients;
      family_.kind().run(teacher, x);
    }
    near.push_back(at::linear(at::cat({said.last, z}, 1), relevance.narrow(0, k, 1)).squeeze(1));
    off.push_back((at::linear(said.last, projection) - z).square().mean(1));
  }
  const at::Tensor weights = at::softmax(at::stack(near, 1), 1).clamp_min(least_);
  return (weights * at::stack(off, 1)).sum(1).mean();
}

}  // namespace pacnet
