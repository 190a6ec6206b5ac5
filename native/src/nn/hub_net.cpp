#include "nn/hub_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/xlogy.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/error.h"
#include "nn/autograd_training.h"

namespace pacnet {

namespace {

// A step of the optimizer moves the router's logits so many times as far as a weight of the members, whose rate is too low for them.
constexpr double kRouterScale = 10.0;

// Box and Muller 1958.
at::Tensor normal_like(const at::Tensor& logits, Random& random) {
  constexpr float kTwoPi = 6.2831853F;
  at::Tensor drawn = at::empty(logits.sizes(), logits.options().requires_grad(false));
  float* out = drawn.mutable_data_ptr<float>();
  std::generate_n(out, drawn.numel(), [&] {
    const float radius = std::sqrt(-2.0F * std::log(1.0F - random.uniform()));
    return radius * std::cos(kTwoPi * random.uniform());
  });
  return drawn;
}

}  // namespace

HubNet::HubNet(std::unique_ptr<Net> kind, int64_t members, int64_t top, double explore, double noise)
    : family_(std::move(kind)), members_(members), top_(top), explore_(explore), noise_(noise) {
  for (int64_t k = 0; k < members; ++k) {
    family_.add("members." + std::to_string(k), layout_);
  }
  const int64_t layer = family_.kind().layout().layers();
  layout_.add("router.weight", {members, inputs()}, 0, layer);
  layout_.add("router.bias", {members}, 0, layer);
}

void HubNet::initialize(float* params, uint64_t seed) const {
  for (int64_t k = 0; k < members_; ++k) {
    family_.kind().initialize(family_.params_of(static_cast<std::size_t>(k), params), seed + static_cast<uint64_t>(k));
  }
  const Tensor& first = layout_.tensors()[layout_.tensors().size() - 2];
  std::fill(params + first.offset, params + layout_.extent(), 0.0F);
}

void HubNet::initialize_head(float* params, uint64_t seed) const {
  for (int64_t k = 0; k < members_; ++k) {
    family_.kind().initialize_head(family_.params_of(static_cast<std::size_t>(k), params), seed + static_cast<uint64_t>(k));
  }
}

std::unique_ptr<TrainingPass> HubNet::training(const TrainingSetup& setup) const { return autograd_training(*this, setup); }

void HubNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  autograd_predict(*this, params, x, rows, kFamilyRows, out, threads);
}

// [rows, members], of each row with sum 1.
at::Tensor HubNet::shares(const FormTensors& tensors, const at::Tensor& x) const {
  const std::size_t last = tensors.views.size() - 1;
  at::Tensor logits = at::linear(x, tensors.views[last - 1], tensors.views[last]) * kRouterScale;
  if (top_ == members_) {
    return at::softmax(logits, 1);
  }
  if (tensors.training && noise_ > 0 && tensors.random != nullptr) {
    logits = logits + normal_like(logits, *tensors.random) * noise_;
  }
  const at::Tensor values = logits.detach();
  const at::Tensor least = std::get<0>(at::topk(values, top_, 1)).narrow(1, top_ - 1, 1);
  const at::Tensor taken = at::softmax(values.masked_fill(values < least, -std::numeric_limits<double>::infinity()), 1);
  if (!tensors.training) {
    return taken;
  }
  // Straight through: of one that is taken alone the share is 1 whatever its value is, and the router would learn nothing.
  const at::Tensor open = at::softmax(logits, 1);
  return taken + open - open.detach();
}

at::Tensor HubNet::run(const FormTensors& tensors, const at::Tensor& x) const {
  require(x.is_cpu(), "a hub is for the CPU: take the device cpu");
  const at::Tensor weights = shares(tensors, x);
  at::Tensor out;
  for (int64_t k = 0; k < members_; ++k) {
    const at::Tensor said = family_.kind().run(family_.tensors_of(static_cast<std::size_t>(k), tensors), x);
    const at::Tensor weight = weights.select(1, k);
    const at::Tensor counted = said * weight.unsqueeze(1);
    out = out.defined() ? out + counted : counted;
    if (tensors.beside != nullptr) {
      tensors.beside->outputs.emplace_back(said, weight.detach());
    }
  }
  if (tensors.beside != nullptr && explore_ > 0) {
    const at::Tensor mean = weights.mean(0);
    tensors.beside->penalty = at::xlogy(mean, mean.clamp_min(std::numeric_limits<float>::min())).sum() * explore_;
  }
  return out;
}

}  // namespace pacnet
