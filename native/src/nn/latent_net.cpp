#include "nn/latent_net.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/blas.h"
#include "core/error.h"
#include "core/team.h"
#include "nn/split_training.h"
#include "nn/tensor_form.h"
#include "pacnet/pacnet.h"

namespace pacnet {

namespace {

constexpr int64_t kLatentRows = 128;
constexpr double kLeastNorm = 1e-8;  // of PyTorch's cosine_similarity

std::vector<int64_t> sizes_between(int64_t in, const std::vector<int64_t>& hidden, int64_t out) {
  std::vector<int64_t> sizes{in};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(out);
  return sizes;
}

// What goes into a step: the latent state, the time that it lasts, and what is done.
struct StepInput {
  int64_t latent;
  int64_t actions;
  int64_t width() const { return latent + 1 + actions; }
};

StepInput step_input(const LatentNet& net) { return {net.shape().latent, net.shape().actions}; }

BitMask part_of(const BitMask& whole, const LatentNet::Part& part) {
  BitMask own(part.mlp.layout());
  for (int64_t w = 0; w < part.mlp.layout().extent() / kWordBits; ++w) {
    own.word(w) = whole.word(part.offset / kWordBits + w);
  }
  return own;
}

}  // namespace

LatentNet::LatentNet(const Shape& shape, const Loss& loss)
    : shape_(shape),
      loss_(loss),
      encoder_(add("encoder", sizes_between(shape.states, shape.hidden, shape.latent), kRolePrunable)),
      follower_(add("follower", sizes_between(shape.states, shape.hidden, shape.latent), kRoleStatistics)),
      step_(add("step", sizes_between(shape.latent + 1 + shape.actions, shape.hidden, shape.latent), kRolePrunable)),
      head_(add("head", sizes_between(shape.latent, shape.hidden, shape.labels), kRolePrunable + kRoleHead)) {
  double sum = 0.0;
  for (int64_t k = 0; k < shape.steps; ++k) {
    weights_.push_back(std::pow(loss.discount, static_cast<double>(k)));
    sum += weights_.back();
  }
  for (double& weight : weights_) {
    weight *= static_cast<double>(shape.steps) / sum;
  }
}

// The output layer alone keeps the head's role, and a follower nothing but that it is one.
LatentNet::Part LatentNet::add(const std::string& name, std::vector<int64_t> sizes, int roles) {
  Part part{Mlp(std::move(sizes), shape_.activation, 0.0), layout_.extent(), layout_.tensors().size()};
  for (const Tensor& tensor : part.mlp.layout().tensors()) {
    const int own = roles == kRoleStatistics ? roles : tensor.roles & roles;
    layout_.add(name + "." + tensor.name, tensor.dims, own, layers_ + tensor.layer);
  }
  layers_ += part.mlp.layers();
  return part;
}

void LatentNet::initialize(float* params, uint64_t seed) const {
  uint64_t own = seed;
  for (const Part* part : {&encoder_, &step_, &head_}) {
    part->mlp.initialize(params + part->offset, own++);
  }
  std::copy_n(params + encoder_.offset, encoder_.mlp.layout().extent(), params + follower_.offset);
}

void LatentNet::initialize_head(float* params, uint64_t seed) const { head_.mlp.initialize_head(params + head_.offset, seed); }

int LatentNet::useful_threads(int offered, int64_t batch) const {
  const int64_t rows = batch * shape_.steps;
  return static_cast<int>(std::min<int64_t>(step_.mlp.useful_threads(offered, 2 * rows), batch));
}

void LatentNet::follow(float* params) const {
  const auto share = static_cast<float>(loss_.follow);
  const float* leader = params + encoder_.offset;
  float* behind = params + follower_.offset;
  for (int64_t i = 0; i < encoder_.mlp.layout().extent(); ++i) {
    behind[i] += share * (leader[i] - behind[i]);
  }
}

LatentPass::LatentPass(const LatentNet& net, int64_t capacity, bool training)
    : net_(net),
      training_(training),
      encoder_(net.encoder().mlp, capacity, training),
      follower_(net.follower().mlp, training ? capacity : 0, false),
      step_(net.step().mlp, training ? capacity * net.shape().steps : capacity, training),
      head_(net.head().mlp, training ? capacity * net.shape().steps : capacity, training),
      input_(capacity * net.inputs()),
      output_(capacity * net.outputs()),
      latent_gradient_(training ? capacity * net.shape().steps * net.shape().latent : 0),
      inward_(training ? capacity * step_input(net).width() : 0) {}

void LatentPass::forward(const float* params, int64_t rows) {
  rows_ = rows;
  const LatentNet::Shape& shape = net_.shape();
  const StepInput in = step_input(net_);
  for (int64_t r = 0; r < rows; ++r) {
    std::copy_n(input_.data() + r * net_.inputs(), shape.states, encoder_.input() + r * shape.states);
  }
  encoder_.forward(params + net_.encoder().offset, 0, rows, 0);
  for (int64_t k = 0; k < shape.steps; ++k) {
    const int64_t block = training_ ? k : 0;
    const int64_t begin = block * rows;
    // Where predictions use one block again and again, the latent state is still in the head's.
    const float* before = k == 0 ? encoder_.output() : latents(training_ ? k - 1 : 0);
    float* to = step_.input() + begin * in.width();
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = input_.data() + r * net_.inputs() + shape.states + 1;
      std::copy_n(before + r * in.latent, in.latent, to + r * in.width());
      to[r * in.width() + in.latent] = row[k];
      std::copy_n(row + shape.steps + k * in.actions, in.actions, to + r * in.width() + in.latent + 1);
    }
    step_.forward(params + net_.step().offset, begin, begin + rows, 0);
    const float* added = step_.output() + begin * in.latent;
    float* after = latents(block);
    for (int64_t i = 0; i < rows * in.latent; ++i) {
      after[i] = before[i] + added[i];
    }
    head_.forward(params + net_.head().offset, begin, begin + rows, 0);
    const float* said = head_.output() + begin * shape.labels;
    for (int64_t r = 0; r < rows; ++r) {
      std::copy_n(said + r * shape.labels, shape.labels, output_.data() + r * net_.outputs() + k * shape.labels);
    }
  }
}

