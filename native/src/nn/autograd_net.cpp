#include "nn/autograd_net.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "core/blas.h"
#include "core/omp.h"

namespace pacnet {

namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;
// Images of one piece of a prediction: the activations of more would not stay in any cache.
constexpr int64_t kPredictRows = 32;

at::Tensor view(float* arena, const Tensor& tensor) {
  return at::from_blob(arena + tensor.offset, tensor.dims, at::kFloat);
}

AutogradNet::Tensors views_of(const Layout& layout, float* params) {
  AutogradNet::Tensors tensors;
  for (const Tensor& tensor : layout.tensors()) {
    tensors.views.push_back(view(params, tensor));
  }
  tensors.moving.resize(layout.tensors().size());
  return tensors;
}

at::Tensor mean_loss(const LossSpec& spec, const at::Tensor& out, const at::Tensor& labels) {
  switch (spec.kind) {
    case kCrossEntropy:
      return at::cross_entropy_loss(out.narrow(1, 0, spec.classes), labels.view({-1}).to(at::kLong));
    case kMae:
      return at::l1_loss(out, labels);
    case kHuber:
      return at::huber_loss(out, labels, at::Reduction::Mean, spec.huber_delta);
    default:
      return at::mse_loss(out, labels);
  }
}

class AutogradTraining final : public TrainingPass {
 public:
  AutogradTraining(const AutogradNet& net, const TrainingSetup& setup)
      : net_(net),
        loss_(setup.loss),
        terms_(setup.terms),
        seed_(setup.seed),
        label_width_(label_width(setup.loss, net)),
        threads_(setup.team.size()),
        tensors_(views_of(net.layout(), setup.params)),
        x_(setup.batch * net.inputs()),
        y_(setup.batch * label_width_) {
    for (std::size_t t = 0; t < tensors_.views.size(); ++t) {
      const Tensor& tensor = net.layout().tensors()[t];
      const bool moves = setup.trainable.count(tensor) > 0;
      tensors_.moving[t] = moves;
      if (moves && !tensor.is(kRoleStatistics)) {
        tensors_.views[t].set_requires_grad(true);
      }
    }
    tensors_.stochastic = terms_.stochastic_normalisation;
    if (terms_.needs_reference()) {
      reference_ = views_of(net.layout(), const_cast<float*>(terms_.reference));
    }
    pin_blas_threads();
  }

  double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) override {
    load(0, rows, x_.data(), y_.data());
    // Autograd adds to what is there. The views are made once, in the first step.
    std::memset(grads, 0, static_cast<std::size_t>(net_.layout().extent()) * sizeof(float));
    if (grads != grads_) {
      for (std::size_t t = 0; t < tensors_.views.size(); ++t) {
        if (tensors_.views[t].requires_grad()) {
          tensors_.views[t].mutable_grad() = view(grads, net_.layout().tensors()[t]);
        }
      }
      grads_ = grads;
    }
    Random random(seed_, Stream::kNormalise, static_cast<uint64_t>(step));
    AutogradNet::Features features;
    tensors_.random = &random;
    tensors_.features = &features;
    tensors_.training = true;
    const at::Tensor out = net_.run(tensors_, x_.data(), rows);
    tensors_.training = false;
    tensors_.features = nullptr;
    const at::Tensor loss = mean_loss(loss_, out, labels(rows));
    // The terms give their gradients themselves, and autograd takes them from there.
    torch::autograd::variable_list roots{loss};
    torch::autograd::variable_list gradients{at::ones({}, at::kFloat)};
    add_terms(out, features, rows, roots, gradients);
    torch::autograd::backward(roots, gradients);
    return static_cast<double>(loss.item<float>()) * static_cast<double>(rows);
  }

  double loss(const LoadRows& load, int64_t rows) override {
    const at::NoGradGuard no_gradients;
    load(0, rows, x_.data(), y_.data());
    const at::Tensor loss = mean_loss(loss_, net_.run(tensors_, x_.data(), rows), labels(rows));
    return static_cast<double>(loss.item<float>()) * static_cast<double>(rows);
  }

