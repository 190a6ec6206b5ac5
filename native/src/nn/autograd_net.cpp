#include "nn/autograd_net.h"

#include <ATen/ATen.h>
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
      return at::cross_entropy_loss(out, labels.view({-1}).to(at::kLong));
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
    pin_blas_threads();
  }

  double gradients(const LoadRows& load, int64_t rows, int64_t /*step*/, float* grads) override {
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
    tensors_.training = true;
    const at::Tensor loss = mean_loss(loss_, net_.run(tensors_, x_.data(), rows), labels(rows));
    tensors_.training = false;
    loss.backward();
    return static_cast<double>(loss.item<float>()) * static_cast<double>(rows);
  }

  double loss(const LoadRows& load, int64_t rows) override {
    const at::NoGradGuard no_gradients;
    load(0, rows, x_.data(), y_.data());
    const at::Tensor loss = mean_loss(loss_, net_.run(tensors_, x_.data(), rows), labels(rows));
    return static_cast<double>(loss.item<float>()) * static_cast<double>(rows);
  }

 private:
  at::Tensor labels(int64_t rows) { return at::from_blob(y_.data(), {rows, label_width_}, at::kFloat); }

  const AutogradNet& net_;
  LossSpec loss_;
  int64_t label_width_;
  OmpThreads threads_;
  AutogradNet::Tensors tensors_;
  FloatBuffer x_;
  FloatBuffer y_;
  const float* grads_ = nullptr;
};

}  // namespace

std::size_t AutogradNet::add(std::string name, std::vector<int64_t> dims, int roles) {
  layout_.add(std::move(name), std::move(dims), roles);
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
  const std::size_t weight = add(name + ".weight", {outputs_, in}, kRolePrunable + kRoleHead);
  add(name + ".bias", {outputs_}, kRoleHead);
  return {weight};
}

at::Tensor AutogradNet::Convolution::operator()(const Tensors& tensors, const at::Tensor& x) const {
  return at::conv2d(x, tensors.views[weight], {}, stride, kernel / 2);
}

at::Tensor AutogradNet::Normalisation::operator()(const Tensors& tensors, const at::Tensor& x) const {
  return at::batch_norm(x, tensors.views[first], tensors.views[first + 1], tensors.views[first + 2],
                        tensors.views[first + 3], tensors.training && tensors.moving[first + 2], kMomentum, kEpsilon,
                        false);
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
