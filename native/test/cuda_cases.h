// Fits as a GPU does them, each to be tried beside the CPU's own: by the engine on the host's memory, and on a GPU where
// there is one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/arena.h"
#include "nn/describe.h"
#include "pacnet/pacnet.h"
#include "prune/select.h"
#include "train/engine.h"
#include "train/fit.h"
#include "train/rows.h"
#include "train/scope.h"

namespace pacnet::test {

enum class Moves { kAll, kKept, kPruned };
enum class From { kMemory, kSource };

struct DeviceCase {
  std::string network;
  Loss loss;
  Optimizer optimizer;
  Moves moves;
  float l2 = 0.0F;
  /// What else the fit is charged for; start: the arena before it.
  std::function<void(Scope& scope, const float* start)> terms = nullptr;
  int precision = kFloat32;
  /// How far each tensor may be from the CPU's, by how far it moved at most.
  double tolerance = 1e-4;
  /// Of which a tenth is held out. As they are, the last batch of an epoch is a single row.
  int64_t rows = 54;
  int64_t batch = 8;
  From from = From::kMemory;
  bool weighted = false;  ///< rows have weights, some of them zero
};

inline void PrintTo(const DeviceCase& c, std::ostream* out) { *out << c.network; }

inline void anchored(Scope& scope, const float* start) {
  scope.anchor = FloatBuffer(scope.layout.extent());
  for (int64_t i = 0; i < scope.layout.extent(); ++i) {
    scope.anchor.data()[i] = 0.9F * start[i];
  }
  scope.terms.reference = scope.anchor.data();
}

inline void with_penalty(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.precision = FloatBuffer(scope.layout.extent());
  scope.low_rank.emplace_back(scope.layout.extent());
  for (int64_t i = 0; i < scope.layout.extent(); ++i) {
    scope.precision.data()[i] = 1.0F + static_cast<float>(i % 3);
    scope.low_rank.back().data()[i] = 0.001F * static_cast<float>(i % 5);
  }
}

inline void with_features(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.terms.features.resize(2);
  scope.terms.features[1].assign(8, 0.05F);
}

inline void with_soft_labels(Scope& scope, const float* start) {
  anchored(scope, start);
  scope.terms.soft = {0.5, 2.0, 2, 2, {}};
}

inline void with_soft_table(Scope& scope, const float* /*start*/) {
  scope.terms.soft = {0.5, 1.0, 2, 2, {0.9F, 0.1F, 0.3F, 0.7F}};
}

inline void with_spectrum(Scope& scope, const float* /*start*/) {
  scope.terms.spectral = 0.01;
  scope.terms.spectral_count = 2;
}

inline void with_stochastic(Scope& scope, const float* /*start*/) { scope.terms.stochastic_normalisation = 0.5; }

constexpr const char* kSmallImages = "cnn image=2,8,8 outputs=3 widths=6,8";

inline std::vector<DeviceCase> device_cases() {
  return {
      // By the perceptron's own kernels.
      {"mlp sizes=7,19,13,2 activation=silu", kMse, kAdam, Moves::kKept},
      {"mlp sizes=7,19,13,2 activation=silu", kMse, kAdam, Moves::kPruned, 0.01F},
      {"mlp sizes=5,40,1 activation=relu", kMae, kAdamW, Moves::kAll},
      {"mlp sizes=5,33,9,1 activation=tanh", kHuber, kSgd, Moves::kPruned, 0.01F},
      {"mlp sizes=6,21,8,4 activation=sigmoid", kCrossEntropy, kAdam, Moves::kKept},
      {"mlp sizes=6,21,8,4 activation=gelu dropout=0.3", kCrossEntropy, kAdam, Moves::kAll},
      {"mlp sizes=6,21,8,4 activation=tanh dropout=0.2", kMse, kAdam, Moves::kPruned, 0.001F},
      {"mlp sizes=3,2", kMse, kSgd, Moves::kAll},
      {"mlp sizes=6,21,8,4 activation=silu", kMse, kAdam, Moves::kAll, 0.01F, anchored},
      // Batches and rows: all in one, one more than one, what a source gives.
      {"mlp sizes=7,19,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 10, 30},
      {"mlp sizes=7,19,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 10, 8},
      {"mlp sizes=7,19,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 54, 8, From::kSource},
      {"mlp sizes=7,19,4 activation=tanh dropout=0.2", kCrossEntropy, kAdam, Moves::kKept, 0.0F, nullptr, kFloat32, 1e-4, 30, 64, From::kSource},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3, 30, 8, From::kSource},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3, 10, 30},
      // More than a block sums.
      {"mlp sizes=7,40,36,4 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 1600, 700},
      {"mlp sizes=7,40,36,4 activation=relu", kCrossEntropy, kAdam, Moves::kPruned, 0.0F, nullptr, kFloat32, 1e-4, 2900, 2500},
      // Orders that are made ahead.
      {"mlp sizes=3,8,1 activation=tanh", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3, 12'000, 1000},
      // Rows with weights.
      {"mlp sizes=7,19,13,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 54, 8, From::kMemory, true},
      {"mlp sizes=6,21,8,4 activation=tanh", kCrossEntropy, kAdam, Moves::kPruned, 0.01F, nullptr, kFloat32, 1e-4, 54, 8, From::kSource, true},
      {"mlp sizes=7,40,36,4 activation=relu", kMae, kSgd, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-4, 1600, 700, From::kMemory, true},
      {"mlp sizes=6,12,9,4 activation=relu", kCrossEntropy, kAdam, Moves::kAll, 0.0F, with_soft_labels, kFloat32, 1e-4, 54, 8, From::kMemory, true},
      {"mlp sizes=6,12,9,4 activation=silu", kCrossEntropy, kAdam, Moves::kAll, 0.0F, with_soft_table, kFloat32, 1e-4, 54, 8, From::kMemory, true},
      {"mlp sizes=7,19,13,2 activation=silu", kHuber, kAdam, Moves::kPruned, 0.01F, with_penalty, kFloat32, 1e-4, 54, 8, From::kMemory, true},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kKept, 0.0F, nullptr, kFloat32, 1e-3, 54, 8, From::kMemory, true},
      {"ode states=2 steps=5 time=1 hidden=8,8 activation=tanh", kMse, kAdam, Moves::kPruned, 0.001F, nullptr, kFloat32, 1e-3, 54, 8, From::kMemory, true},
      // By LibTorch's operations.
      {"mlp sizes=7,19,13,2 activation=silu", kHuber, kAdam, Moves::kPruned, 0.01F, with_penalty},
      {"mlp sizes=6,21,8,4 activation=gelu dropout=0.3", kCrossEntropy, kAdamW, Moves::kAll, 0.01F, with_penalty},
      {"mlp sizes=6,12,9,2 activation=tanh", kMse, kAdam, Moves::kAll, 0.01F, with_penalty},
      {"mlp sizes=6,12,8,2 activation=sigmoid", kMae, kSgd, Moves::kAll, 0.0F, with_features},
      {"mlp sizes=6,12,9,4 activation=relu", kCrossEntropy, kAdam, Moves::kAll, 0.0F, with_soft_labels},
      {"mlp sizes=6,12,9,4 activation=silu", kCrossEntropy, kAdam, Moves::kAll, 0.0F, with_soft_table},
      {"mlp sizes=6,12,9,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, with_spectrum, kFloat32, 1e-3},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kKept, 0.0F, nullptr, kFloat32, 1e-3},
      {kSmallImages, kMse, kAdam, Moves::kPruned, 0.01F, nullptr, kFloat32, 1e-3},
      {kSmallImages, kCrossEntropy, kSgd, Moves::kAll, 0.0F, with_features, kFloat32, 1e-3},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kAll, 0.0F, with_stochastic, kFloat32, 1e-3},
      {"resnet18 image=1,16,16 outputs=2 base=4", kCrossEntropy, kAdam, Moves::kKept, 0.0F, nullptr, kFloat32, 0.05},
      {"ode states=2 steps=5 time=1 hidden=8,8 activation=tanh substeps=2", kMse, kAdam, Moves::kPruned, 0.001F, nullptr, kFloat32, 1e-3},
      {"ode states=1 steps=3 time=0 hidden=9 activation=silu", kMae, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3},
      {"ode states=2 actions=2 steps=4 hidden=8 activation=tanh", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3},
      {"latent states=2 labels=3 actions=1 steps=4 latent=5 hidden=9 activation=silu follow=0.05", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3},
      {"latent states=3 steps=3 latent=4 hidden=8,7 activation=tanh consistency=2", kMse, kAdam, Moves::kPruned, 0.001F, nullptr, kFloat32, 1e-3},
      {"pinn equation=burgers hidden=10,10 columns=0,1,2,3 weight=2", kMse, kAdam, Moves::kPruned, 0.001F, nullptr, kFloat32, 1e-3},
      {"pinn equation=allen-cahn hidden=10,10 columns=0,1,2,3 weight=1", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3},
      {"pinn equation=wave hidden=10,10 columns=0,1,2,3 weight=1", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kFloat32, 1e-3},
      // What fewer bits cost; what is frozen stays all the same.
      {"mlp sizes=6,12,9,2 activation=silu", kMse, kAdam, Moves::kPruned, 0.01F, nullptr, kBfloat16, 0.6},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kKept, 0.0F, nullptr, kBfloat16, 0.6},
      {"mlp sizes=6,64,64,2 activation=silu", kMse, kAdam, Moves::kAll, 0.0F, nullptr, kTensorFloat32, 0.3},
      {kSmallImages, kCrossEntropy, kAdam, Moves::kAll, 0.0F, nullptr, kTensorFloat32, 0.3},
  };
}

/// y [rows, labels - 1] with a column of weights more: of five rows one counts nothing, the others 0.5 to 2.
inline std::vector<float> with_weights(const std::vector<float>& y, int64_t labels) {
  const std::size_t each = static_cast<std::size_t>(labels) - 1;
  std::vector<float> both;
  for (std::size_t r = 0; r < y.size() / each; ++r) {
    both.insert(both.end(), y.begin() + static_cast<std::ptrdiff_t>(r * each), y.begin() + static_cast<std::ptrdiff_t>((r + 1) * each));
    both.push_back(0.5F * static_cast<float>(r % 5));
  }
  return both;
}

/// Keeps a fifth of the weights of an arena, and sets the others to zero. Returns what is kept.
inline BitMask keep_a_fifth(const Layout& layout, float* arena) {
  BitMask kept(layout);
  std::vector<Tensor> prunable;
  for (const Tensor& tensor : layout.tensors()) {
    kept.fill(tensor, true);
    if (tensor.is(kRolePrunable)) {
      prunable.push_back(tensor);
    }
  }
  select_by_rule(select_on_cpu(arena), prunable, 0.8, kPruneGlobal, kept);
  for (const Tensor& tensor : prunable) {
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      if (!kept.get(i)) {
        arena[i] = 0.0F;
      }
    }
  }
  return kept;
}

/// A case's network at its start, with its data.
class DeviceFitting {
 public:
  explicit DeviceFitting(const DeviceCase& c) : case_(c), net_(make_net(c.network)), scope_(net_->layout()) {
    const Layout& layout = net_->layout();
    start_.resize(static_cast<std::size_t>(layout.extent()));
    net_->initialize(start_.data(), 3);
    const BitMask kept = keep_a_fifth(layout, start_.data());
    for (const Tensor& tensor : layout.tensors()) {
      for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        const bool pruned_only = c.moves == Moves::kPruned && kept.get(i);
        const bool kept_only = c.moves == Moves::kKept && !kept.get(i);
        if (pruned_only || kept_only) {
          scope_.trainable.word(i / kWordBits) &= ~(uint64_t{1} << (i % kWordBits));
        }
      }
    }
    for (Segment& segment : scope_.segments) {
      segment.l2 = c.l2;
    }
    if (c.terms != nullptr) {
      c.terms(scope_, start_.data());
    }
    const int64_t classes =
        c.loss == kCrossEntropy ? (scope_.terms.soft.first > 0 ? scope_.terms.soft.first : net_->outputs()) : 0;
    draw(classes);
    options_.loss = c.loss;
    options_.huber_delta = 0.8;
    options_.optimizer = c.optimizer;
    options_.learning_rate = 0.003;
    options_.schedule = kCosine;
    options_.momentum = 0.9;
    options_.weight_decay = c.optimizer == kAdamW ? 0.1 : 0.0;
    options_.batch_size = c.batch;
    options_.epochs = 4;
    options_.seed = 11;
    options_.validation_share = 0.1;
    options_.weighted = c.weighted;
    loss_ = {c.loss, options_.huber_delta, classes, c.weighted};
    if (c.weighted) {
      y_ = with_weights(y_, label_width(loss_, *net_));
    }
  }

  struct Outcome {
    std::vector<float> params;
    std::vector<double> losses;  ///< of training and of validation, in turn
  };

  Outcome on_cpu() const { return run(options_, nullptr); }
  /// By the engine that is made so.
  Outcome by(std::unique_ptr<Engine> (*engine)(const DeviceFit& fit)) const {
    FitOptions options = options_;
    options.device = kCuda;
    options.precision = case_.precision;
    return run(options, engine);
  }

  void expect_same(const Outcome& found, const Outcome& expected) const {
    ASSERT_EQ(found.losses.size(), expected.losses.size());
    for (std::size_t i = 0; i < found.losses.size(); ++i) {
      EXPECT_NEAR(found.losses[i], expected.losses[i], case_.tolerance * std::fabs(expected.losses[i])) << i;
    }
    for (const Tensor& tensor : net_->layout().tensors()) {
      double difference = 0.0;
      double moved = 0.0;
      bool may_move = false;
      for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto here = static_cast<double>(found.params[at]);
        const auto there = static_cast<double>(expected.params[at]);
        difference = std::max(difference, std::fabs(here - there));
        moved = std::max(moved, std::fabs(there - static_cast<double>(start_[at])));
        may_move |= scope_.trainable.get(i);
        if (!scope_.trainable.get(i)) {
          EXPECT_EQ(std::bit_cast<uint32_t>(found.params[at]), std::bit_cast<uint32_t>(start_[at])) << tensor.name;
        }
      }
      EXPECT_LE(difference, case_.tolerance * moved) << tensor.name;
      EXPECT_EQ(moved > 0, may_move) << tensor.name;
    }
  }

