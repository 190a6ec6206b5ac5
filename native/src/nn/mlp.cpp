#include "nn/mlp.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/blas.h"
#include "core/columns.h"
#include "core/random.h"
#include "core/simd.h"
#include "core/team.h"
#include "nn/activation_arithmetic.h"
#include "nn/tensor_form.h"
#include "nn/script_export.h"

namespace pacnet {

namespace {

at::Tensor activated(Activation activation, const at::Tensor& z) {
  switch (activation) {
    case kTanh:
      return at::tanh(z);
    case kSigmoid:
      return at::sigmoid(z);
    case kGelu:
      return at::gelu(z);
    case kSilu:
      return at::silu(z);
    case kRelu:
      break;
  }
  return at::relu(z);
}

// Below this much arithmetic a second thread costs more in waiting than it takes over.
constexpr double kFlopsPerThread = 4e6;
// Rows of one piece of a prediction: enough for full-speed products, little enough to stay in the cache.
constexpr int64_t kMlpRows = 256;

int threads_for(int offered, double flops) {
  const double useful = std::min(static_cast<double>(std::min(offered, blas_callers())), flops / kFlopsPerThread);
  return std::max(1, static_cast<int>(useful));
}

struct AddBias {
  PACNET_LOOP void run(const float* bias, int64_t rows, int64_t width, float* values) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < width; ++c) {
        values[r * width + c] += bias[c];
      }
    }
  }
};

}  // namespace

Mlp::Mlp(std::vector<int64_t> sizes, Activation activation, double dropout)
    : sizes_(std::move(sizes)), activation_(activation), dropout_(dropout) {
  // A hidden layer is Linear, activation and, if there is any, Dropout in torch.nn.Sequential.
  const int64_t modules = dropout > 0.0 ? 3 : 2;
  for (int64_t l = 0; l < layers(); ++l) {
    const std::string name = "layers." + std::to_string(l * modules);
    const int head = l + 1 == layers() ? kRoleHead : 0;
    layout_.add(name + ".weight", {width(l + 1), width(l)}, kRolePrunable + head, l);
    layout_.add(name + ".bias", {width(l + 1)}, head, l);
  }
}

void Mlp::draw_layer(float* params, int64_t layer, Random& random) const {
  const float bound = 1.0F / std::sqrt(static_cast<float>(width(layer)));
  for (const Tensor* t : {&weight(layer), &bias(layer)}) {
    for (int64_t i = 0; i < t->size; ++i) {
      params[t->offset + i] = (2.0F * random.uniform() - 1.0F) * bound;
    }
  }
}

void Mlp::initialize(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitialize);
  for (int64_t l = 0; l < layers(); ++l) {
    draw_layer(params, l, random);
  }
}

void Mlp::initialize_head(float* params, uint64_t seed) const {
  Random random(seed, Stream::kInitializeHead);
  draw_layer(params, layers() - 1, random);
}

int Mlp::useful_threads(int offered, int64_t batch) const {
  return threads_for(offered, training_flops_per_row() * static_cast<double>(batch));
}

double Mlp::training_flops_per_row() const {
  double flops = 0.0;
  for (int64_t l = 0; l < layers(); ++l) {
    flops += 6.0 * static_cast<double>(weight(l).size);
  }
  return flops;
}

Wanted::Wanted(const Mlp& mlp, const BitMask& trainable) : lowest(mlp.layers()) {
  for (int64_t l = 0; l < mlp.layers(); ++l) {
    weights.push_back(trainable.count(mlp.weight(l)) > 0);
    biases.push_back(trainable.count(mlp.bias(l)) > 0);
    if (weights.back() || biases.back()) {
      lowest = std::min(lowest, l);
    }
  }
}

MlpPass::MlpPass(const Mlp& mlp, int64_t capacity, bool training) : mlp_(mlp) {
  for (int64_t l = 0; l <= mlp.layers(); ++l) {
    const bool hidden = l > 0 && l < mlp.layers();
    activations_.emplace_back(capacity * mlp.width(l));
    saved_.emplace_back(training && hidden && !shares_output(mlp.activation(), mlp.dropout()) ? capacity * mlp.width(l)
                                                                                            : 0);
    gradients_.emplace_back(training && l > 0 ? capacity * mlp.width(l) : 0);
  }
}

float* MlpPass::saved(int64_t layer) {
  FloatBuffer& own = saved_[static_cast<std::size_t>(layer)];
  return own.size() > 0 ? own.data() : at(activations_, layer);
}

Dropout MlpPass::dropout(int64_t layer, uint32_t key) const {
  return dropout_of(key == 0 ? 0.0F : static_cast<float>(mlp_.dropout()), key, layer);
}

