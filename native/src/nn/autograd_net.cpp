#include "nn/autograd_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "core/blas.h"
#include "nn/autograd_training.h"
#include "nn/script_export.h"

namespace pacnet {

namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;
// Images of one piece of a prediction: the activations of more would not stay in any cache.
constexpr int64_t kAutogradRows = 32;

}  // namespace

std::size_t AutogradNet::add(std::string name, std::vector<int64_t> dims, int roles) {
  layout_.add(std::move(name), std::move(dims), roles, layer_);
  return layout_.tensors().size() - 1;
}

AutogradNet::Convolution AutogradNet::add_convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel,
                                                      int64_t stride) {
  return {add(name + ".weight", {out, in, kernel, kernel}, kRolePrunable), kernel, stride};
}

AutogradNet::Normalisation AutogradNet::add_normalisation(const std::string& name, int64_t width) {
  const std::size_t first = add(name + ".weight", {width}, kRoleNormalisation);
  add(name + ".bias", {width}, kRoleNormalisation);
  add(name + ".running_mean", {width}, kRoleStatistics);
  add(name + ".running_var", {width}, kRoleStatistics);
  return {first};
}

AutogradNet::Linear AutogradNet::add_head(const std::string& name, int64_t in) {
  next_layer();
  const std::size_t weight = add(name + ".weight", {outputs_, in}, kRolePrunable + kRoleHead);
  add(name + ".bias", {outputs_}, kRoleHead);
  return {weight};
}

at::Tensor AutogradNet::Convolution::operator()(const Tensors& tensors, const at::Tensor& x) const {
  if (kernel == 1 && stride > 1) {
    // The pixels that count first, then all of them: oneDNN's own way to a strided 1x1 kernel's gradient writes past its
    // workspace where channels come last and are fewer than one of its blocks (uxlfoundation/oneDNN issue 6035).
    const at::Tensor seen = x.slice(2, 0, std::nullopt, stride).slice(3, 0, std::nullopt, stride);
    return at::conv2d(seen.contiguous(at::MemoryFormat::ChannelsLast), tensors.views[weight]);
  }
  return at::conv2d(x, tensors.views[weight], {}, stride, kernel / 2);
}

at::Tensor AutogradNet::Normalisation::operator()(const Tensors& tensors, const at::Tensor& x) const {
  const bool training = tensors.training && tensors.moving[first + 2];
  if (training && tensors.stochastic > 0.0) {
    return stochastic(tensors, x);
  }
  return at::batch_norm(x, tensors.views[first], tensors.views[first + 1], tensors.views[first + 2],
                        training ? moving_variance(tensors, x) : tensors.views[first + 3], training, kMomentum, kEpsilon,
                        false);
}

// One value has no variance (its unbiased estimate divides by zero): the running one stays as it is.
at::Tensor AutogradNet::Normalisation::moving_variance(const Tensors& tensors, const at::Tensor& x) const {
  return x.numel() == x.size(1) ? tensors.views[first + 3].clone() : tensors.views[first + 3];
}

// StochNorm (Kou et al. 2020): each channel is normalised either by the batch or by the running statistics, drawn anew in
// every step. Both see the same scale and shift; the running statistics follow the batch as in BatchNorm.
at::Tensor AutogradNet::Normalisation::stochastic(const Tensors& tensors, const at::Tensor& x) const {
  const int64_t channels = x.size(1);
  at::Tensor by_running = at::empty({1, channels, 1, 1}, at::kFloat);
  std::generate_n(by_running.data_ptr<float>(), channels,
                  [&] { return static_cast<double>(tensors.random->uniform()) < tensors.stochastic ? 1.0F : 0.0F; });
  by_running = by_running.to(x.device());
  // Before the batch moves them.
  const at::Tensor mean = tensors.views[first + 2].clone();
  const at::Tensor variance = tensors.views[first + 3].clone();
  const at::Tensor batch = at::batch_norm(x, tensors.views[first], tensors.views[first + 1], tensors.views[first + 2],
                                          moving_variance(tensors, x), true, kMomentum, kEpsilon, false);
  const at::Tensor running =
      at::batch_norm(x, tensors.views[first], tensors.views[first + 1], mean, variance, false, kMomentum, kEpsilon, false);
  return batch + by_running * (running - batch);
}

