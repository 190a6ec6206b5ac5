// Many targets at once, each to be tried beside its own fit on the CPU: by the engine on the host's memory, and on a GPU where there is one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "cuda_cases.h"
#include "nn/describe.h"
#include "train/fit.h"
#include "train/many.h"

namespace pacnet::test {

struct ManyCase {
  std::string network;
  Loss loss;
  Optimizer optimizer;
  float l2;
  bool anchored;
  std::vector<int64_t> rows;  ///< of each target
  int64_t batch;
  int64_t epochs;
  bool weighted = false;
};

inline void PrintTo(const ManyCase& c, std::ostream* out) { *out << c.network; }

inline std::vector<ManyCase> many_cases() {
  return {
      // Fewer rows than a batch, one more than one, one alone; and more epochs than are on their way at once.
      {"mlp sizes=7,40,36,2 activation=silu", kMse, kAdam, 0.01F, false, {30, 9, 1, 16, 17, 30}, 8, 20},
      {"mlp sizes=5,33,1 activation=tanh", kHuber, kSgd, 0.01F, true, {5, 40, 3}, 64, 5},
      {"mlp sizes=5,70,1 activation=relu", kMae, kAdamW, 0.0F, false, {12, 70}, 32, 4},
      {"mlp sizes=6,21,8,4 activation=gelu", kCrossEntropy, kAdam, 0.001F, false, {20, 7, 33}, 33, 6},
      {"mlp sizes=3,9,2 activation=sigmoid", kMse, kAdam, 0.0F, false, {4}, 2, 3},
      {"mlp sizes=3,2", kMse, kSgd, 0.0F, false, {40, 41}, 37, 3},
      {"mlp sizes=5,33,3 activation=silu", kHuber, kAdam, 0.01F, false, {30, 9, 17}, 8, 4, true},
      {"mlp sizes=6,21,4 activation=gelu", kCrossEntropy, kAdam, 0.001F, false, {20, 7, 33}, 33, 6, true},
  };
}

class ManyFitting {
 public:
  explicit ManyFitting(const ManyCase& c) : case_(c), net_(make_net(c.network)), scope_(net_->layout()), start_(net_->layout().extent()) {
    const Layout& layout = net_->layout();
    net_->initialize(start_.data(), 3);
    const BitMask kept = keep_a_fifth(layout, start_.data());
    for (const Tensor& tensor : layout.tensors()) {
      for (int64_t i = tensor.offset; tensor.is(kRolePrunable) && i < tensor.offset + tensor.size; ++i) {
        if (kept.get(i)) {
          scope_.trainable.word(i / kWordBits) &= ~(uint64_t{1} << (i % kWordBits));
        }
      }
    }
    for (Segment& segment : scope_.segments) {
      segment.l2 = c.l2;
    }
    if (c.anchored) {
      anchored(scope_, start_.data());
    }
    const bool classes = c.loss == kCrossEntropy;
    const int64_t rows = std::accumulate(c.rows.begin(), c.rows.end(), int64_t{0});
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    x_.resize(static_cast<std::size_t>(rows * net_->inputs()));
    y_.resize(static_cast<std::size_t>(rows * (classes ? 1 : net_->outputs())));
    std::generate(x_.begin(), x_.end(), [&] { return normal(random); });
    std::generate(y_.begin(), y_.end(), [&] {
      return classes ? static_cast<float>(random() % static_cast<unsigned>(net_->outputs())) : normal(random);
    });
    options_.loss = c.loss;
    options_.huber_delta = 0.8;
    options_.optimizer = c.optimizer;
    options_.learning_rate = 0.003;
    options_.schedule = kCosine;
    options_.momentum = 0.9;
    options_.weight_decay = c.optimizer == kAdamW ? 0.1 : 0.0;
    options_.batch_size = c.batch;
    options_.epochs = c.epochs;
    options_.seed = 11;
    options_.weighted = c.weighted;
    loss_ = {c.loss, options_.huber_delta, classes ? net_->outputs() : 0, c.weighted};
    if (c.weighted) {
      y_ = with_weights(y_, label_width(loss_, *net_));
    }
  }

  struct Outcome {
    std::vector<float> params;   ///< [targets, parameters]
    std::vector<double> losses;  ///< [targets, epochs]
    std::vector<int64_t> diverged;
    FitResult result;
  };