void MlpPass::forward(const float* params, int64_t begin, int64_t end, uint32_t dropout_key) {
  const int64_t rows = end - begin;
  for (int64_t l = 0; l < mlp_.layers(); ++l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    float* a = at(activations_, l + 1) + begin * out;
    const float* bias = params + mlp_.bias(l).offset;
    gemm_nt(rows, out, in, at(activations_, l) + begin * in, in, params + mlp_.weight(l).offset, in, a, out);
    if (l + 1 < mlp_.layers()) {
      activate(mlp_.activation(), a, bias, rows, out, saved(l + 1) + begin * out, a, dropout(l + 1, dropout_key),
               begin);
    } else {
      vectorised<AddBias>(bias, rows, out, a);
    }
  }
}

double MlpPass::loss_and_backward(const float* params, const LossSpec& loss, const Terms& terms,
                                  const MlpPass* reference, const float* labels, int64_t begin, int64_t end,
                                  int64_t batch_rows, uint32_t dropout_key, int64_t lowest) {
  const int64_t rows = end - begin;
  const int64_t outputs = mlp_.outputs();
  const double sum = loss_sum(loss, output() + begin * outputs, labels, rows, outputs,
                              1.0F / static_cast<float>(batch_rows), at(gradients_, mlp_.layers()) + begin * outputs);
  if (terms.soft.strength > 0.0) {
    add_soft_gradient(terms.soft, output() + begin * outputs,
                      reference == nullptr ? nullptr : reference->output() + begin * outputs, labels_at(labels, loss, outputs), rows, batch_rows,
                      outputs, at(gradients_, mlp_.layers()) + begin * outputs);
  }
  backward(params, terms, reference, begin, end, batch_rows, dropout_key, lowest);
  return sum;
}

void MlpPass::backward(const float* params, int64_t begin, int64_t end) {
  backward(params, {}, nullptr, begin, end, end - begin, 0, 0);
}

void MlpPass::backward(const float* params, const Terms& terms, const MlpPass* reference, int64_t begin, int64_t end,
                       int64_t batch_rows, uint32_t dropout_key, int64_t lowest) {
  for (int64_t l = mlp_.layers() - 1; l > lowest; --l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    float* grad = at(gradients_, l) + begin * in;
    gemm_nn(end - begin, in, out, at(gradients_, l + 1) + begin * out, out, params + mlp_.weight(l).offset, in, grad, in);
    const float* features = at(activations_, l) + begin * in;
    if (const std::vector<float>* weights = terms.features_of(static_cast<std::size_t>(l - 1))) {
      add_feature_gradient(*weights, features, at(reference->activations_, l) + begin * in, end - begin, batch_rows, grad);
    }
    if (terms.spectral > 0.0 && l + 1 == mlp_.layers()) {
      add_spectral_gradient(terms.spectral, terms.spectral_count, features, end - begin, in, grad);
    }
    activate_backward(mlp_.activation(), saved(l) + begin * in, end - begin, in, grad, dropout(l, dropout_key), begin);
  }
}

void MlpPass::input_gradient(const float* params, int64_t begin, int64_t end, float* out) const {
  const int64_t width = mlp_.width(1);
  gemm_nn(end - begin, mlp_.inputs(), width, at(gradients_, 1) + begin * width, width, params + mlp_.weight(0).offset,
          mlp_.inputs(), out, mlp_.inputs());
}

void MlpPass::copy_output(int64_t from, int64_t to, int64_t rows) {
  float* out = activations_.back().data();
  std::copy_n(out + from * mlp_.outputs(), rows * mlp_.outputs(), out + to * mlp_.outputs());
}

void MlpPass::take(const MlpPass& other, int64_t rows) {
  for (std::size_t l = 0; l < activations_.size(); ++l) {
    const int64_t width = mlp_.width(static_cast<int64_t>(l));
    std::copy_n(other.activations_[l].data(), rows * width, activations_[l].data());
    if (saved_[l].size() > 0) {
      std::copy_n(other.saved_[l].data(), rows * width, saved_[l].data());
    }
  }
}

void MlpPass::weight_gradients(int64_t batch_rows, const Wanted& wanted, int thread, int threads, float* grads) const {
  for (int64_t l = 0; l < mlp_.layers(); ++l) {
    const int64_t in = mlp_.width(l);
    const int64_t out = mlp_.width(l + 1);
    const Share own = share_of(out, thread, threads);
    const int64_t columns = own.end - own.begin;
    if (columns == 0) {
      continue;
    }
    const float* delta = at(gradients_, l + 1) + own.begin;
    if (wanted.weights[static_cast<std::size_t>(l)]) {
      gemm_tn(columns, in, batch_rows, delta, out, at(activations_, l), in,
              grads + mlp_.weight(l).offset + own.begin * in, in);
    }
    if (wanted.biases[static_cast<std::size_t>(l)]) {
      float* bias = grads + mlp_.bias(l).offset + own.begin;
      std::fill_n(bias, columns, 0.0F);
      add_column_sums(delta, batch_rows, out, columns, bias);
    }
  }
}