 private:
  class Losses final : public FitListener {
   public:
    bool on_epoch(int64_t /*epoch*/, double train, double validation) override {
      values.push_back(train);
      values.push_back(validation);
      return true;
    }
    std::vector<double> values;
  };

  class Source final : public BatchSource {
   public:
    Source(const DeviceFitting& of, int64_t labels) : of_(of), labels_(labels) {}
    bool begin(int64_t /*epoch*/, const int32_t* order, int64_t rows, int64_t /*batch*/) override {
      order_.assign(order, order + rows);
      at_ = 0;
      return true;
    }
    bool next(int64_t rows, float* x, float* y) override {
      const int64_t inputs = of_.net_->inputs();
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t from = order_[at_++];
        std::copy_n(of_.x_.data() + from * inputs, inputs, x + r * inputs);
        std::copy_n(of_.y_.data() + from * labels_, labels_, y + r * labels_);
      }
      return true;
    }

   private:
    const DeviceFitting& of_;
    int64_t labels_;
    std::vector<int32_t> order_;
    std::size_t at_ = 0;
  };

  void draw(int64_t classes) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    x_.resize(static_cast<std::size_t>(case_.rows * net_->inputs()));
    y_.resize(static_cast<std::size_t>(case_.rows * (classes > 0 ? 1 : net_->outputs())));
    for (float& value : x_) {
      value = normal(random);
    }
    for (float& value : y_) {
      value = classes > 0 ? static_cast<float>(random() % static_cast<unsigned>(classes)) : normal(random);
    }
    for (int64_t r = 0; r < case_.rows; ++r) {
      float* row = x_.data() + r * net_->inputs();
      if (case_.network.starts_with("pinn")) {  // x, t, coefficient, what is asked
        row[0] = std::tanh(row[0]);
        row[1] = std::abs(std::tanh(row[1]));
        row[2] = 0.1F;
        row[3] = static_cast<float>(r % 3);
      } else if (case_.network.starts_with("ode")) {  // distances between times
        for (int64_t i = 2; i < net_->inputs(); ++i) {
          row[i] = 0.1F + 0.02F * std::tanh(row[i]);
        }
      }
    }
  }

  Outcome run(const FitOptions& options, std::unique_ptr<Engine> (*engine)(const DeviceFit& fit)) const {
    // An arena is aligned to a cache line.
    FloatBuffer params(net_->layout().extent());
    std::copy(start_.begin(), start_.end(), params.data());
    Losses losses;
    Source source(*this, label_width(loss_, *net_));
    const auto rows = case_.from == From::kMemory ? rows_in_memory(x_.data(), y_.data(), case_.rows, *net_, loss_)
                                                  : rows_pulled(source, case_.rows, *net_, loss_);
    fit(*net_, scope_, params.data(), options, loss_, *rows, &losses, engine);
    return {{params.data(), params.data() + params.size()}, std::move(losses.values)};
  }

  DeviceCase case_;
  std::unique_ptr<Net> net_;
  Scope scope_;
  std::vector<float> start_;
  std::vector<float> x_;
  std::vector<float> y_;
  FitOptions options_;
  LossSpec loss_;
};

}  // namespace pacnet::test