double LatentPass::loss(const float* labels) const {
  double sum = 0.0;
  const int64_t width = net_.shape().labels;
  for (int64_t i = 0; i < rows_ * net_.outputs(); ++i) {
    const double off = static_cast<double>(output_.data()[i]) - static_cast<double>(labels[i]);
    sum += net_.weight(i % net_.outputs() / width) * off * off;
  }
  return sum / static_cast<double>(net_.outputs());
}

// 1 - cos between each latent state and what the follower makes of the state that there was.
void LatentPass::add_consistency(const float* params, const float* labels, float scale) {
  const LatentNet::Shape& shape = net_.shape();
  for (int64_t k = 0; k < shape.steps; ++k) {
    for (int64_t r = 0; r < rows_; ++r) {
      std::copy_n(labels + r * net_.outputs() + k * shape.labels, shape.states, follower_.input() + r * shape.states);
    }
    follower_.forward(params + net_.follower().offset, 0, rows_, 0);
    const double strength = static_cast<double>(scale) * net_.consistency() * net_.weight(k) / static_cast<double>(shape.steps);
    for (int64_t r = 0; r < rows_; ++r) {
      const float* z = latents(k) + r * shape.latent;
      const float* f = follower_.output() + r * shape.latent;
      double zz = 0.0;
      double ff = 0.0;
      double zf = 0.0;
      for (int64_t i = 0; i < shape.latent; ++i) {
        zz += static_cast<double>(z[i]) * static_cast<double>(z[i]);
        ff += static_cast<double>(f[i]) * static_cast<double>(f[i]);
        zf += static_cast<double>(z[i]) * static_cast<double>(f[i]);
      }
      const double norm = std::max(std::sqrt(zz), kLeastNorm);
      const double both = norm * std::max(std::sqrt(ff), kLeastNorm);
      float* gradient = latent_gradient_.data() + (k * rows_ + r) * shape.latent;
      for (int64_t i = 0; i < shape.latent; ++i) {
        gradient[i] -= static_cast<float>(strength * (static_cast<double>(f[i]) / both - zf / both * static_cast<double>(z[i]) / (norm * norm)));
      }
    }
  }
}