namespace {

class MlpTraining final : public TrainingPass {
 public:
  MlpTraining(const Mlp& mlp, const TrainingSetup& setup)
      : mlp_(mlp),
        params_(setup.params),
        loss_(setup.loss),
        terms_(setup.terms),
        seed_(setup.seed),
        team_(setup.team),
        label_width_(label_width(setup.loss, mlp)),
        wanted_(mlp, setup.trainable),
        pass_(mlp, setup.batch, true),
        reference_(mlp, setup.terms.needs_reference() ? setup.batch : 0, false),
        labels_(setup.batch * label_width_),
        losses_(static_cast<std::size_t>(setup.team.size())) {
    team_.run([](int) { pin_blas_threads(); });
  }

  double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) override {
    const int threads = team_.size();
    const uint32_t key = mlp_.dropout() == 0
                             ? 0
                             : dropout_key(seed_, step);
    team_.run([&](int thread) {
      const Share own = share_of(rows, thread, threads);
      load(own.begin, own.end, pass_.input(), labels_.data());
      double& loss = losses_[static_cast<std::size_t>(thread)].value;
      loss = 0.0;
      if (own.begin < own.end) {
        pass_.forward(params_, own.begin, own.end, key);
        if (terms_.needs_reference()) {
          std::copy(pass_.input() + own.begin * mlp_.inputs(), pass_.input() + own.end * mlp_.inputs(),
                    reference_.input() + own.begin * mlp_.inputs());
          reference_.forward(terms_.reference, own.begin, own.end, 0);
        }
        loss = pass_.loss_and_backward(params_, loss_, terms_, &reference_, labels_.data() + own.begin * label_width_,
                                       own.begin, own.end, rows, key, wanted_.lowest);
      }
    });
    team_.run([&](int thread) { pass_.weight_gradients(rows, wanted_, thread, threads, grads); });
    double sum = 0.0;
    for (const PaddedDouble& loss : losses_) {
      sum += loss.value;
    }
    return sum;
  }

  double loss(const LoadRows& load, int64_t rows) override {
    load(0, rows, pass_.input(), labels_.data());
    pass_.forward(params_, 0, rows, 0);
    return loss_sum(loss_, pass_.output(), labels_.data(), rows, mlp_.outputs(), 1.0F, nullptr);
  }

 private:
  struct alignas(64) PaddedDouble {  // a cache line each, so that threads do not wait for each other's writes
    double value = 0.0;
  };

  const Mlp& mlp_;
  const float* params_;
  LossSpec loss_;
  const Terms& terms_;
  uint64_t seed_;
  Team& team_;
  int64_t label_width_;
  Wanted wanted_;
  MlpPass pass_;
  MlpPass reference_;  ///< of no rows where no term needs it
  FloatBuffer labels_;
  std::vector<PaddedDouble> losses_;
};

}  // namespace

std::unique_ptr<TrainingPass> Mlp::training(const TrainingSetup& setup) const {
  return std::make_unique<MlpTraining>(*this, setup);
}

void Mlp::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  const double flops = training_flops_per_row() / 3.0 * static_cast<double>(rows);
  Team team(threads_for(threads, flops));
  predict_in_pieces(
      *this, team, x, rows, kMlpRows, out, [&](int64_t room) { return MlpPass(*this, room, false); },
      [&](MlpPass& pass, int64_t count) { pass.forward(params, 0, count, 0); });
}

std::string Mlp::script() const {
  constexpr std::array<const char*, 5> kNames = {"relu", "tanh", "sigmoid", "gelu", "silu"};
  std::string text;
  for (int64_t l = 0; l < layers(); ++l) {
    text += "  x = torch.linear(x, " + script_name(weight(l)) + ", " + script_name(bias(l)) + ")\n";
    if (l + 1 < layers()) {
      text.append("  x = torch.").append(kNames[static_cast<std::size_t>(activation_)]).append("(x)\n");
    }
  }
  return text + "  return x\n";
}

at::Tensor Mlp::run(const FormTensors& tensors, const at::Tensor& x) const {
  at::Tensor a = x;
  for (int64_t l = 0; l < layers(); ++l) {
    const auto t = static_cast<std::size_t>(2 * l);
    if (l + 1 == layers() && tensors.features != nullptr) {
      tensors.features->last = a;
    }
    a = at::linear(a, tensors.views[t], tensors.views[t + 1]);
    if (l + 1 == layers()) {
      break;
    }
    a = activated(activation_, a);
    if (tensors.training && dropout_ > 0) {
      a = tensors.drop(l + 1, a);
    }
    if (tensors.features != nullptr) {
      tensors.features->layers.push_back(a);
    }
  }
  return a;
}

}  // namespace pacnet