  /// Of targets [first, first + count); without a device on the CPU.
  Outcome together(const GroupDevice& device, std::size_t first, std::size_t count, FitListener* listener = nullptr,
                   double learning_rate = 0.003) const {
    FitOptions options = options_;
    options.device = device.engine == nullptr ? kCpu : kCuda;
    options.learning_rate = learning_rate;
    const std::span<const int64_t> rows = std::span(case_.rows).subspan(first, count);
    Outcome outcome;
    outcome.params.resize(count * static_cast<std::size_t>(net_->layout().parameters()));
    outcome.losses.resize(count * static_cast<std::size_t>(options.epochs));
    outcome.diverged.resize(count);
    outcome.result = fit_many(*net_, scope_, start_.data(), options, loss_, x_.data() + before(first) * net_->inputs(),
                              y_.data() + before(first) * label_width(loss_, *net_), rows, outcome.params.data(),
                              outcome.losses.data(), outcome.diverged.data(), listener, device);
    return outcome;
  }
  Outcome together(const GroupDevice& device) const { return together(device, 0, case_.rows.size()); }

  /// Every target beside its own fit.
  void expect_as_on_cpu(const Outcome& found) const {
    const Layout& layout = net_->layout();
    const float* params = found.params.data();
    for (std::size_t t = 0; t < case_.rows.size(); ++t) {
      EXPECT_EQ(found.diverged[t], 0);
      FloatBuffer arena(layout.extent());
      std::copy_n(start_.data(), layout.extent(), arena.data());
      Losses losses;
      const auto rows = rows_in_memory(x_.data() + before(t) * net_->inputs(), y_.data() + before(t) * label_width(loss_, *net_),
                                       case_.rows[t], *net_, loss_);
      fit(*net_, scope_, arena.data(), options_, loss_, *rows, &losses);
      for (std::size_t e = 0; e < losses.values.size(); ++e) {
        const double loss = found.losses[t * losses.values.size() + e];
        EXPECT_NEAR(loss, losses.values[e], 1e-4 * std::fabs(losses.values[e])) << "target " << t << ", epoch " << e;
      }
      for (const Tensor& tensor : layout.tensors()) {
        double difference = 0.0;
        double moved = 0.0;
        for (int64_t i = 0; i < tensor.size; ++i, ++params) {
          const float start = start_.data()[tensor.offset + i];
          const float expected = arena.data()[tensor.offset + i];
          difference = std::max(difference, static_cast<double>(std::fabs(*params - expected)));
          moved = std::max(moved, static_cast<double>(std::fabs(expected - start)));
          if (!scope_.trainable.get(tensor.offset + i)) {
            EXPECT_EQ(std::bit_cast<uint32_t>(*params), std::bit_cast<uint32_t>(start)) << tensor.name;
          }
        }
        EXPECT_LE(difference, 3e-4 * moved) << "target " << t << ", " << tensor.name;
        EXPECT_GT(moved, 0.0) << tensor.name;
      }
    }
  }

  /// What a target learns is the same, bit for bit, alone, with all others, or with some.
  void expect_independent(const GroupDevice& device, const Outcome& all) const {
    const auto parameters = static_cast<std::size_t>(net_->layout().parameters());
    for (std::size_t t = 0; t < case_.rows.size(); ++t) {
      const Outcome alone = together(device, t, 1);
      EXPECT_EQ(std::memcmp(alone.params.data(), all.params.data() + t * parameters, parameters * sizeof(float)), 0) << t;
      const auto epochs = static_cast<std::size_t>(options_.epochs);
      EXPECT_EQ(std::memcmp(alone.losses.data(), all.losses.data() + t * epochs, epochs * sizeof(double)), 0) << t;
    }
  }

  const FloatBuffer& start() const { return start_; }
  const Layout& layout() const { return net_->layout(); }

 private:
  class Losses final : public FitListener {
   public:
    bool on_epoch(int64_t /*epoch*/, double train, double /*validation*/) override {
      values.push_back(train);
      return true;
    }
    std::vector<double> values;
  };

  int64_t before(std::size_t target) const {
    return std::accumulate(case_.rows.begin(), case_.rows.begin() + static_cast<std::ptrdiff_t>(target), int64_t{0});
  }

  ManyCase case_;
  std::unique_ptr<Net> net_;
  Scope scope_;
  FloatBuffer start_;
  std::vector<float> x_;
  std::vector<float> y_;
  FitOptions options_;
  LossSpec loss_;
};

}  // namespace pacnet::test