void AutogradNet::observe(const Tensors& tensors, const at::Tensor& a) {
  if (tensors.features != nullptr) {
    tensors.features->layers.push_back(a);
  }
}

at::Tensor AutogradNet::pooled_head(const Tensors& tensors, const Linear& head, const at::Tensor& a) {
  const at::Tensor pooled = a.mean({2, 3});
  if (tensors.features != nullptr) {
    tensors.features->last = pooled;
  }
  return head(tensors, pooled);
}

at::Tensor AutogradNet::Linear::operator()(const Tensors& tensors, const at::Tensor& x) const {
  return at::linear(x, tensors.views[weight], tensors.views[weight + 1]);
}

std::string AutogradNet::script_of(const Convolution& convolution, const std::string& x) const {
  const std::string stride = std::to_string(convolution.stride);
  const std::string around = std::to_string(convolution.kernel / 2);
  return "torch.conv2d(" + x + ", " + script_name(layout_.tensors()[convolution.weight]) + ", None, [" + stride + ", " + stride + "], [" + around +
         ", " + around + "])";
}

std::string AutogradNet::script_of(const Normalisation& normalisation, const std::string& x) const {
  std::string text = "torch.batch_norm(" + x;
  for (std::size_t t = normalisation.first; t < normalisation.first + 4; ++t) {
    text.append(", ").append(script_name(layout_.tensors()[t]));
  }
  return text + ", False, 0.1, 1e-05, False)";
}

std::string AutogradNet::script_pooled_head(const Linear& head, const std::string& a) const {
  const std::vector<pacnet::Tensor>& tensors = layout_.tensors();
  return "  return torch.linear(torch.mean(" + a + ", [2, 3]), " + script_name(tensors[head.weight]) + ", " + script_name(tensors[head.weight + 1]) +
         ")\n";
}

// Kernels by He et al. 2015 over what goes out, as torchvision's ResNet; the head as torch.nn.Linear; normalisation
// starts as the identity.
void AutogradNet::initialize(float* params, const Tensor& tensor, Random& random) const {
  float* values = params + tensor.offset;
  const std::string& name = tensor.name;
  if (tensor.is(kRoleHead)) {
    const Tensor& weight = *std::find_if(layout_.tensors().begin(), layout_.tensors().end(), [](const Tensor& t) {
      return t.is(kRoleHead) && t.is(kRolePrunable);
    });
    const float bound = 1.0F / std::sqrt(static_cast<float>(weight.dims[1]));
    std::generate_n(values, tensor.size, [&] { return (2.0F * random.uniform() - 1.0F) * bound; });
  } else if (tensor.is(kRolePrunable)) {
    const double fan_out = static_cast<double>(tensor.dims[0] * tensor.dims[2] * tensor.dims[3]);
    const double deviation = std::sqrt(2.0 / fan_out);
    std::generate_n(values, tensor.size, [&] {  // Box & Muller 1958
      const double radius = std::sqrt(-2.0 * std::log(1.0 - static_cast<double>(random.uniform())));
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(random.uniform());
      return static_cast<float>(deviation * radius * std::cos(angle));
    });
  } else {
    const bool one = name.ends_with(".weight") || name.ends_with(".running_var");
    std::fill_n(values, tensor.size, one ? 1.0F : 0.0F);
  }
}

void AutogradNet::initialize(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitialize);
  for (const Tensor& tensor : layout_.tensors()) {
    initialize(params, tensor, random);
  }
}

void AutogradNet::initialize_head(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitializeHead);
  for (const Tensor& tensor : layout_.tensors()) {
    if (tensor.is(kRoleHead)) {
      initialize(params, tensor, random);
    }
  }
}

int AutogradNet::useful_threads(int offered, int64_t /*batch*/) const { return std::min(offered, blas_callers()); }

at::Tensor AutogradNet::run(const Tensors& tensors, const at::Tensor& x) const {
  // Faster with the LibTorch that ships, for both networks; bench/RESULTS.md has the figures.
  return forward(tensors, x.view({x.size(0), channels_, height_, width_}).contiguous(at::MemoryFormat::ChannelsLast));
}

std::unique_ptr<TrainingPass> AutogradNet::training(const TrainingSetup& setup) const { return autograd_training(*this, setup); }

void AutogradNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  autograd_predict(*this, params, x, rows, kAutogradRows, out, threads);
}

}  // namespace pacnet