void LatentPass::gradients(const float* params, const float* labels, float scale, const Wanted& encoder, const Wanted& step,
                           const Wanted& head, float* grads) {
  const LatentNet::Shape& shape = net_.shape();
  const StepInput in = step_input(net_);
  const int64_t all = shape.steps * rows_;
  for (int64_t k = 0; k < shape.steps; ++k) {
    const double each = 2.0 * static_cast<double>(scale) * net_.weight(k) / static_cast<double>(net_.outputs());
    for (int64_t r = 0; r < rows_; ++r) {
      const int64_t from = r * net_.outputs() + k * shape.labels;
      float* to = head_.output_gradient() + (k * rows_ + r) * shape.labels;
      for (int64_t c = 0; c < shape.labels; ++c) {
        to[c] = static_cast<float>(each * (static_cast<double>(output_.data()[from + c]) - static_cast<double>(labels[from + c])));
      }
    }
  }
  head_.backward(params + net_.head().offset, 0, all);
  head_.input_gradient(params + net_.head().offset, 0, all, latent_gradient_.data());
  if (net_.consistency() > 0.0) {
    add_consistency(params, labels, scale);
  }
  for (int64_t k = shape.steps - 1; k >= 0; --k) {
    const int64_t begin = k * rows_;
    const float* after = latent_gradient_.data() + begin * in.latent;
    std::copy_n(after, rows_ * in.latent, step_.output_gradient() + begin * in.latent);
    step_.backward(params + net_.step().offset, begin, begin + rows_);
    step_.input_gradient(params + net_.step().offset, begin, begin + rows_, inward_.data());
    float* before = k == 0 ? encoder_.output_gradient() : latent_gradient_.data() + (begin - rows_) * in.latent;
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t i = 0; i < in.latent; ++i) {
        const float passed = after[r * in.latent + i] + inward_.data()[r * in.width() + i];
        float& to = before[r * in.latent + i];
        to = (k == 0 ? 0.0F : to) + passed;
      }
    }
  }
  encoder_.backward(params + net_.encoder().offset, 0, rows_);
  encoder_.weight_gradients(rows_, encoder, 0, 1, grads + net_.encoder().offset);
  step_.weight_gradients(all, step, 0, 1, grads + net_.step().offset);
  head_.weight_gradients(all, head, 0, 1, grads + net_.head().offset);
}

namespace {

class LatentWorker final : public SplitTraining::Worker {
 public:
  LatentWorker(const LatentNet& net, const BitMask& trainable, int64_t rows)
      : net_(net),
        encoder_(net.encoder().mlp, part_of(trainable, net.encoder())),
        step_(net.step().mlp, part_of(trainable, net.step())),
        head_(net.head().mlp, part_of(trainable, net.head())),
        pass_(net, rows, true) {}

  float* input() override { return pass_.input(); }

  double run(const float* params, const float* labels, int64_t rows, int64_t batch_rows, float* grads) override {
    pass_.forward(params, rows);
    if (grads != nullptr) {
      pass_.gradients(params, labels, 1.0F / static_cast<float>(batch_rows), encoder_, step_, head_, grads);
    }
    return pass_.loss(labels);
  }

 private:
  const LatentNet& net_;
  Wanted encoder_;
  Wanted step_;
  Wanted head_;
  LatentPass pass_;
};

class LatentTraining final : public TrainingPass {
 public:
  LatentTraining(const LatentNet& net, const TrainingSetup& setup)
      : net_(net),
        params_(setup.params),
        follows_(setup.trainable.count(net.layout().tensors()[net.follower().first_tensor]) > 0),
        rows_(net, setup, [&](int64_t rows) { return std::make_unique<LatentWorker>(net, setup.trainable, rows); }) {}