 private:
  void add_terms(const at::Tensor& out, const AutogradNet::Features& features, int64_t rows,
                 torch::autograd::variable_list& roots, torch::autograd::variable_list& gradients) {
    const at::NoGradGuard no_gradients;
    const auto add = [&](const at::Tensor& of, const at::Tensor& gradient) {
      if (of.requires_grad()) {  // not so where everything up to there is frozen
        roots.push_back(of);
        gradients.push_back(gradient);
      }
    };
    AutogradNet::Features wanted;
    at::Tensor reference_out;
    if (terms_.needs_reference()) {
      reference_.features = &wanted;
      reference_out = net_.run(reference_, x_.data(), rows).contiguous();
    }
    for (std::size_t l = 0; l < features.layers.size(); ++l) {
      if (const std::vector<float>* weights = terms_.features_of(l)) {
        // Pixel by pixel, the channels of one behind each other.
        const at::Tensor f = features.layers[l].permute({0, 2, 3, 1}).contiguous();
        const at::Tensor r = wanted.layers[l].permute({0, 2, 3, 1}).contiguous();
        const at::Tensor gradient = at::zeros_like(f);
        add_feature_gradient(*weights, f.const_data_ptr<float>(), r.const_data_ptr<float>(),
                             f.numel() / static_cast<int64_t>(weights->size()), rows, gradient.data_ptr<float>());
        add(features.layers[l], gradient.permute({0, 3, 1, 2}));
      }
    }
    if (terms_.spectral > 0.0) {
      const at::Tensor f = features.last.contiguous();
      const at::Tensor gradient = at::zeros_like(f);
      add_spectral_gradient(terms_.spectral, terms_.spectral_count, f.const_data_ptr<float>(), rows, f.size(1),
                            gradient.data_ptr<float>());
      add(features.last, gradient);
    }
    if (terms_.soft.strength > 0.0) {
      const at::Tensor o = out.contiguous();
      const at::Tensor gradient = at::zeros_like(o);
      add_soft_gradient(terms_.soft, o.const_data_ptr<float>(),
                        reference_out.defined() ? reference_out.const_data_ptr<float>() : nullptr, y_.data(), rows, rows,
                        o.size(1), gradient.data_ptr<float>());
      add(out, gradient);
    }
  }

  at::Tensor labels(int64_t rows) { return at::from_blob(y_.data(), {rows, label_width_}, at::kFloat); }

  const AutogradNet& net_;
  LossSpec loss_;
  const Terms& terms_;
  uint64_t seed_;
  int64_t label_width_;
  OmpThreads threads_;
  AutogradNet::Tensors tensors_;
  AutogradNet::Tensors reference_;
  FloatBuffer x_;
  FloatBuffer y_;
  const float* grads_ = nullptr;
};

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
  return at::conv2d(x, tensors.views[weight], {}, stride, kernel / 2);
}

at::Tensor AutogradNet::Normalisation::operator()(const Tensors& tensors, const at::Tensor& x) const {
  const bool training = tensors.training && tensors.moving[first + 2];
  if (training && tensors.stochastic > 0.0) {
    return stochastic(tensors, x);
  }
  return at::batch_norm(x, tensors.views[first], tensors.views[first + 1], tensors.views[first + 2],
                        tensors.views[first + 3], training, kMomentum, kEpsilon,
                        false);
}

// StochNorm (Kou et al. 2020): each channel is normalised either by the batch or by the running statistics, drawn anew in
// every step. Both see the same scale and shift; the running statistics follow the batch as in BatchNorm.
at::Tensor AutogradNet::Normalisation::stochastic(const Tensors& tensors, const at::Tensor& x) const {
  const int64_t channels = x.size(1);
  const at::Tensor by_running = at::empty({1, channels, 1, 1}, at::kFloat);
  std::generate_n(by_running.data_ptr<float>(), channels,
                  [&] { return static_cast<double>(tensors.random->uniform()) < tensors.stochastic ? 1.0F : 0.0F; });
  // Before the batch moves them.
  const at::Tensor mean = tensors.views[first + 2].clone();
  const at::Tensor variance = tensors.views[first + 3].clone();
  const at::Tensor batch = at::batch_norm(x, tensors.views[first], tensors.views[first + 1], tensors.views[first + 2],
                                          tensors.views[first + 3], true, kMomentum, kEpsilon, false);
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

at::Tensor AutogradNet::run(const Tensors& tensors, const float* x, int64_t rows) const {
  // Faster with the LibTorch that ships, for both networks; bench/RESULTS.md has the figures.
  const at::Tensor images =
      at::from_blob(const_cast<float*>(x), {rows, channels_, height_, width_}, at::kFloat)
          .contiguous(at::MemoryFormat::ChannelsLast);
  return forward(tensors, images);
}

std::unique_ptr<TrainingPass> AutogradNet::training(const TrainingSetup& setup) const {
  return std::make_unique<AutogradTraining>(*this, setup);
}

void AutogradNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  const at::NoGradGuard no_gradients;
  const OmpThreads used(useful_threads(threads, rows));
  pin_blas_threads();
  const Tensors tensors = views_of(layout_, const_cast<float*>(params));
  for (int64_t begin = 0; begin < rows; begin += kPredictRows) {
    const int64_t count = std::min(kPredictRows, rows - begin);
    const at::Tensor predicted = run(tensors, x + begin * inputs(), count).contiguous();
    std::memcpy(out + begin * outputs_, predicted.const_data_ptr<float>(),
                static_cast<std::size_t>(count * outputs_) * sizeof(float));
  }
}

}  // namespace pacnet