  double gradients(const LoadRows& load, int64_t rows, int64_t step, float* grads) override {
    if (follows_) {
      net_.follow(params_);
    }
    return rows_.gradients(load, rows, step, grads);
  }

  double loss(const LoadRows& load, int64_t rows) override { return rows_.loss(load, rows); }

 private:
  const LatentNet& net_;
  float* params_;
  bool follows_;
  SplitTraining rows_;
};

}  // namespace

std::unique_ptr<TrainingPass> LatentNet::training(const TrainingSetup& setup) const {
  require(setup.loss.kind == kMse && !setup.loss.weighted, "latent dynamics are learnt by squared errors, without rows' weights");
  return std::make_unique<LatentTraining>(*this, setup);
}

void LatentNet::predict(const float* params, const float* x, int64_t rows, float* out, int threads) const {
  Team team(useful_threads(threads, rows));
  predict_in_pieces(
      *this, team, x, rows, kLatentRows, out, [&](int64_t room) { return LatentPass(*this, room, false); },
      [&](LatentPass& pass, int64_t count) { pass.forward(params, count); });
}

at::Tensor LatentNet::run(const FormTensors& tensors, const at::Tensor& x) const {
  const auto part = [&](const Part& own, const at::Tensor& in) {
    return own.mlp.run(part_of(tensors, own.first_tensor, own.mlp.layout().tensors().size()), in);
  };
  at::Tensor z = part(encoder_, x.narrow(1, 0, shape_.states));
  std::vector<at::Tensor> latents;
  std::vector<at::Tensor> out;
  for (int64_t k = 0; k < shape_.steps; ++k) {
    const at::Tensor time = x.narrow(1, shape_.states + 1 + k, 1);
    const at::Tensor done = x.narrow(1, shape_.states + 1 + shape_.steps + k * shape_.actions, shape_.actions);
    z = z + part(step_, at::cat({z, time, done}, 1));
    latents.push_back(z);
    out.push_back(part(head_, z));
  }
  if (tensors.beside != nullptr && loss_.consistency > 0.0) {
    tensors.beside->penalty = apart(tensors, latents) * loss_.consistency;
  }
  return at::cat(out, 1);
}

// As add_consistency, by tensors; and a step of the follower before it.
at::Tensor LatentNet::apart(const FormTensors& tensors, const std::vector<at::Tensor>& latents) const {
  const std::size_t count = follower_.mlp.layout().tensors().size();
  const FormTensors behind = part_of(tensors, follower_.first_tensor, count);
  std::vector<at::Tensor> followed;
  {
    const at::NoGradGuard no_gradients;
    for (std::size_t t = 0; behind.moving[0] && t < count; ++t) {
      behind.views[t].add_(tensors.views[encoder_.first_tensor + t] - behind.views[t], loss_.follow);
    }
    for (int64_t k = 0; k < shape_.steps; ++k) {
      followed.push_back(follower_.mlp.run(behind, tensors.beside->labels.narrow(1, k * shape_.labels, shape_.states)));
    }
  }
  at::Tensor sum;
  for (int64_t k = 0; k < shape_.steps; ++k) {
    const auto i = static_cast<std::size_t>(k);
    const at::Tensor each = (1.0 - at::cosine_similarity(latents[i], followed[i], 1, kLeastNorm)).mean() * (weights_[i] / static_cast<double>(shape_.steps));
    sum = sum.defined() ? sum + each : each;
  }
  return sum;
}

at::Tensor LatentNet::error_weights(const at::Tensor& x) const {
  std::vector<float> each;
  for (const double weight : weights_) {
    each.insert(each.end(), static_cast<std::size_t>(shape_.labels), static_cast<float>(weight));
  }
  return at::tensor(each).unsqueeze(0).to(x.device());
}

}  // namespace pacnet
